//! Patterns, cases and texts of an exercise have bounds, and so has a failure's report.

use crate::exercises::hostile::{MOST_MEMORY, accepted, cases, refused, within};
use crate::exercises::{HEAD, exercise};
use crate::harness::Eco;
use crate::support::plugin_file;

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
    // These came to gigabytes: thousands of patterns, and one without an end of its own.
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
fn the_failures_of_a_plugin_that_fails_everywhere_have_a_bound() {
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
