//! Exercises: their files, and what is wrong with them.

use crate::guests::empty_folder;
use crate::harness::Eco;
use crate::scripts::languages;
use crate::support::plugin_file;
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(crate) const HEAD: &str = "format = 1\nslug = \"try\"\ntitle = \"Try\"\npoints = 10\n";

/// A folder with this `exercise.toml`, and a file `big` of 3 MiB.
pub(crate) fn exercise(name: &str, toml: &str) -> PathBuf {
    let folder = empty_folder(name);
    std::fs::write(folder.join("exercise.toml"), toml).expect("it can be written");
    std::fs::write(folder.join("big"), vec![0; 3 << 20]).expect("it can be written");
    folder
}

/// What is wrong, the line that is named, and words of what is said.
pub(crate) const MISTAKES: &[(&str, Option<usize>, &str)] = &[
    ("", Some(1), "missing field `format`"),
    (
        "format = 2\nslug = \"a\"\ntitle = \"\"\npoints = 1\ncases = []",
        None,
        "reads format 1",
    ),
    ("HEAD", Some(1), "missing field `cases`"),
    ("HEAD cases = []", None, "[[cases]]"),
    ("HEAD colour = 1", Some(5), "unknown field `colour`"),
    (
        "HEAD limits = { memory = \"a lot\" }\ncases = []",
        Some(5),
        "\"64KiB\"",
    ),
    (
        "HEAD limits = { memory = \"5GiB\" }\ncases = []",
        Some(5),
        "more than there may be of it, 4.0 GiB",
    ),
    (
        "HEAD limits = { reply = \"4097KiB\" }\ncases = []",
        Some(5),
        "more than there may be of it, 4.0 MiB",
    ),
    (
        "HEAD limits = { log = \"2MiB\" }\ncases = []",
        Some(5),
        "more than there may be of it, 1.0 MiB",
    ),
    (
        "HEAD limits = { log = \"0\" }\ncases = []",
        Some(5),
        "is no size",
    ),
    (
        "HEAD limits = { fuel = 10000000001 }\ncases = []",
        Some(5),
        "some ten seconds",
    ),
    (
        "HEAD limits = { fuel = 0 }\ncases = []",
        Some(5),
        "nothing can run",
    ),
    ("CASE", Some(5), "either steps = [...] or judge"),
    ("CASE steps = []", Some(5), "expect nothing"),
    (
        "CASE steps = [{ send = \"a\" }]",
        Some(5),
        "any plugin passes",
    ),
    (
        "CASE steps = [{ send = \"a\" }, { expct = \"a\" }]",
        Some(7),
        "unknown field `expct`",
    ),
    (
        "CASE steps = [\n{ send = \"a\", expect = \"a\" }]",
        Some(8),
        "exactly one of open, send",
    ),
    ("CASE steps = [{}]", Some(7), "exactly one of"),
    (
        "CASE steps = [{ expect-hex = \"abc\" }]",
        Some(7),
        "two hexadecimal digits",
    ),
    (
        "CASE steps = [{ expect-hex = \"xy\" }]",
        Some(7),
        "digits 0 to 9",
    ),
    ("CASE steps = [{ expect = \"\" }]", Some(7), "no bytes"),
    (
        "CASE steps = [{ expect-regex = \"(\" }]",
        Some(7),
        "unclosed group",
    ),
    (
        "CASE steps = [{ send-file = \"none\" }]",
        Some(7),
        "cannot read \"none\"",
    ),
    (
        "CASE steps = [{ send-file = \"../try/big\" }]",
        Some(7),
        "in the exercise's folder",
    ),
    (
        "CASE steps = [{ send-file = \"/etc/hostname\" }]",
        Some(7),
        "in the exercise's folder",
    ),
    (
        "CASE steps = [{ send-file = \"big\" },\n{ send-file = \"big\" }]",
        Some(8),
        "4.0 MiB",
    ),
    (
        "CASE steps = [{ send = \"a\", repeat = 5000000 }]",
        Some(7),
        "4.0 MiB",
    ),
    (
        "CASE steps = [{ send = \"a\", repeat = 0 }]",
        Some(7),
        "at least 1",
    ),
    (
        "CASE steps = [{ half-close = true, repeat = 2 }]",
        Some(7),
        "repeat is for bytes",
    ),
    (
        "CASE steps = [{ half-close = false }]",
        Some(7),
        "only be true",
    ),
    (
        "CASE steps = [{ connection = 0, send = \"a\" }]",
        Some(7),
        "from 1 to 64",
    ),
    (
        "CASE steps = [{ connection = 65, send = \"a\" }]",
        Some(7),
        "from 1 to 64",
    ),
    (
        "CASE steps = [{ connection = \"a\", send = \"a\" },\n{ connection = 1, send = \"a\" }]",
        Some(8),
        "numbers or names, not both",
    ),
    (
        "CASE steps = [{ send = \"a\" },\n{ connection = \"a\", send = \"a\" }]",
        Some(8),
        "numbers or names, not both",
    ),
    (
        "CASE steps = [{ connection = \"a\", send = \"a\" },\n{ expect = \"a\" }]",
        Some(8),
        "says in each step which connection",
    ),
    (
        "CASE steps = [{ connection = \"Ana\", send = \"a\" }]",
        Some(7),
        "small letters, digits and hyphens",
    ),
    (
        "CASE steps = [{ connection = \"\", send = \"a\" }]",
        Some(7),
        "small letters, digits and hyphens",
    ),
    // The first is as long as a name can be.
    (
        "CASE steps = [{ connection = \"twenty-bytes-of-name\", send = \"a\" },\n\
         { connection = \"twenty-bytes-of-names\", send = \"a\" }]",
        Some(8),
        "at most 20",
    ),
    ("CASE steps = [{ pause = \"soon\" }]", Some(7), "number"),
    (
        "CASE steps = [{ pause = \"200days\" },\n{ pause = \"200days\" }]",
        Some(8),
        "a year in all",
    ),
    (
        "CASE steps = [{ expect-close = true },\n{ send = \"a\" }]",
        Some(8),
        "follow expect-close",
    ),
    (
        "CASE steps = [{ half-close = true },\n{ send = \"a\" }]",
        Some(8),
        "by half-close",
    ),
    ("CASE judge = \"none.js\"", Some(5), "no file \"none.js\""),
    (
        "CASE steps = [{ expect = \"a\" }]\nmessage = \"m\"",
        Some(5),
        "message is for a judge",
    ),
    (
        "CASE weight = 0\nsteps = [{ expect = \"a\" }]",
        Some(5),
        "at least 1",
    ),
    (
        "CASE steps = [{ expect = \"a\" }]\n[[cases]]\nname = \"it\"\nsteps = []",
        Some(8),
        "\"it\" already",
    ),
];

