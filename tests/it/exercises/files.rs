//! The files of an exercise, and what is wrong with them.

use crate::exercises::{HEAD, exercise};
use crate::harness::Eco;
use crate::support::{empty_folder, plugin_file};

/// A mistake, the line that the error names, and words of the error.
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
fn an_exercise_that_would_take_gigabytes_to_hold_is_refused() {
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
    // Cases of the hidden file count with them.
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

/// The first block of the page on exercises in this language.
fn example(language: &str) -> String {
    let page = include_str!("../../../plugins/exercises/README.md");
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
