//! Building a folder changes nothing outside of it, and nothing in it ends the builder.

use crate::compile::{ECHO, nested};
use crate::harness::{Eco, assert_same};
use crate::support::{Peer, empty_folder, project_file, serve};
use std::path::{Path, PathBuf};

const PRECIOUS: &[u8] = b"a key, say";

/// A folder `plugin` with a new sample in this language, and a file beside it that nothing may change.
fn project(name: &str, language: &str) -> (PathBuf, PathBuf) {
    let around = empty_folder(name);
    let new = Eco::new(&["new", "plugin", "--lang", language]);
    let new = new.inside(&around).run(b"");
    assert_eq!(new.code, 0, "{}", new.stderr);
    let precious = around.join("precious");
    std::fs::write(&precious, PRECIOUS).expect("it can be written");
    (around.join("plugin"), precious)
}

#[track_caller]
fn assert_untouched(precious: &Path) {
    assert_same(&std::fs::read(precious).expect("it is there"), PRECIOUS);
}

fn link(to: &Path, at: impl AsRef<Path>) {
    std::os::unix::fs::symlink(to, at).expect("a link can be made");
}

#[test]
fn naming_a_folder_writes_through_no_link_that_lies_in_it() {
    let (folder, precious) = project("links-beside", "wat");
    link(&precious, folder.join("plugin.wasm.new"));
    let path = folder.display().to_string();
    let exercise = project_file("tests/exercises/lines");
    let commands: [(&[&str], i32); 4] = [
        (&["build", &path], 0),
        (&["inspect", &path], 0),
        (&["call", &path, "a"], 0),
        (&["check", &exercise, &path], 1),
    ];
    for (arguments, code) in commands {
        let exited = Eco::new(arguments).run(b"");
        assert_eq!(exited.code, code, "{arguments:?}: {}", exited.stderr);
        assert_untouched(&precious);
    }
    drop(serve(&["-p", &path]));
    assert_untouched(&precious);
    // Nothing is left beside what was built, and others may read that as they may the source.
    let mut left: Vec<_> = std::fs::read_dir(&folder)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [".gitignore", "plugin.wasm", "plugin.wasm.new", "plugin.wat"]
    );
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let file = folder.join(name).metadata().expect("it is there");
        file.permissions().mode()
    };
    assert_eq!(mode("plugin.wasm"), mode("plugin.wat"));
}

#[track_caller]
fn is_refused(eco: Eco, words: &str) {
    let exited = eco.run(b"");
    assert_eq!(exited.code, 64, "{}", exited.stderr);
    assert!(exited.stderr.contains(words), "{}", exited.stderr);
}

#[test]
fn a_link_where_building_writes_is_refused() {
    let (folder, precious) = project("links-target", "wat");
    link(&precious, folder.join("plugin.wasm"));
    let path = folder.display().to_string();
    for command in [
        &["build"][..],
        &["inspect"],
        &["call"],
        &["serve", "-l", "127.0.0.1:0", "-p"],
    ] {
        is_refused(Eco::new(command).args(&[&path]), "plugin.wasm is a link");
        assert_untouched(&precious);
    }
    // One that leads nowhere yet would make a file there.
    std::fs::remove_file(&precious).expect("it is there");
    is_refused(Eco::new(&["build", &path]), "plugin.wasm is a link");
    assert!(!precious.exists());
}

#[test]
fn where_a_compiler_is_missing_an_earlier_build_is_mentioned_and_not_taken_unasked() {
    let (folder, _) = project("built-before", "c");
    let path = folder.display().to_string();
    let serve = |path: &str| Eco::new(&["serve", "-l", "127.0.0.1:0", "-p", path]).env("PATH", "");
    let built = folder.join("plugin.wasm");
    let mention = format!("{} is there, as it was last built", built.display());
    let refused = |mentioned| {
        let exited = serve(&path).run(b"");
        assert_eq!(exited.code, 69, "{}", exited.stderr);
        assert!(exited.stderr.contains("no C compiler"), "{}", exited.stderr);
        let mentions = exited.stderr.contains(&mention);
        assert_eq!(mentions, mentioned, "{}", exited.stderr);
    };
    refused(false);
    std::fs::write(&built, include_str!("../../../plugins/echo/echo.wat")).expect("it can be");
    refused(true);
    drop(serve(&built.display().to_string()).serve());
}

/// A compiler that writes to what its `-o` names, through links.
const COMPILER: &str = r#"while [ "$1" != -o ]; do shift; done; echo compiled > "$2""#;

