//! Exercises that attack who checks or grades with them: what somebody else wrote, and a teacher or a student runs.

use crate::exercises::{HEAD, exercise};
use crate::harness::{Eco, Exited};
use crate::support::plugin_file;
use std::path::{Path, PathBuf};

/// What eco may take to read an exercise, in KiB, as `plugins/exercises/README.md` has it.
const MOST_MEMORY: usize = 256 * 1024;

/// `eco` with so much memory for data, in KiB, where the system can hold it to that.
fn within(kib: usize, arguments: &[&str]) -> Exited {
    #[cfg(unix)]
    return Eco::with_data(kib, arguments).run(b"");
    #[cfg(not(unix))]
    Eco::new(arguments).run(b"")
}

/// What `eco check --lint` says of it, with no more memory than reading an exercise may take.
fn lint(folder: &Path) -> Exited {
    let folder = folder.display().to_string();
    within(MOST_MEMORY, &["check", "--lint", &folder])
}

#[track_caller]
fn refused(folder: &Path, words: &[&str]) {
    let linted = lint(folder);
    assert_eq!(linted.code, 1, "{}", linted.stderr);
    assert!(linted.stderr.len() < 20_000, "{}", linted.stderr.len());
    for words in words {
        assert!(linted.stderr.contains(words), "{words}: {}", linted.stderr);
    }
}

/// It can be used: the README and the starter are all that is missing.
#[track_caller]
fn accepted(folder: &Path) {
    let linted = lint(folder);
    let missing = ["README.md: students need", "starter: students need"];
    assert_eq!(
        linted.stderr.lines().count(),
        missing.len(),
        "{}",
        linted.stderr
    );
    for words in missing {
        assert!(linted.stderr.contains(words), "{}", linted.stderr);
    }
}

/// An exercise of so many cases, each with these lines.
fn cases(name: &str, number: usize, lines: impl Fn(usize) -> String) -> PathBuf {
    let case = |number| format!("[[cases]]\nname = \"{number}\"\n{}\n", lines(number));
    let cases: String = (0..number).map(case).collect();
    exercise(name, &format!("{HEAD}{cases}"))
}

/// A case that expects what matches these patterns.
fn matching(patterns: &[String]) -> String {
    let step = |pattern: &String| format!("{{ expect-regex = '{pattern}' }}, ");
    format!(
        "steps = [{}]",
        patterns.iter().map(step).collect::<String>()
    )
}

#[test]
fn patterns_have_bounds_each_and_together() {
    let one =
        |name: &str, pattern: String| cases(name, 1, |_| matching(std::slice::from_ref(&pattern)));
    accepted(&one("pattern-long", "a".repeat(1024)));
    refused(
        &one("pattern-longer", "a".repeat(1025)),
        &["exercise.toml:7: ", "at most 1024 characters"],
    );
    accepted(&one("pattern-large", r"\w{50}".to_owned()));
    for pattern in [r"\w{1000}", r"(?:x{1000}){1000}", r"(?:(?:\pL?){9}){9}{9}"] {
        let folder = one("pattern-larger", pattern.to_owned());
        refused(
            &folder,
            &["exercise.toml:7: ", "compiled, it is larger than 1.0 MiB"],
        );
    }
    // What came to gigabytes: thousands of them, and one that has no end of its own.
    accepted(&one(
        "pattern-endless",
        "(?:(?:a{0}){1000}){1000000000}".to_owned(),
    ));
    accepted(&cases("patterns-alike", 1000, |_| {
        matching(&[r"\w{20}".to_owned()])
    }));
    let many = cases("patterns-many", 1000, |number| {
        matching(&[format!(r"\w{{20}}{number}"), format!(r"{number}\w{{20}}")])
    });
    refused(&many, &["64.0 MiB in all"]);
    let long = cases("patterns-long", 70, |number| {
        matching(&[format!("{number:0>1000}")])
    });
    refused(&long, &["exercise.toml:202: ", "64.0 KiB in all"]);
    // Each class takes some milliseconds to fold.
    let folds = |number: usize| matching(&[format!("(?i){}{number}", r"[^\W\w]".repeat(60))]);
    accepted(&cases("patterns-that-fold", 1, folds));
    refused(
        &cases("patterns-that-fold-more", 60, folds),
        &["exercise.toml:10: ", "256 classes"],
    );
}