#[test]
fn a_wrong_exercise_is_refused_with_its_line() {
    for (toml, line, words) in MISTAKES {
        let case = format!("{HEAD}[[cases]]\nname = \"it\"\n");
        let toml = toml
            .replace("HEAD ", HEAD)
            .replace("HEAD", HEAD)
            .replace("CASE ", &case)
            .replace("CASE", &case);
        let folder = exercise("try", &toml).display().to_string();
        let place = match line {
            Some(line) => format!("exercise.toml:{line}: "),
            None => "exercise.toml: ".to_owned(),
        };
        for (arguments, code) in [
            (["check", &folder, "echo"], 64),
            (["check", "--lint", &folder], 1),
        ] {
            let refused = Eco::new(&arguments).run(b"");
            assert_eq!(refused.code, code, "{toml}\n{}", refused.stderr);
            for expected in [place.as_str(), words] {
                assert!(
                    refused.stderr.contains(expected),
                    "{toml}\n{}\n{expected}",
                    refused.stderr
                );
            }
        }
    }
}

#[test]
fn what_would_take_gigabytes_to_hold_is_refused() {
    let case = |number: usize, step: &str| {
        format!("[[cases]]\nname = \"{number}\"\nsteps = [{{ send = \"a\" }}, {step}]\n")
    };
    // Two megabytes twice in each case, of a few bytes of text.
    let bytes = "{ expect = \"a\", repeat = 2000000 }, { expect = \"b\", repeat = 2000000 }";
    let cases: String = (0..1000).map(|number| case(number, bytes)).collect();
    let folder = exercise("gigabytes", &format!("{HEAD}{cases}"));
    let refused = Eco::new(&["check", &folder.display().to_string(), "echo"]).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    let place = format!("exercise.toml:{}: ", 5 + 3 * 16 + 2);
    for words in [place.as_str(), "64.0 MiB"] {
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    // Those of the hidden file are more of the same.
    let fits: String = (0..16).map(|number| case(number, bytes)).collect();
    let folder = exercise("megabytes", &format!("{HEAD}{fits}"));
    let path = folder.display().to_string();
    let graded = || {
        Eco::new(&["grade", &path, "echo.js"])
            .inside(&folder)
            .run(b"")
    };
    std::fs::write(
        folder.join("echo.js"),
        "function receive(chunk) { return chunk; }",
    )
    .expect("it can be written");
    assert_eq!(graded().code, 0);
    std::fs::write(folder.join("hidden.toml"), case(16, bytes)).expect("it can be written");
    let refused = graded();
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("hidden.toml:3: "),
        "{}",
        refused.stderr
    );
}