#[test]
fn a_c_project_is_built_through_no_link_either() {
    let (folder, precious) = project("links-c", "c");
    let path = folder.display().to_string();
    let compiler = folder.with_file_name("cc.sh");
    std::fs::write(&compiler, COMPILER).expect("it can be written");
    let build = || Eco::new(&["build", &path]).env("CC", format!("sh {}", compiler.display()));
    let generated = folder.join("build");

    let elsewhere = empty_folder("links-c-elsewhere");
    link(&elsewhere, &generated);
    is_refused(build(), "build is a link");
    assert_eq!(elsewhere.read_dir().expect("it is there").count(), 0);

    std::fs::remove_file(&generated).expect("it is there");
    std::fs::create_dir(&generated).expect("a folder can be made");
    link(&precious, generated.join("handler_plugin.h"));
    is_refused(build(), "handler_plugin.h is a link");
    assert_untouched(&precious);

    std::fs::remove_file(generated.join("handler_plugin.h")).expect("it is there");
    link(&precious, generated.join("core.wasm"));
    let built = build().run(b"");
    // The output of that compiler is no module.
    assert_eq!(built.code, 65, "{}", built.stderr);
    assert_untouched(&precious);
}

/// A core module that says of its world what overflows the parser, which reads that before it writes a component.
fn attack() -> String {
    let [(_, world), _] = nested();
    let world: String = world.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!(
        r#"(module (@custom "component-type:attack" "{world}") (memory (export "memory") 1)
          (func (export "eco:plugin/handler@0.1.0#receive") (param i32 i32) (result i32) (i32.const 0)))"#
    )
}

/// A new folder with this as `plugin.wat`.
fn folder_with(name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let folder = empty_folder(name);
    std::fs::write(folder.join("plugin.wat"), text).expect("it can be written");
    folder
}

#[test]
fn a_file_that_overflows_the_parser_ends_no_build() {
    let folder = folder_with("builds-attack", attack());
    let path = folder.display().to_string();
    let exercise = project_file("tests/exercises/lines");
    for command in [
        &["build", &path][..],
        &["inspect", &path],
        &["call", &path, "x"],
        &["check", &exercise, &path],
        &["send", "-t", "127.0.0.1:1", "-p", &path],
        &["serve", "-l", "127.0.0.1:0", "-p", &path],
    ] {
        let exited = Eco::new(command).run(b"");
        let said = &exited.stderr;
        assert_eq!(exited.code, 65, "{command:?}: {said}");
        assert!(
            said.contains("plugin.wat: it nests too deep"),
            "{command:?}: {said}"
        );
    }
    assert!(!folder.join("builds-attack.wasm").exists());
}

#[test]
fn a_server_that_watches_a_folder_survives_what_is_put_there() {
    let folder = folder_with("watches-attack", ECHO);
    let server = serve(&["-p", &folder.display().to_string(), "--watch"]);
    let mut open = Peer::connect(server.address);
    open.send(b"before").expect(b"before");
    let put = |text: &str| {
        let beside = folder.with_extension("new");
        std::fs::write(&beside, text).expect("it can be written");
        std::fs::rename(&beside, folder.join("plugin.wat")).expect("it can be renamed");
    };
    put(&attack());
    server.logged(&["not reloaded", "it nests too deep"]);
    open.send(b"meanwhile").expect(b"meanwhile");
    let mut next = Peer::connect(server.address);
    next.send(b"next").expect(b"next");
    put(ECHO);
    server.logged(&["reloaded: new connections get the new version"]);
    open.send(b"after").expect(b"after").finish().expect_end();
}

