//! Files of any size and kind are read within bounds.

use crate::exercises::hostile::{accepted, cases, lint, refused};
use crate::exercises::{HEAD, exercise};
use crate::harness::Eco;
use crate::support::plugin_file;
use std::path::Path;

#[test]
fn a_file_of_cases_that_is_too_large_is_refused() {
    let case = "[[cases]]\nname = \"it\"\nsteps = [{ expect = \"a\" }]\n";
    let text = |length: usize| format!("{HEAD}{case}#{}\n", "x".repeat(length));
    let words = "cannot read it: it is larger than 512.0 KiB";
    accepted(&exercise("toml-large", &text(500_000)));
    let larger = exercise("toml-larger", &text(600_000));
    refused(&larger, &[&format!("exercise.toml: {words}")]);
    let folder = exercise("toml-large", &text(1));
    std::fs::write(folder.join("hidden.toml"), "#".repeat(600_000)).expect("it can be written");
    refused(&folder, &[&format!("hidden.toml: {words}")]);
}

/// Each of them as much of one thing as the file has room for.
#[test]
fn a_file_is_read_within_bounds_whatever_it_holds() {
    let fill = |unit: &str| unit.repeat(500_000 / unit.len());
    let steps = |unit: &str| format!("[[cases]]\nname = \"it\"\nsteps = [{}]", fill(unit));
    let list = |unit: &str| format!("x = [{}]", fill(unit));
    let lines =
        |number: usize, line: fn(usize) -> String| (0..number).map(line).collect::<String>();
    for (number, text) in [
        steps("{},"),
        steps("{open=true},"),
        steps("{expect='a',connection='a'},"),
        steps("{expect-regex='a'},"),
        steps("{expect='''\r\n\r\n'''},"),
        fill("[[cases]]\n"),
        format!("cases = [{}]", fill("{name='',steps=[{}]},")),
        list("[],"),
        list("1,"),
        list("'''\r\n\r\n''',"),
        format!("x = \"{}\"", fill("\\n")),
        lines(45_000, |number| format!("a{number}=1\n")),
        lines(40_000, |number| format!("[a{number}]\n")),
        lines(8_000, |number| {
            format!("{}a={number}\n", format!("a{number}.").repeat(8))
        }),
        // As deep as keys may nest.
        lines(3_200, |number| {
            format!("b{number}.{}a=1\n", "a.".repeat(76))
        }),
        fill("[a"),
        fill("a=["),
        fill("\""),
        fill("a."),
        fill("{"),
    ]
    .iter()
    .enumerate()
    {
        let linted = lint(&exercise("filled", &format!("{HEAD}{text}")));
        let start: String = text.chars().take(60).collect();
        assert_eq!(linted.code, 1, "{number}: {start}: {}", linted.stderr);
        assert!(linted.stderr.len() < 100_000, "{number}: {start}");
    }
}

#[test]
fn warnings_are_a_hundred_at_the_most() {
    let strings = "{ expect = \"\"\"\r\n\r\n\"\"\" }, ".repeat(2000);
    let text = format!("{HEAD}[[cases]]\nname = \"it\"\nsteps = [{strings}]\n");
    let linted = lint(&exercise("warnings", &text));
    let warnings = linted.stderr.matches("this string has a line").count();
    assert_eq!(warnings, 100, "{}", linted.stderr);
    // A file that is sent again and again is one.
    let folder = cases("warnings-of-a-file", 1, |_| {
        let sends = "{ send-file = \"request\" }, ".repeat(50);
        format!("steps = [{sends} {{ expect = \"a\" }}]")
    });
    std::fs::write(folder.join("request"), "a\n").expect("it can be written");
    assert_eq!(lint(&folder).stderr.matches("git may change").count(), 1);
}

/// Makes a pipe that nobody writes to.
#[cfg(unix)]
fn pipe(at: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, at, FileType::Fifo, Mode::RWXU, 0).expect("a pipe can be made");
}

