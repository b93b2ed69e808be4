//! Building: naming a folder changes nothing outside of it.

use crate::guests::empty_folder;
use crate::harness::{Eco, assert_same};
use crate::support::{project_file, serve};
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
    std::fs::write(&built, include_str!("../../plugins/echo/echo.wat")).expect("it can be");
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
    // What that compiler makes is no module.
    assert_eq!(built.code, 65, "{}", built.stderr);
    assert_untouched(&precious);
}