#[test]
fn slugs_are_for_commands() {
    for slug in ["", "Echo", "a b", "-a", "a--b", "ñ"] {
        let toml = HEAD.replace("try", slug) + "cases = []";
        let folder = exercise("slug", &toml).display().to_string();
        let refused = Eco::new(&["check", "--lint", &folder]).run(b"");
        assert!(
            refused.stderr.contains("exercise.toml:2: a slug has"),
            "{slug}: {}",
            refused.stderr
        );
    }
}

#[test]
fn a_folder_that_is_no_exercise_says_what_would_be_one() {
    let folder = empty_folder("no-exercise").display().to_string();
    let refused = Eco::new(&["check", &folder, "echo"]).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("exercise.toml: cannot read it"),
        "{}",
        refused.stderr
    );
    let refused = Eco::new(&["check", "ecco", "echo"]).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("or one of echo, upper-case"),
        "{}",
        refused.stderr
    );
}

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

fn write(path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
    let path = path.as_ref();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    std::fs::write(path, text).expect("it can be written");
}

/// A plugin that answers each line in capitals, as a beginner writes it, and one that logs each chunk.
const CAPITALS: [(&str, &str, &str); 3] = [
    (
        "lua",
        "local rest = '' function receive(chunk) rest = rest .. chunk if rest:find('\\n', 1, true) then local line = rest:upper() rest = '' return line end end",
        "function receive(chunk) print(chunk) return chunk:upper() end",
    ),
    (
        "js",
        "let rest = ''; function receive(chunk) { rest += String.fromCharCode(...chunk); if (!rest.endsWith('\\n')) return; const line = rest.toUpperCase(); rest = ''; return line; }",
        "function receive(chunk) { console.log(chunk); return String.fromCharCode(...chunk).toUpperCase(); }",
    ),
    (
        "py",
        "rest = b''\ndef receive(chunk):\n    global rest\n    rest += chunk\n    reply = b''\n    while b'\\n' in rest:\n        line, rest = rest.split(b'\\n', 1)\n        reply += line.upper() + b'\\n'\n    return reply\n",
        "def receive(chunk):\n    print(chunk)\n    return chunk.upper()\n",
    ),
];

/// The verdict of one plugin in an exercise of one case, and the part of its fuel that it took.
fn judged(exercise: &Path, plugin: &str) -> (String, f64) {
    let exercise = exercise.display().to_string();
    let graded = Eco::new(&["grade", &exercise, plugin, "--report", "json=-"]).run(b"");
    let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
    let case = &report["submissions"][0]["cases"][0];
    let limit = report["exercise"]["limits"]["fuel"].as_f64();
    let share = case["fuel"].as_f64().expect("fuel") / limit.expect("a limit");
    (case["verdict"].as_str().expect("a code").to_owned(), share)
}

