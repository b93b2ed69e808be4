//! `exercise.toml` and `hidden.toml`: `exercise::read`, and all that it reads by.

use crate::seeds::{self, Recipe, Seeds};
use eco_exercise::{Action, Cases, Exercise, Files, Pattern, Script};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// The figures of `host/exercise/src/read/` and of `case.rs`.
const MOST_BYTES: usize = 4 * 1024 * 1024;
const MOST_BYTES_IN_ALL: usize = 64 * 1024 * 1024;
const MOST_CONNECTIONS: usize = 64;
const MOST_FUEL: u64 = 10_000_000_000;
const MOST_MEMORY: usize = 4 << 30;
const MOST_REPLY: usize = 4 << 20;
const MOST_LOG: usize = 1 << 20;
const MOST_CASES: usize = 1000;

const WORDS: &[&[u8]] = &[
    b"[[cases]]",
    b"[limits]",
    b"format = 2",
    b"slug = \"a--b\"",
    b"points = 0",
    b"name = \"same\"",
    b"name = \"\\u001b[2J\"",
    b"weight = 0",
    b"weight = 4294967295",
    b"{ send = \"x\" },",
    b"{ send = \"x\", repeat = 18446744073709551615 },",
    b"{ expect = \"x\", repeat = 4194304 },",
    b"{ send-hex = \"0\" },",
    b"{ send-hex = \"\\u0665\\u0665 ff\" },",
    b"{ expect-file = \"data.bin\", repeat = 3 },",
    b"{ send-file = \"../data.bin\" },",
    b"{ send-file = \"/dev/zero\" },",
    b"{ expect-regex = \"(a{1000}){1000}\" },",
    b"{ expect-regex = \")|(\" },",
    b"{ expect-regex = \"\" },",
    b"{ expect-close = true },",
    b"{ half-close = true },",
    b"{ half-close = false },",
    b"{ open = true, connection = 64 },",
    b"{ open = true, connection = 65 },",
    b"{ pause = \"584554531years\" },",
    b"{ pause = \"1e9s\" },",
    b"judge = \"judge.lua\"",
    b"judge = \".\"",
    b"message = \"m\"",
    b"fuel = 10000000001",
    b"memory = \"99999999999TiB\"",
    b"reply = \"0\"",
    b"reply = \"1e30GB\"",
    b"log = \"-1KiB\"",
    b"[[[[[[[[[[",
    b"{{{{{{{{{{",
    b"\"\"\"",
    b" 1979-05-27T07:32:00Z",
    b" 0xffffffffffffffff",
    b" inf",
    b"\xff",
    // Values, for what follows an equals sign.
    b" 0",
    b" 1",
    b" -1",
    b" 10000000000",
    b" 10000000001",
    b" 18446744073709551615",
    b" true",
    b" []",
    b" \"4GiB\"",
    b" \"1\"",
];

fn seeds(name: &str) -> Seeds {
    let real = ["plugins/exercises", "tests/exercises"].map(|folder| seeds::files(folder, name));
    let mut files = real.concat();
    // Half of them, since small ones are read in no time, and a change in one hits something.
    let small = seeds::files("tests/fuzz/corpus/exercises", name);
    files.extend(small.iter().cycle().take(files.len()).cloned());
    Seeds::of(seeds::contents(files), WORDS)
}

#[test]
fn an_exercise_is_within_its_bounds_or_wrong_at_a_place_that_is_there() {
    let (main, hidden) = (seeds("exercise.toml"), seeds("hidden.toml"));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("data.bin"), [0xff; 100]).unwrap();
    fs::write(folder.join("judge.lua"), "function replied(reply) end").unwrap();
    let read = |main: &[u8], hidden: Option<&[u8]>| {
        fs::write(folder.join("exercise.toml"), main).unwrap();
        match hidden {
            Some(hidden) => fs::write(folder.join("hidden.toml"), hidden).unwrap(),
            None => drop(fs::remove_file(folder.join("hidden.toml"))),
        }
        check(folder);
    };
    for main in main.as_they_are() {
        read(main, None);
        hidden
            .as_they_are()
            .iter()
            .for_each(|hidden| read(main, Some(hidden)));
    }
    bolero::check!()
        .with_type::<(Recipe, Option<Recipe>)>()
        .for_each(|(changed, more)| {
            let more = more.as_ref().map(|recipe| hidden.make(recipe));
            read(&main.make(changed), more.as_deref());
        });
}

fn check(folder: &Path) {
    let exercise = match Exercise::read(&Files::Folder(folder.to_owned()), Cases::All) {
        Ok(exercise) => exercise,
        Err(mistake) => {
            assert!(!mistake.what.is_empty());
            if let Some(line) = mistake.line {
                let text = fs::read_to_string(&mistake.file).unwrap();
                assert!((1..=text.split('\n').count()).contains(&line), "{mistake}");
            }
            return;
        }
    };
    assert!(
        regex::Regex::new("^[a-z0-9]+(-[a-z0-9]+)*$")
            .unwrap()
            .is_match(&exercise.slug)
    );
    assert!(exercise.points >= 1);
    assert!((1..=MOST_FUEL).contains(&exercise.limits.fuel));
    assert!((1..=MOST_MEMORY).contains(&exercise.limits.memory));
    assert!((1..=MOST_REPLY).contains(&exercise.limits.reply));
    assert!((1..=MOST_LOG).contains(&exercise.limits.log));
    assert!(exercise.cases.len() <= MOST_CASES && exercise.warnings.len() <= 100);
    exercise.limits.budgets(usize::MAX);
    assert!((1..=MOST_CONNECTIONS).contains(&exercise.connections()));
    assert!(exercise.weights() >= exercise.cases.len() as u64);
    let names: HashSet<_> = exercise.cases.iter().map(|case| &case.name).collect();
    assert!(!names.is_empty() && names.len() == exercise.cases.len());
    let mut in_all = 0;
    for case in &exercise.cases {
        assert!(!case.name.trim().is_empty() && !case.name.contains(char::is_control));
        assert!(case.name.chars().count() <= 200);
        let Script::Steps(steps) = &case.script else {
            continue;
        };
        let mut bytes = 0;
        let mut expects = false;
        for step in steps {
            match &step.action {
                Action::Send(sent) => {
                    assert!(!sent.is_empty());
                    bytes += sent.len();
                }
                Action::Expect(Pattern::Bytes(expected)) => {
                    assert!(!expected.is_empty());
                    bytes += expected.len();
                }
                Action::Expect(Pattern::Regex(pattern)) => {
                    // It looks at what comes next, and nowhere else.
                    let came = b"\n\0what comes next";
                    let end = pattern.end_in(came).expect("it is short");
                    assert!(end.is_none_or(|end| end <= came.len()), "{pattern:?}");
                }
                _ => {}
            }
            expects |= matches!(step.action, Action::Expect(_) | Action::ExpectClose);
        }
        assert!(expects && bytes <= MOST_BYTES, "{expects}, {bytes} bytes");
        in_all += bytes;
    }
    assert!(in_all <= MOST_BYTES_IN_ALL, "{in_all} bytes");
}
