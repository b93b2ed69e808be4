//! `eco check --lint`: solutions that fail or use much, and line ends.

use crate::exercises::{HEAD, exercise, write};
use crate::harness::Eco;

#[test]
fn an_exercise_that_its_own_solution_fails_is_told_why() {
    let toml = format!(
        "{HEAD}[[cases]]\nname = \"it\"\nsteps = [{{ send = \"a\" }}, {{ expect = \"b\" }}]\n"
    );
    let folder = exercise("unsolved", &toml);
    let path = folder.display().to_string();
    let lint = || Eco::new(&["check", "--lint", &path]).run(b"");
    for file in ["README.md", "starter/plugin.lua", "solution/plugin.lua"] {
        let wanted = file.split('/').next().expect("a name");
        let linted = lint();
        match wanted {
            "solution" => assert!(linted.text().contains("no solution/"), "{}", linted.text()),
            _ => assert!(linted.stderr.contains(wanted), "{}", linted.stderr),
        }
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(path, "function receive(chunk) return chunk end")
            .expect("it can be written");
    }
    let linted = lint();
    assert_eq!(linted.code, 1, "{}", linted.text());
    for words in [
        "solution/plugin.lua: the solution fails \"it\": wrong-bytes",
        "<-- \"a\"",
    ] {
        assert!(linted.stderr.contains(words), "{}", linted.stderr);
    }
}

#[test]
fn a_lint_says_what_each_solution_used_and_warns_of_much() {
    let toml = format!(
        "{HEAD}limits.fuel = 1_000_000\n[[cases]]\nname = \"it\"\nsteps = [{{ send = \"a\" }}, {{ expect = \"a\" }}]\n"
    );
    let folder = exercise("lint-fuel", &toml);
    let path = folder.display().to_string();
    let lint = || Eco::new(&["check", "--lint", &path]).run(b"");
    write(folder.join("README.md"), "# Echo");
    for (file, text) in [
        ("starter/plugin.lua", "function receive() end"),
        ("starter/plugin.js", "function receive() {}"),
        (
            "solution/frugal.lua",
            "function receive(chunk) return chunk end",
        ),
        (
            "solution/wasteful.lua",
            "function receive(chunk) for i = 1, 8000 do end return chunk end",
        ),
    ] {
        write(folder.join(file), text);
    }
    let linted = lint();
    assert_eq!(linted.code, 0, "{}", linted.stderr);
    for words in ["frugal.lua used ", "wasteful.lua used "] {
        assert!(linted.text().contains(words), "{}", linted.text());
    }
    let warnings: Vec<&str> = linted.stderr.lines().collect();
    let [missing, much] = warnings[..] else {
        panic!("{}", linted.stderr);
    };
    assert!(
        missing.contains("plugin.js: solution/ has none in JavaScript"),
        "{missing}"
    );
    assert!(
        much.contains("wasteful.lua used ") && much.contains("in \"it\""),
        "{much}"
    );
}

#[test]
fn line_ends_that_a_checkout_may_change_are_the_same_or_a_warning() {
    let toml = format!(
        "{HEAD}\n[[cases]]\nname = \"it\"\nsteps = [{{ send = \"\"\"\na\nb\"\"\" }}, {{ expect = \"a\\nb\" }}]\n"
    );
    let folder = exercise("line-ends", &toml.replace('\n', "\r\n"));
    let path = folder.display().to_string();
    let lint = || Eco::new(&["check", "--lint", &path]).run(b"");
    write(folder.join("README.md"), "# Echo");
    for file in ["starter/plugin.lua", "solution/plugin.lua"] {
        write(
            folder.join(file),
            "function receive(chunk) return chunk end",
        );
    }
    // The solution passes all the same: it is the same exercise.
    let linted = lint();
    assert_eq!(linted.code, 0, "{}", linted.stderr);
    assert_eq!(linted.stderr.lines().count(), 1, "{}", linted.stderr);
    assert!(
        linted.stderr.contains("exercise.toml:9: this string"),
        "{}",
        linted.stderr
    );
    // Nothing tells that a step's file is text.
    let included = format!(
        "{HEAD}[[cases]]\nname = \"it\"\nsteps = [{{ send-file = \"request\" }}, {{ expect = \"a\\n\" }}]\n"
    );
    write(folder.join("exercise.toml"), included);
    write(folder.join("request"), "a\n");
    let linted = lint();
    assert_eq!(linted.code, 0, "{}", linted.stderr);
    assert!(
        linted.stderr.contains("exercise.toml:7: git may change"),
        "{}",
        linted.stderr
    );
    write(folder.join(".gitattributes"), "* -text\n");
    assert_eq!(lint().stderr, "");
}
