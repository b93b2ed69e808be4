//! Programs as their authors make them: `eco new --stdio`, `eco build`, the page for them, and the starters of exercises.

use super::echo;
use crate::harness::{Eco, assert_same};
use crate::support::samples::{builder, is_missing, skip};
use crate::support::{Peer, empty_folder, noise, project_file, relay, serve};
use std::path::{Path, PathBuf};

/// The languages, with the ends of their sources.
const LANGUAGES: [(&str, &str); 3] = [("c", "c"), ("rust", "rs"), ("go", "go")];

/// Builds the folder. `None` where the language's tools are not there.
fn build(language: &str, folder: &Path) -> Option<()> {
    let built = builder(&["build"]).inside(folder).run(b"");
    if is_missing(&built) {
        skip(&format!("{language}, as a program"), &built);
        return None;
    }
    assert_eq!(built.code, 0, "{language}: {}", built.stderr);
    assert!(built.text().contains("eco serve -p"), "{}", built.text());
    Some(())
}

/// A new folder with a program in this language.
fn new(language: &str, around: &Path) -> PathBuf {
    let new = Eco::new(&["new", "hello", "--lang", language, "--stdio"]);
    let made = new.inside(around).run(b"");
    assert_eq!(made.code, 0, "{}", made.stderr);
    let folder = around.join("hello");
    for command in ["eco build hello", "eco call hello", "eco serve -p hello"] {
        assert!(made.text().contains(command), "{}", made.text());
    }
    folder
}

#[test]
fn a_newcomer_has_a_program_answering_a_socket_in_every_language() {
    for (seed, (language, _)) in (1..).zip(LANGUAGES) {
        let folder = new(language, &empty_folder(&format!("programs-{language}")));
        if build(language, &folder).is_none() {
            continue;
        }
        let made = folder.join("hello.wasm").display().to_string();
        let server = serve(&["-p", &made]);
        let mut peer = Peer::connect(server.address);
        peer.expect(b"hello, 127.0.0.1\n").send(b"one\ntw");
        peer.expect(b"one\n").send(b"o\n").expect(b"two\n");
        peer.send(b"no end").finish().expect(b"no end").expect_end();
        // Lines of any bytes and lengths, however they are cut.
        let mut message = noise(100_000, seed);
        message.extend(0..=255);
        let reply = crate::support::converse(relay(server.address, seed), &message);
        assert_same(
            &reply,
            &[b"hello, 127.0.0.1\n", message.as_slice()].concat(),
        );
        assert!(
            !server.log().contains("WARN"),
            "{language}: {}",
            server.log()
        );
    }
}

/// The first block of a page in this language.
fn block(page: &str, language: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("```{language}\n"))
        .expect("a block");
    let (block, _) = rest.split_once("```").expect("its end");
    block.to_owned()
}

#[test]
fn the_programs_on_the_page_answer_as_the_page_says() {
    let page = std::fs::read_to_string(project_file("plugins/stdio/README.md"));
    let page = page.expect("the page");
    for (language, end) in LANGUAGES {
        let folder = empty_folder(&format!("page-{language}"));
        let write = |path: &str, text: &str| {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            std::fs::write(path, text).expect("it can be written");
        };
        let source = match language {
            "rust" => {
                write("Cargo.toml", &(block(&page, "toml") + "\n[workspace]\n"));
                "src/main.rs".to_owned()
            }
            _ => format!("sum.{end}"),
        };
        write(&source, &block(&page, language));
        if build(language, &folder).is_none() {
            continue;
        }
        let name = folder.file_name().and_then(|name| name.to_str());
        let made = folder.join(format!("{}.wasm", name.expect("a name")));
        let server = serve(&["-p", &made.display().to_string()]);
        let mut peer = Peer::connect(server.address);
        peer.send(b"1\n2\n").expect(b"1\n3\n");
        peer.send(b"40\n").expect(b"43\n").finish().expect_end();
    }
}

#[test]
fn a_library_in_go_is_told_what_a_program_is() {
    let folder = empty_folder("stdio-go-library");
    std::fs::write(folder.join("a.go"), "package foo\n").expect("a file");
    let built = builder(&["build"]).inside(&folder).run(b"");
    if is_missing(&built) {
        return skip("a library in go", &built);
    }
    assert_eq!(built.code, 65, "{}", built.stderr);
    let words = "a program is of package main";
    assert!(built.stderr.contains(words), "{}", built.stderr);
}