#[test]
fn cases_steps_and_judges_have_bounds() {
    let expects = |_| "steps = [{ expect = \"a\" }]".to_owned();
    accepted(&cases("cases-many", 1000, expects));
    refused(
        &cases("cases-more", 1001, expects),
        &["exercise.toml:3005: ", "at most 1000 cases"],
    );
    let steps = |number: usize| {
        let step = "{ expect = \"a\" },";
        format!("steps = [{}]", step.repeat(number))
    };
    accepted(&cases("steps-many", 1, |_| steps(20_000)));
    refused(
        &cases("steps-more", 1, |_| steps(20_001)),
        &["exercise.toml:7: ", "20000 steps in all"],
    );
    // Each is loaded once: from 3,000 copies it would take gigabytes.
    let judge = "function start() return {} end function replied() end";
    let judged = |name: &str, number: usize, judges: usize| {
        let folder = cases(name, number, |number| {
            format!("judge = \"judge-{}.lua\"", number % judges)
        });
        for number in 0..judges {
            std::fs::write(folder.join(format!("judge-{number}.lua")), judge)
                .expect("it can be written");
        }
        folder
    };
    refused(
        &judged("judges-more", 17, 17),
        &["exercise.toml:53: ", "at most 16 judges"],
    );
    let many = judged("judges-many", 1000, 2).display().to_string();
    let checked = within(MOST_MEMORY, &["check", &many, "echo"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
}

#[test]
fn texts_have_bounds_and_names_are_one_line() {
    let with = |name: &str, from: &str, to: String| {
        let steps = "hint = \"h\"\nsteps = [{ expect = \"a\" }]\n";
        let text = format!("{HEAD}summary = \"s\"\n[[cases]]\nname = \"it\"\n{steps}");
        exercise(name, &text.replace(from, &to))
    };
    let long = |length: usize| "ñ".repeat(length);
    for (key, value, most, line) in [
        ("title", "Try", 200, 3),
        ("summary", "s", 200, 5),
        ("name", "it", 200, 6),
        ("hint", "h", 2000, 6),
    ] {
        let from = format!("{key} = \"{value}\"");
        let to = |length: usize| format!("{key} = \"{}\"", long(length));
        accepted(&with(&format!("{key}-long"), &from, to(most)));
        let place = format!("exercise.toml:{line}: ");
        let words = format!("has at most {most} characters");
        let longer = with(&format!("{key}-longer"), &from, to(most + 1));
        refused(&longer, &[&place, &words]);
        // The names of cases were as wide as a column of a table, which has an end.
        let endless = with(&format!("{key}-endless"), &from, to(70_000));
        refused(&endless, &[&place, &words]);
        let broken = format!("{key} = \"a\\nb\"");
        let broken = with(&format!("{key}-broken"), &from, broken);
        match key {
            "hint" => accepted(&broken),
            _ => refused(&broken, &[&place, "is one line"]),
        }
    }
    let slug = |length: usize| {
        let to = format!("slug = \"{}\"", "a".repeat(length));
        with("slug-long", "slug = \"try\"", to)
    };
    accepted(&slug(64));
    refused(&slug(65), &["exercise.toml:2: ", "at most 64 characters"]);
    let steps = "steps = [{ expect = \"a\" }]";
    let message = "m".repeat(64 * 1024 + 1);
    let judged = format!("judge = \"judge.lua\"\nmessage = \"{message}\"");
    refused(
        &with("message-longer", steps, judged),
        &["exercise.toml:6: ", "at most 65536 characters"],
    );
    // A mistake names what is wrong, and not all of it.
    let unknown = with("unknown-key", "hint", "k".repeat(300_000));
    refused(
        &unknown,
        &["exercise.toml:8: unknown field", "bytes in all"],
    );
    let judged = format!("judge = \"{}\"", "j".repeat(300_000));
    refused(&with("no-judge", steps, judged), &["there is no file"]);
}

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
fn whatever_the_file_holds_it_is_read_within_bounds() {
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
fn what_is_no_file_is_refused_and_nobody_waits_for_it() {
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

/// More states than are kept, and more bytes than can be tried one way after the other.
#[test]
fn a_pattern_that_takes_too_long_is_nobodys_fault() {
    let noise = r#"
local state = 1
function receive(chunk)
  local reply = {}
  for number = 1, 250000 do
    state = (state * 1103515245 + 12345) % 2147483648
    reply[number] = 97 + (state >> 16) % 3
  end
  for number = 1, #reply, 100 do
    reply[number] = string.char(table.unpack(reply, number, math.min(number + 99, #reply)))
  end
  local parts = {}
  for number = 1, #reply, 100 do parts[#parts + 1] = reply[number] end
  return table.concat(parts)
end
"#;
    let steps = "steps = [{ send = \"a\" }, { expect-regex = '[a-c]*a[a-c]{300}z' }]";
    let toml = format!("{HEAD}limits.fuel = 1_000_000_000\n[[cases]]\nname = \"it\"\n{steps}\n");
    let folder = exercise("takes-too-long", &toml);
    let folder = folder.display().to_string();
    let plugin = plugin_file("noise.lua", noise);
    let checked = within(MOST_MEMORY, &["check", &folder, &plugin]);
    assert_eq!(checked.code, 70, "{}{}", checked.text(), checked.stderr);
    let words = "the pattern takes too long";
    assert!(checked.text().contains(words), "{}", checked.text());
    // With a reply of some bytes it is a pattern as any.
    let text = "function receive() return ('a'):rep(302) .. 'z' end";
    let checked = Eco::new(&["check", &folder, &plugin_file("says-a.lua", text)]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}

/// A class of hundreds is held until its reports are written.
#[test]
fn what_is_kept_of_a_plugin_that_fails_everywhere_has_a_bound() {
    let step = "{ send-hex = \"80\", repeat = 256 }, ";
    let steps = format!("steps = [{}{{ expect = \"b\" }}]", step.repeat(12));
    let folder = cases("fails-everywhere", 100, |_| steps.clone());
    let folder = folder.display().to_string();
    let plugin = plugin_file(
        "echoes-escapes.lua",
        "function receive(chunk) log(chunk) return chunk end",
    );
    let graded = Eco::new(&["grade", &folder, &plugin, "--report", "json=-"]).run(b"");
    assert_eq!(graded.code, 0, "{}", graded.stderr);
    let report: serde_json::Value = serde_json::from_slice(&graded.stdout).expect("JSON");
    let cases = report["submissions"][0]["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 100);
    let has = |case: &serde_json::Value| case.to_string().contains("x80");
    // The first are kept whole, and of the last there is the verdict.
    assert!(has(&cases[0]), "{}", cases[0]);
    assert!(!has(&cases[99]), "{}", cases[99]);
    let bytes = graded.stdout.len();
    assert!(bytes < 1 << 20, "{bytes}");
}

#[cfg(unix)]
#[test]
fn whatever_lies_beside_an_exercise_is_looked_at_within_bounds() {
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
