//! The exercises that eco brings: their cases, solutions and starters.

use crate::exercises::HEAD;
use crate::exercises::files::MISTAKES;
use crate::harness::Eco;
use crate::scripts::languages;
use crate::support::{empty_folder, plugin_file, project_file};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder_of_exercises() -> PathBuf {
    project_file("plugins/exercises").into()
}

/// The exercises that eco brings, from easy to hard.
pub(crate) const SLUGS: [&str; 11] = [
    "echo",
    "upper-case",
    "line-reversal",
    "frames",
    "prime-time",
    "averages",
    "secret-line",
    "tiny-cache",
    "counter",
    "heartbeat",
    "chat",
];

#[test]
fn every_shipped_exercise_is_all_right_and_its_solution_gets_full_marks() {
    for slug in SLUGS {
        let folder = folder_of_exercises().join(slug);
        let linted = Eco::new(&["check", "--lint"])
            .args(&[&folder.display().to_string()])
            .run(b"");
        assert_eq!(linted.code, 0, "{}", linted.stderr);
        for (end, _) in languages() {
            let tried = format!("solution/solution.{end} used ");
            assert!(linted.text().contains(&tried), "{}", linted.text());
        }
        for warning in linted.stderr.lines() {
            assert!(warning.contains("Python is not set up"), "{warning}");
        }
        let solution = folder.join("solution/solution.js").display().to_string();
        let graded = Eco::new(&["grade", slug, &solution, "--report", "json=-"]).run(b"");
        let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
        let submission = &report["submissions"][0];
        assert_eq!(
            submission["points"].as_f64(),
            report["exercise"]["points"].as_f64(),
            "{slug}"
        );
    }
}

/// The fuel that each case takes, by the end of the solution's name.
fn fuels(slug: &str) -> BTreeMap<String, Vec<f64>> {
    let solutions = languages().map(|(end, _)| {
        let solution = folder_of_exercises().join(slug).join("solution/solution.");
        format!("{}{end}", solution.display())
    });
    let solutions: Vec<String> = solutions.collect();
    let solutions: Vec<&str> = solutions.iter().map(String::as_str).collect();
    let graded = Eco::new(&["grade", slug, "--class=no", "--report", "json=-"]);
    let graded = graded.args(&solutions).run(b"");
    let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
    let limit = report["exercise"]["limits"]["fuel"].as_f64();
    let limit = limit.expect("there is a limit");
    let submissions = report["submissions"].as_array().into_iter().flatten();
    let submissions = submissions.map(|submission| {
        let name = submission["name"].as_str().expect("a name");
        let end = name.rsplit('.').next().expect("an end").to_owned();
        let cases = submission["cases"].as_array().into_iter().flatten();
        let fuels: Vec<f64> = cases.filter_map(|case| case["fuel"].as_f64()).collect();
        for fuel in &fuels {
            assert!(*fuel < limit / 2.0, "{slug}: {name} takes {fuel}");
        }
        (end, fuels)
    });
    submissions.collect()
}

/// A student's language is no advantage: with the same idea written in another, about as much of the budget is used.
#[test]
fn the_same_idea_takes_a_like_part_of_the_fuel_in_each_language() {
    let mut shares: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for slug in SLUGS {
        let fuels = fuels(slug);
        for (end, cases) in &fuels {
            let beside = cases.iter().zip(&fuels["lua"]);
            let beside = beside.map(|(fuel, lua)| fuel / lua);
            shares.entry(end.clone()).or_default().extend(beside);
        }
    }
    assert_eq!(shares.len(), languages().count(), "{shares:?}");
    for (end, shares) in shares {
        let logarithms: f64 = shares.iter().map(|share| share.ln()).sum();
        let mean = (logarithms / shares.len() as f64).exp();
        assert!((0.67..=1.5).contains(&mean), "{end}: {mean} of Lua's");
    }
}