#[test]
fn a_program_in_c_without_main_is_not_built() {
    let folder = empty_folder("stdio-c-without-main");
    std::fs::write(folder.join("a.c"), "int f(void) { return 1; }\n").expect("a file");
    let built = Eco::new(&["build"]).inside(&folder).run(b"");
    assert_eq!(built.code, 65, "{}", built.stderr);
    let words = "none of its .c files has a function main";
    assert!(built.stderr.contains(words), "{}", built.stderr);
}

#[test]
fn a_program_in_text_is_built_too_and_one_that_was_built_is_handed_in() {
    let class = empty_folder("built-programs");
    let folder = class.join("anna");
    std::fs::create_dir(&folder).expect("it can be made");
    std::fs::write(folder.join("echo.wat"), echo()).expect("it can be written");
    build("wat", &folder).expect("eco does it itself");
    let graded = Eco::new(&["grade", "echo"]).arg(&class).run(b"");
    assert_eq!(graded.code, 0, "{}{}", graded.text(), graded.stderr);
    assert!(graded.text().contains("12/12"), "{}", graded.text());
}

#[test]
fn what_there_is_no_sample_or_starter_of_is_refused_with_the_way_out() {
    let folder = empty_folder("no-programs");
    for (arguments, words) in [
        (&["new", "x", "--lang", "go"][..], "add --stdio"),
        (&["new", "x", "--lang", "js", "--stdio"], "rust, c and go"),
        (
            &["new", "x", "--lang", "c", "--stdio", "--session"],
            "cannot be used with",
        ),
        (
            &["exercise", "start", "echo", "x", "--lang", "go"],
            "add --stdio",
        ),
        (
            &["exercise", "start", "echo", "x", "--lang", "lua", "--stdio"],
            "in c and go",
        ),
        (
            &["exercise", "start", "chat", "x", "--stdio"],
            "that takes a plugin",
        ),
    ] {
        let refused = Eco::new(arguments).inside(&folder).run(b"");
        assert_eq!(refused.code, 64, "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        assert!(!folder.join("x").exists(), "{arguments:?}");
    }
}

/// The starter, its place for code, one that solves echo, and one that keeps its answers.
const STARTERS: [(&str, &str, [&str; 3]); 2] = [
    (
        "c",
        "program.c",
        [
            "    // Begin here",
            "    putchar(byte);\n    fflush(stdout);\n",
            "    static int once;\n    if (!once++) setvbuf(stdout, NULL, _IOFBF, 65536);\n    putchar(byte);\n",
        ],
    ),
    (
        "go",
        "main.go",
        [
            "\t\t_ = b\n",
            "\t\tos.Stdout.Write([]byte{b})\n",
            "\t\tkept = append(kept, b)\n",
        ],
    ),
];

#[test]
fn a_starter_is_built_and_checked_and_a_solution_of_it_passes() {
    for (language, file, [place, solves, keeps]) in STARTERS {
        let folder = empty_folder("program-starters").join(language);
        let start = ["exercise", "start", "echo", "--stdio", "--lang", language];
        let started = Eco::new(&start).arg(&folder).run(b"");
        assert_eq!(started.code, 0, "{}", started.stderr);
        let starter = folder.join("starter").join(language);
        assert_eq!(
            folder
                .join("starter")
                .read_dir()
                .expect("it is there")
                .count(),
            1
        );
        let source = starter.join(file);
        let text = std::fs::read_to_string(&source).expect("it is there");
        assert_eq!(text.matches(place).count(), 1, "{text}");
        let check = |text: &str| {
            std::fs::write(&source, text).expect("it can be written");
            builder(&["check", "echo"]).arg(&starter).run(b"")
        };
        let checked = check(&text);
        if is_missing(&checked) {
            skip(&format!("{language}, as a starter"), &checked);
            continue;
        }
        let said = checked.text();
        assert_eq!(checked.code, 1, "{language}: {said}{}", checked.stderr);
        assert!(said.contains("missing-bytes"), "{language}: {said}");
        assert!(!said.contains("flush stdout"), "{language}: {said}");

        let solved = check(&text.replace(place, &format!("{solves}{place}")));
        assert_eq!(
            solved.code,
            0,
            "{language}: {}{}",
            solved.text(),
            solved.stderr
        );

        let kept = text.replace(place, &format!("{keeps}{place}"));
        let kept = kept.replace("\tinput :=", "\tvar kept []byte\n\tinput :=");
        let at_the_end = "\t// The client has finished sending.";
        let kept = kept.replace(
            at_the_end,
            &format!("\tos.Stdout.Write(kept)\n{at_the_end}"),
        );
        let kept = check(&kept);
        let said = kept.text();
        assert_eq!(kept.code, 1, "{language}: {said}{}", kept.stderr);
        let hint = "nothing was written before the end of input: flush stdout";
        assert!(said.contains(hint), "{language}: {said}");
    }
}
