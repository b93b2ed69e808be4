//! Exercises: their files, what is wrong with them, and those that eco brings.

use crate::guests::{builder, empty_folder};
use crate::support::plugin_file;
use harness::Eco;
use serde_json::Value;
use std::path::{Path, PathBuf};

const HEAD: &str = "format = 1\nslug = \"try\"\ntitle = \"Try\"\npoints = 10\n";

/// A folder with this `exercise.toml`, and a file `big` of 3 MiB.
fn exercise(name: &str, toml: &str) -> PathBuf {
    let folder = empty_folder(name);
    std::fs::write(folder.join("exercise.toml"), toml).expect("it can be written");
    std::fs::write(folder.join("big"), vec![0; 3 << 20]).expect("it can be written");
    folder
}

fn ladder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/exercises")
}

/// The exercises that eco brings, from easy to hard.
const LADDER: [&str; 8] = [
    "echo",
    "upper-case",
    "line-reversal",
    "frames",
    "prime-time",
    "averages",
    "secret-line",
    "tiny-cache",
];

/// What is wrong, the line that is named, and words of what is said.
const MISTAKES: &[(&str, Option<usize>, &str)] = &[
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
    ("CASE steps = [{ pause = \"soon\" }]", Some(7), "number"),
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
fn every_exercise_of_the_ladder_is_all_right_and_its_solution_gets_full_marks() {
    for slug in LADDER {
        let folder = ladder().join(slug);
        let linted = Eco::new(&["check", "--lint"])
            .args(&[&folder.display().to_string()])
            .run(b"");
        assert_eq!(linted.code, 0, "{}", linted.stderr);
        let solution = folder.join("solution/solution.js").display().to_string();
        let graded = Eco::new(&["grade", slug, &solution, "--report", "json=-"]).run(b"");
        let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
        let submission = &report["submissions"][0];
        assert_eq!(
            submission["points"].as_f64(),
            report["exercise"]["points"].as_f64(),
            "{slug}"
        );
        let checked = Eco::new(&["check", slug, &solution, "--tcp"]).run(b"");
        assert_eq!(checked.code, 0, "{slug} over TCP: {}", checked.text());
    }
}

#[test]
fn no_starter_solves_its_exercise_and_every_one_runs() {
    for slug in LADDER {
        for starter in ["javascript/plugin.js", "lua/plugin.lua"] {
            let starter = ladder().join(slug).join("starter").join(starter);
            let checked =
                Eco::new(&["check", slug, &starter.display().to_string(), "--all"]).run(b"");
            assert_eq!(
                checked.code,
                1,
                "{slug}: {}{}",
                checked.text(),
                checked.stderr
            );
            for code in ["  trap", "  out-of-cpu", "  internal"] {
                assert!(!checked.text().contains(code), "{slug}: {}", checked.text());
            }
        }
    }
}

#[test]
fn the_ladder_is_listed_and_what_is_listed_is_what_lies_in_its_folder() {
    let listed = Eco::new(&["exercise", "list"]).run(b"").text();
    let slugs: Vec<&str> = listed
        .lines()
        .filter(|line| line.ends_with(" points)"))
        .map(|line| line.split(' ').next().expect("a word"))
        .collect();
    assert_eq!(slugs, LADDER);
    for slug in LADDER {
        let folder = empty_folder("started").join(slug);
        let started = Eco::new(&["exercise", "start", slug])
            .args(&[&folder.display().to_string()])
            .run(b"");
        assert_eq!(started.code, 0, "{}", started.stderr);
        let ours = |path: &String| !path.starts_with("solution/") && path != "hidden.toml";
        let mut expected = files(&ladder().join(slug));
        expected.retain(ours);
        let mut found = files(&folder);
        // Compiled languages have their starters in common.
        found.retain(|path| {
            !["starter/rust/", "starter/c/", "starter/wat/"]
                .iter()
                .any(|start| path.starts_with(start))
        });
        assert_eq!(found, expected, "{slug}");
        for path in &found {
            let read = |folder: &Path| std::fs::read(folder.join(path)).expect("it can be read");
            harness::assert_same(&read(&folder), &read(&ladder().join(slug)));
        }
    }
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in folder.read_dir().expect("a folder").flatten() {
        let name = entry.file_name().into_string().expect("of ASCII");
        match entry.path().is_dir() {
            true => found.extend(
                files(&entry.path())
                    .into_iter()
                    .map(|path| format!("{name}/{path}")),
            ),
            false => found.push(name),
        }
    }
    found.sort();
    found
}

#[test]
fn the_starters_in_compiled_languages_build_and_are_served() {
    for slug in ["echo", "tiny-cache"] {
        for language in ["wat", "c", "rust"] {
            let folder = empty_folder("compiled").join(slug);
            let start = ["exercise", "start", slug, "--lang", language];
            let started = Eco::new(&start)
                .args(&[&folder.display().to_string()])
                .run(b"");
            assert_eq!(started.code, 0, "{}", started.stderr);
            let starter = folder.join("starter").join(language).display().to_string();
            let folder = folder.display().to_string();
            let checked = builder(&["check", &folder, &starter]).run(b"");
            if checked.code == 69 && std::env::var_os("ECO_ALL_TOOLS").is_none() {
                eprintln!("SKIPPED: {language}: {}", checked.stderr);
                continue;
            }
            assert_eq!(
                checked.code,
                1,
                "{slug} {language}: {}{}",
                checked.text(),
                checked.stderr
            );
            assert!(
                checked.text().contains("missing-bytes"),
                "{slug} {language}: {}",
                checked.text()
            );
        }
    }
}

#[test]
fn an_exercise_is_started_only_where_there_is_nothing() {
    let folder = empty_folder("there");
    let start = || {
        let start = Eco::new(&["exercise", "start", "echo", "--lang", "lua"]);
        start.args(&[&folder.display().to_string()]).run(b"")
    };
    assert_eq!(start().code, 0);
    assert!(folder.join("starter/lua/plugin.lua").is_file());
    assert!(!folder.join("starter/javascript").exists());
    let refused = start();
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("exists already"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_copy_that_was_changed_is_meant_where_it_has_the_name_of_the_original() {
    let around = empty_folder("around");
    let start = ["exercise", "start", "echo", "echo", "--hidden"];
    assert_eq!(Eco::new(&start).inside(&around).run(b"").code, 0);
    let check = || {
        Eco::new(&["check", "echo", "echo"])
            .inside(&around)
            .run(b"")
    };
    assert_eq!(check().code, 0);
    assert!(around.join("echo/hidden.toml").is_file());
    std::fs::write(around.join("echo/exercise.toml"), "format = 7").expect("it can be written");
    assert_eq!(check().code, 64);
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

#[test]
fn a_judge_that_never_looks_at_a_reply_is_refused() {
    let exercise = judged(
        "blind",
        "function start() { return { send: 'a', exactly: 1 }; }",
    );
    let refused = Eco::new(&["check", &exercise, "echo"]).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("no function replied"),
        "{}",
        refused.stderr
    );
}

#[test]
fn the_schema_is_that_of_the_ladder() {
    let schema = Eco::new(&["exercise", "schema"]).run(b"").stdout;
    let kept = std::fs::read(ladder().join("exercise.schema.json")).expect("it can be read");
    harness::assert_same(&kept, &schema);
    let schema: Value = serde_json::from_slice(&schema).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    for slug in LADDER {
        let text = std::fs::read_to_string(ladder().join(slug).join("exercise.toml"))
            .expect("it can be read");
        let value: Value = toml::from_str(&text).expect("it is TOML");
        let errors: Vec<String> = schema
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{slug}");
    }
    for (toml, ..) in MISTAKES
        .iter()
        .filter(|(.., words)| words.contains("exactly one") || words.contains("unknown field"))
    {
        let case = format!("{HEAD}[[cases]]\nname = \"it\"\n");
        let text = toml.replace("HEAD ", HEAD).replace("CASE ", &case);
        let value: Value = toml::from_str(&text).expect("it is TOML");
        assert!(!schema.is_valid(&value), "{text}");
    }
}

/// A judge that asks twice, and wants what it sent in capitals.
const JUDGE: &str = r#"
const questions = ["one\n", "two\n"];
let asked = null;
function start(message) { asked = message ?? questions.shift(); return { send: asked, through: "\n" }; }
function replied(reply) {
  const wanted = (typeof asked === "string" ? asked : String.fromCharCode(...asked)).toUpperCase();
  const came = String.fromCharCode(...reply);
  if (came !== wanted) return { wrong: "no capitals", offset: 2 };
  asked = questions.shift();
  return asked && { send: asked, through: "\n" };
}
"#;

fn judged(name: &str, judge: &str) -> String {
    let folder = exercise(
        name,
        &format!("{HEAD}[[cases]]\nname = \"it\"\njudge = \"judge.js\"\nmessage = \"zero\\n\"\n"),
    );
    std::fs::write(folder.join("judge.js"), judge).expect("it can be written");
    folder.display().to_string()
}

#[test]
fn a_client_plugin_can_be_the_judge() {
    let exercise = judged("judged", JUDGE);
    let upper = format!(
        "{}/../plugins/javascript/upper/upper.js",
        env!("CARGO_MANIFEST_DIR")
    );
    for flags in [&[][..], &["--tcp"]] {
        let checked = Eco::new(&["check", &exercise, &upper]).args(flags).run(b"");
        assert_eq!(checked.code, 0, "{}{}", checked.text(), checked.stderr);
    }
    let checked = Eco::new(&["check", &exercise, "echo"]).run(b"");
    assert_eq!(checked.code, 1, "{}", checked.stderr);
    for words in [
        "wrong-bytes",
        "The judge says: \"no capitals\", at byte 2",
        "--> \"zero\\n\"",
    ] {
        assert!(checked.text().contains(words), "{}", checked.text());
    }
}

#[test]
fn a_judge_that_fails_or_never_ends_is_an_internal_error() {
    for (judge, words) in [
        (
            "function start() { throw new Error('oh'); } function replied() {}",
            "the judge: the plugin says",
        ),
        (
            "function start() { return {}; } function replied() { return {}; }",
            "10000 turns",
        ),
    ] {
        let checked = Eco::new(&["check", &judged("no-judge", judge), "echo"]).run(b"");
        assert_eq!(checked.code, 70, "{}", checked.stderr);
        assert!(checked.text().contains(words), "{}", checked.text());
    }
    let refused = Eco::new(&["check", &judged("no-judge", "function start( {"), "echo"]).run(b"");
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(refused.stderr.contains("the judge"), "{}", refused.stderr);
}

#[test]
fn a_plugin_that_floods_a_judge_is_stopped() {
    let text = "function receive(chunk) return string.rep('x', 1 << 20) end";
    let plugin = plugin_file("floods-the-judge.lua", text);
    let judge = "function start() { return { send: 'a'.repeat(1000), through: '\\n' }; } function replied() {}";
    let exercise = judged("flooded", judge);
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    // As written it is one chunk, and the reply has no end.
    assert!(
        checked.text().contains("missing-bytes"),
        "{}",
        checked.text()
    );
    let text = "local first = true function receive(chunk) if first and #chunk > 1 then return '\\n' end first = false return string.rep('x', 1 << 20) end";
    let plugin = plugin_file("floods-in-pieces.lua", text);
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert!(checked.text().contains("extra-bytes"), "{}", checked.text());
    // One byte at a time it would have been a gigabyte.
    let given = checked.text().matches("--> \"a\"").count();
    assert_eq!(given, 2, "{}", checked.text());
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