/// A program that stands for a language's tools, and hands out what somebody made for it.
fn tool(folder: &Path, name: &str, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("it can be written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("it can be made a program");
    path.display().to_string()
}

/// The sources of C and Rust may be anybody's too.
#[test]
fn a_compilers_output_is_parsed_in_a_process_of_its_own() {
    let tools = empty_folder("attacking-tools");
    let module = wat::parse_str(attack()).expect("it parses");
    let made = tools.join("attack.wasm");
    std::fs::write(&made, module).expect("it can be written");
    let made = made.display();
    let copies = format!(r#"while [ "$1" != -o ]; do shift; done; cp {made} "$2""#);
    let (c, _) = project("attacks-in-c", "c");
    let (rust, _) = project("attacks-in-rust", "rust");
    let build = |folder: &Path| Eco::new(&["build", &folder.display().to_string()]);
    let in_c = build(&c).env("CC", tool(&tools, "cc", &copies));
    let says = format!(r#"echo '{{"filenames":["{made}"]}}'"#);
    let in_rust = build(&rust)
        .env("CARGO", tool(&tools, "cargo", &says))
        .env("RUSTC", tool(&tools, "rustc", "echo /"));
    for eco in [in_c, in_rust] {
        let exited = eco.run(b"");
        assert_eq!(exited.code, 65, "{}", exited.stderr);
        assert!(
            exited.stderr.contains("it nests too deep"),
            "{}",
            exited.stderr
        );
    }
}

/// A rust project, and how it is built where cargo is this script.
fn with_cargo(name: &str, script: &str) -> Eco {
    let tools = empty_folder(&format!("{name}-tools"));
    let (rust, _) = project(name, "rust");
    Eco::new(&["build", &rust.display().to_string()])
        .env("CARGO", tool(&tools, "cargo", script))
        .env("RUSTC", tool(&tools, "rustc", "echo /"))
}

/// Four million functions: the parser keeps some hundred bytes for each.
#[test]
fn a_module_that_takes_too_much_to_make_a_component_of_is_refused() {
    let text = format!("(module {})", "(func)".repeat(4_000_000));
    let folder = folder_with("makes-too-much", text);
    let exited = Eco::new(&["build", &folder.display().to_string()]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    let said = exited.stderr;
    assert!(said.contains("more memory than it may have"), "{said}");
    assert!(!folder.join("makes-too-much.wasm").exists());
}

/// A file of so many zeros, none of which is on the disk.
fn zeros(path: &Path, length: u64) {
    let file = std::fs::File::create(path);
    let sized = file.and_then(|file| file.set_len(length));
    sized.expect("it can be made so long");
}

#[test]
fn a_module_that_is_too_large_for_a_component_is_refused() {
    let folder = folder_with("builds-large", "");
    let made = folder.join("made.wasm");
    zeros(&folder.join("plugin.wat"), (32 << 20) + 1);
    zeros(&made, (32 << 20) + 1);
    let says = format!(r#"echo '{{"filenames":["{}"]}}'"#, made.display());
    for eco in [
        Eco::new(&["build", &folder.display().to_string()]),
        with_cargo("builds-large-rust", &says),
    ] {
        let exited = eco.run(b"");
        let said = exited.stderr;
        assert_eq!(exited.code, 65, "{said}");
        assert!(said.contains("is larger than 32.0 MiB"), "{said}");
    }
}

#[test]
fn nobody_waits_for_a_pipe_that_a_tool_names() {
    let place = empty_folder("builds-a-pipe");
    let pipe = place.join("made.wasm");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe can be made");
    let says = format!(r#"echo '{{"filenames":["{}"]}}'"#, pipe.display());
    let exited = with_cargo("builds-a-pipe-rust", &says).run(b"");
    assert_ne!(exited.code, 0);
    let said = exited.stderr;
    assert!(said.contains("it is a pipe, not a file"), "{said}");
}

#[test]
fn a_tool_that_never_stops_talking_is_ended() {
    let exited = with_cargo("talks-on", "exec cat /dev/zero").run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    let said = exited.stderr;
    assert!(said.contains("cargo build failed"), "{said}");
}

/// A file of 255 MiB costs eco what a small one does.
#[test]
fn a_c_file_says_at_its_beginning_which_world_it_is_for() {
    let tools = empty_folder("long-c-tools");
    let folder = empty_folder("long-c");
    let compiler = tool(&tools, "cc", COMPILER);
    let build = |text: &[u8]| {
        let source = folder.join("plugin.c");
        std::fs::write(&source, text).expect("it can be written");
        let file = std::fs::File::options().write(true).open(&source);
        let sized = file.and_then(|file| file.set_len(255 << 20));
        sized.expect("it can be made so long");
        Eco::new(&["build", &folder.display().to_string()])
            .env("CC", compiler.as_str())
            .run(b"")
    };
    let include: &[u8] = b"\n  #include \"handler_plugin.h\"\n";
    let missing = "no file includes one of eco's headers";
    let top = 256 * 1024;
    let early = build(&[&vec![0xff; top - include.len()], include].concat());
    assert!(!early.stderr.contains(missing), "{}", early.stderr);
    assert!(folder.join("build/handler_plugin.h").exists());
    let late = build(&[&vec![0xff; top], include].concat());
    assert_eq!(late.code, 65, "{}", late.stderr);
    assert!(late.stderr.contains(missing), "{}", late.stderr);
}

#[test]
fn a_package_says_at_the_beginning_of_its_manifest_what_it_makes() {
    let tools = empty_folder("manifest-tools");
    let cargo = tool(&tools, "cargo", "echo \"$@\" >&2; exit 1");
    let folder = empty_folder("manifest");
    std::fs::create_dir(folder.join("src")).expect("it can be made");
    std::fs::write(folder.join("src/main.rs"), "fn main() {}").expect("it can be written");
    let kind = b"crate-type = [\"cdylib\"]";
    let asked = |before: usize| {
        let text = [&vec![b'\n'; before], kind.as_slice()].concat();
        std::fs::write(folder.join("Cargo.toml"), text).expect("it can be written");
        let build = Eco::new(&["build", &folder.display().to_string()]);
        let build = build.env("CARGO", &cargo).env("RUSTC", "true");
        build.env("CARGO_UNSTABLE_BUILD_STD", "std").run(b"").stderr
    };
    let top = 64 * 1024;
    let plugin = asked(top - kind.len());
    assert!(
        plugin.contains("--lib --target wasm32-unknown-unknown"),
        "{plugin}"
    );
    let program = asked(top);
    assert!(
        program.contains("--bins --target wasm32-wasip1"),
        "{program}"
    );
}

#[test]
fn a_message_that_quotes_the_text_is_cut() {
    let folder = folder_with(
        "builds-a-long-line",
        format!("(module {})", "x".repeat(1 << 20)),
    );
    let exited = Eco::new(&["build", &folder.display().to_string()]).run(b"");
    assert_eq!(exited.code, 65, "{}", exited.stderr);
    assert!(
        exited.stderr.len() < 16 * 1024,
        "{} bytes",
        exited.stderr.len()
    );
}