#[test]
fn a_long_line_that_comes_byte_by_byte_is_within_the_default_in_each_language() {
    let line: String = ('a'..='z').cycle().take(4800).collect();
    let capitals = line.to_uppercase();
    let toml = format!(
        "{HEAD}limits.log = \"1MiB\"\n[[cases]]\nname = \"it\"\nsteps = [{{ send = \"{line}\\n\" }}, {{ expect = \"{capitals}\\n\" }}]\n"
    );
    let exercise = exercise("long-line", &toml);
    for (end, keeps, logs) in CAPITALS {
        if !languages().any(|(known, _)| known == end) {
            continue;
        }
        for (name, text) in [("keeps", keeps), ("logs", logs)] {
            let plugin = plugin_file(&format!("{name}-long-line.{end}"), text);
            let (verdict, share) = judged(&exercise, &plugin);
            assert_eq!(verdict, "passed", "{name}.{end}");
            assert!(share < 0.5, "{name}.{end} used {share}");
        }
    }
}

#[test]
fn a_script_has_the_memory_of_the_exercise_beside_its_interpreter() {
    let toml = format!(
        "{HEAD}limits.memory = \"8MiB\"\n[[cases]]\nname = \"it\"\nsteps = [{{ send = \"!\" }}, {{ expect = \"3\" }}]\n"
    );
    let exercise = exercise("little-memory", &toml);
    let texts = |mib: usize| {
        [
            (
                "lua",
                format!("function receive() kept = ('x'):rep({mib} << 20) return '3' end"),
            ),
            (
                "js",
                format!(
                    "function receive() {{ globalThis.kept = new Uint8Array({mib} << 20); return '3'; }}"
                ),
            ),
            (
                "py",
                format!(
                    "def receive(chunk):\n    global kept\n    kept = bytearray({mib} << 20)\n    return b'3'\n"
                ),
            ),
        ]
    };
    for (mib, expected) in [(3, "passed"), (16, "out-of-memory")] {
        for (end, text) in texts(mib) {
            if languages().any(|(known, _)| known == end) {
                let plugin = plugin_file(&format!("keeps-{mib}.{end}"), text);
                assert_eq!(judged(&exercise, &plugin).0, expected, "{mib} MiB: {end}");
            }
        }
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
    // What a step takes from a file can't be known to be text.
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

/// The first block of the page on exercises in this language.
fn example(language: &str) -> String {
    let page = include_str!("../../plugins/exercises/README.md");
    let (_, rest) = page
        .split_once(&format!("```{language}\n"))
        .expect("the page has an example");
    let (block, _) = rest.split_once("```").expect("which ends");
    block.to_owned()
}

#[test]
fn the_examples_of_the_page_work_as_they_stand() {
    let judged = "\n[[cases]]\nname = \"judged\"\njudge = \"judge.js\"\n";
    let folder = exercise("greeter", &(example("toml") + judged));
    std::fs::write(folder.join("judge.js"), example("js")).expect("it can be written");
    let folder = folder.display().to_string();
    let text = "local rest = '' function receive(chunk) rest = rest .. chunk local reply = '' for line in rest:gmatch('([^\\n]*)\\n') do reply = reply .. 'hello, ' .. line .. '\\n' end rest = rest:match('[^\\n]*$') return reply end";
    let plugin = plugin_file("greeter.lua", text);
    for (plugin, passes, fails) in [
        (plugin.as_str(), "ok    two names", "FAIL  judged "),
        ("echo", "ok    judged", "FAIL  two names"),
    ] {
        let checked = Eco::new(&["check", &folder, plugin]).run(b"");
        assert_eq!(checked.code, 1, "{}", checked.stderr);
        for words in [passes, fails] {
            assert!(checked.text().contains(words), "{}", checked.text());
        }
    }
}