#[cfg(unix)]
#[test]
fn a_pipe_or_folder_or_socket_is_refused_and_nobody_waits_for_it() {
    use std::os::unix::net::UnixListener;
    for lines in [
        "steps = [{ expect-file = \"it\" }]",
        "steps = [{ send-file = \"it\" }]",
        "judge = \"it\"",
    ] {
        let folder = cases("with-a-pipe", 1, |_| lines.to_owned());
        pipe(&folder.join("it"));
        refused(&folder, &["exercise.toml:", "it is a pipe, not a file"]);
        let folder = cases("with-a-folder", 1, |_| lines.to_owned());
        std::fs::create_dir(folder.join("it")).expect("a folder can be made");
        refused(&folder, &["exercise.toml:", "it is a folder, not a file"]);
        // The path of a socket is short.
        let folder = tempfile::tempdir().expect("there is room");
        let text = format!("{HEAD}[[cases]]\nname = \"it\"\n{lines}\n");
        std::fs::write(folder.path().join("exercise.toml"), text).expect("it can be written");
        let _socket = UnixListener::bind(folder.path().join("it")).expect("a socket");
        refused(
            folder.path(),
            &["exercise.toml:", "it is a socket, not a file"],
        );
    }
    for file in ["exercise.toml", "hidden.toml"] {
        let folder = cases("is-a-pipe", 1, |_| {
            "steps = [{ expect = \"a\" }]".to_owned()
        });
        let _ = std::fs::remove_file(folder.join(file));
        pipe(&folder.join(file));
        refused(&folder, &[file, "cannot read it: it is a pipe, not a file"]);
    }
}

#[cfg(unix)]
#[test]
fn hidden_cases_that_cannot_be_read_are_not_passed_over() {
    use std::os::unix::fs::symlink;
    let folder = cases("hidden-nowhere", 1, |_| {
        "steps = [{ expect = \"a\" }]".to_owned()
    });
    accepted(&folder);
    let plugin = plugin_file("hidden-nowhere.lua", "function receive() end");
    let fails = |words: &str| {
        let graded = Eco::new(&["grade", &folder.display().to_string(), &plugin]).run(b"");
        assert_eq!(graded.code, 64, "{}", graded.stderr);
        assert!(graded.stderr.contains(words), "{}", graded.stderr);
        refused(&folder, &[words]);
    };
    let hidden = folder.join("hidden.toml");
    for (to, words) in [
        ("nowhere", "hidden.toml: cannot read it: "),
        ("hidden.toml", "hidden.toml: cannot read it: "),
        ("/etc/passwd", "it must be in the exercise's folder"),
    ] {
        symlink(to, &hidden).expect("a link can be made");
        fails(words);
        std::fs::remove_file(&hidden).expect("it is there");
    }
    std::fs::create_dir(&hidden).expect("a folder can be made");
    fails("it is a folder, not a file");
}

#[cfg(unix)]
#[test]
fn files_beside_an_exercise_are_looked_at_within_bounds() {
    let expects = "steps = [{ send = \"a\" }, { expect = \"a\" }]";
    let folder = cases("beside-an-exercise", 1, |_| expects.to_owned());
    let foreign = plugin_file("foreign.lua", "function receive() return 'secret' end");
    let put = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("it can be written");
    };
    put("README.md", "Echo.");
    put(
        "starter/plugin.lua",
        "function receive(chunk) return chunk end",
    );
    // A link is told, and what it leads to is neither read nor run.
    std::fs::create_dir(folder.join("solution")).expect("a folder");
    let link = folder.join("solution/plugin.lua");
    std::os::unix::fs::symlink(foreign, link).expect("a link");
    let linted = lint(&folder);
    assert_eq!(linted.code, 0, "{}", linted.stderr);
    assert!(
        linted.stderr.contains("is a link, and not looked at"),
        "{}",
        linted.stderr
    );
    assert!(
        !linted.text().contains("plugin.lua used"),
        "{}",
        linted.text()
    );
    (0..101).for_each(|number| put(&format!("solution/{number}.lua"), ""));
    refused(&folder, &["solution: it has more than 100 plugins"]);
    (0..10_000).for_each(|number| put(&format!("starter/{number}.txt"), ""));
    refused(&folder, &["starter: it has more than 10000 files"]);
}