#[test]
fn no_starter_solves_its_exercise_and_every_one_runs() {
    for slug in SLUGS {
        for starter in ["javascript/plugin.js", "lua/plugin.lua"] {
            let starter = folder_of_exercises()
                .join(slug)
                .join("starter")
                .join(starter);
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

/// Mistakes among connections and with time, and the cases that find them.
#[test]
fn mistakes_among_connections_are_found_out() {
    let changed = |slug: &str, old: &str, new: &str| {
        let solution = folder_of_exercises()
            .join(slug)
            .join("solution/solution.js");
        let text = std::fs::read_to_string(solution).expect("it can be read");
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    };
    for (slug, what, old, new, failed) in [
        (
            "chat",
            "tells the sender too",
            "publish(\"room\", line);",
            "publish(\"room\", line); send(`<${name}> ${line}\\n`);",
            &[
                "a name, and nobody there",
                "two who talk",
                "who has no name isn't there",
                "three who come and go",
            ][..],
        ),
        (
            "chat",
            "forgets who left",
            "function left(",
            "function gone(",
            &["who is gone", "three who come and go"],
        ),
        (
            "chat",
            "greets before joining",
            "  return \"name?\\n\";",
            "  subscribe(\"room\", \"\"); return \"name?\\n\";",
            &[
                "two who talk",
                "who is gone",
                "in the order of the alphabet",
                "who has no name isn't there",
                "a bad name",
                "three who come and go",
            ],
        ),
        (
            "counter",
            "loses an update",
            "seen !== undefined && store.compareAndSet(KEY, `${seen}`, `${number}`)",
            "seen !== undefined && (store.set(KEY, `${number}`), true)",
            &[
                "no change is lost",
                "back to what it was is a value like any other",
            ],
        ),
        (
            "heartbeat",
            "drifts",
            "if (line === \"tock\") waits = false;",
            "if (line === \"tock\") { if (waits) { clearInterval(timer); timer = setInterval(tick, period); } waits = false; }",
            &["on time, whatever happens in between", "a long life"],
        ),
        (
            "heartbeat",
            "floods",
            "  clearInterval(timer);\n",
            "",
            &["another pulse takes its place"],
        ),
    ] {
        let mut text = changed(slug, old, new);
        if what == "drifts" {
            text = text.replace(
                "function pulse(period) {",
                "let period;\nfunction pulse(every) {\n  period = every;",
            );
        }
        let wrong = plugin_file(&format!("wrong-{slug}.js"), text);
        let graded = Eco::new(&["grade", slug, &wrong, "--report", "json=-"]).run(b"");
        let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
        let cases = report["submissions"][0]["cases"].as_array();
        let found = cases.into_iter().flatten();
        let found = found.filter(|case| case["status"] != "passed");
        let found: Vec<&str> = found.filter_map(|case| case["name"].as_str()).collect();
        assert_eq!(found, failed, "{what}: {report:#}");
    }
}

#[test]
fn the_list_names_the_shipped_exercises_and_start_copies_their_files() {
    let listed = Eco::new(&["exercise", "list"]).run(b"").text();
    let slugs: Vec<&str> = listed
        .lines()
        .filter(|line| line.ends_with(" points)"))
        .map(|line| line.split(' ').next().expect("a word"))
        .collect();
    assert_eq!(slugs, SLUGS);
    for slug in SLUGS {
        let folder = empty_folder("started").join(slug);
        let started = Eco::new(&["exercise", "start", slug])
            .args(&[&folder.display().to_string()])
            .env("LC_ALL", "C")
            .run(b"");
        assert_eq!(started.code, 0, "{}", started.stderr);
        let ours = |path: &String| !path.starts_with("solution/") && path != "hidden.toml";
        let mut expected = files(&folder_of_exercises().join(slug));
        expected.retain(ours);
        // git leaves its bytes alone, as here.
        expected.insert(0, ".gitattributes".to_owned());
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
            let original = match path.as_str() {
                ".gitattributes" => folder_of_exercises(),
                _ => folder_of_exercises().join(slug),
            };
            crate::harness::assert_same(&read(&folder), &read(&original));
        }
    }
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in folder.read_dir().expect("a folder").flatten() {
        let name = entry.file_name().into_string().expect("of ASCII");
        if entry.path().is_dir() {
            found.extend(
                files(&entry.path())
                    .into_iter()
                    .map(|path| format!("{name}/{path}")),
            )
        } else {
            found.push(name)
        }
    }
    found.sort();
    found
}

#[test]
fn the_schema_on_disk_is_the_printed_one_and_fits_every_shipped_exercise() {
    let schema = Eco::new(&["exercise", "schema"]).run(b"").stdout;
    let kept =
        std::fs::read(folder_of_exercises().join("exercise.schema.json")).expect("it can be read");
    crate::harness::assert_same(&kept, &schema);
    let schema: Value = serde_json::from_slice(&schema).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    for slug in SLUGS {
        let text = std::fs::read_to_string(folder_of_exercises().join(slug).join("exercise.toml"))
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
