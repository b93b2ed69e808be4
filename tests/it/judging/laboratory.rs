//! A plugin's laboratory is the same in every run, and its verdict is no chance.

use crate::harness::Eco;
use crate::judging::splits::one_case;
use crate::judging::verdicts::grade;
use crate::support::{empty_folder, plugin_file, project_file};
use eco_host::contract::Session as _;
use eco_host::plugin::{Budgets, Compiler, Engine, ServerPlugin, Source};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

pub(super) const ECHO: &str = "function receive(chunk) return chunk end";

/// Put behind a solution, it fails with all that it has seen when the last connection ends.
const WATCHES: &str = include_str!("../../plugins/watches.js");

#[test]
fn twenty_copies_of_a_plugin_that_publishes_times_and_draws_have_one_report() {
    let exercises_folder = project_file("plugins/exercises");
    let (mut exercises, mut leavings) = (0, 0);
    for entry in std::fs::read_dir(&exercises_folder)
        .expect("the exercises")
        .flatten()
    {
        let solution = entry.path().join("solution/solution.js");
        let Ok(solution) = std::fs::read_to_string(solution) else {
            continue;
        };
        let slug = entry.file_name().into_string().expect("a name");
        let class = empty_folder(&format!("twenty-of-{slug}"));
        for number in 10..30 {
            // In a folder each: a script sees its file's name, and here that is the same.
            let folder = class.join(format!("copy{number}"));
            std::fs::create_dir(&folder).expect("a folder");
            let text = format!("{solution}{WATCHES}");
            std::fs::write(folder.join("plugin.js"), text).expect("it can be written");
        }
        let class = class.display().to_string();
        let graded = Eco::new(&["grade", &slug, &class, "--report", "json=-"])
            .patience(Duration::from_secs(300))
            .run(b"");
        let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
        let submissions = report["submissions"].as_array().expect("a list");
        let alike = |submission: &Value| {
            let name = submission["name"].as_str().expect("a name");
            submission.to_string().replace(name, "copy")
        };
        let first = alike(&submissions[0]);
        assert_eq!(submissions.len(), 20);
        for submission in submissions {
            assert_eq!(alike(submission), first, "{slug}");
        }
        let cases = submissions[0]["cases"].as_array().expect("a list");
        let crashed = cases.iter().filter(|case| case["verdict"] == "crashed");
        assert!(2 * crashed.count() > cases.len(), "{slug}: {first}");
        // Of several topics of one connection, one after the other.
        leavings += first.matches(" 8 left, ").count();
        exercises += 1;
    }
    // Or this test shows nothing.
    assert!(exercises >= 11 && leavings >= 3, "{exercises}, {leavings}");
}

#[test]
fn slips_are_told_in_a_check_and_not_in_a_grade() {
    let text = "function receive(chunk) { return chunk } function Closed() {} function left() {}";
    let plugin = plugin_file("has-slips.js", text);
    let exercise = one_case("slips", "{ send = \"a\" }, { expect = \"a\" }");
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    for words in ["is closed meant?", "the script never calls subscribe"] {
        assert!(checked.stderr.contains(words), "{}", checked.stderr);
    }
    let (graded, _) = grade(&exercise, &[&plugin]);
    assert!(!graded.stderr.contains("WARN"), "{}", graded.stderr);
}

#[test]
fn a_plugin_sees_the_same_addresses_in_every_run() {
    let text = "function open(connection) { return `${connection.peer} ${connection.local} ${connection.id}` }
function receive(chunk) { return chunk }";
    let plugin = plugin_file("greets-with-addresses.js", text);
    let exercise = one_case(
        "addresses",
        "{ expect = \"127.0.0.1:50000 127.0.0.1:5005 1\" }",
    );
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}{}", checked.text(), checked.stderr);
}

/// A helper that writes down each of its starts.
#[cfg(unix)]
#[tokio::test]
async fn an_interpreter_is_compiled_once_where_nothing_can_be_kept() {
    use eco_host::plugin::Program;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = empty_folder("counts-helpers");
    let (program, starts) = (folder.join("helper"), folder.join("starts"));
    let binary = crate::harness::binary();
    let text = format!(
        "#!/bin/sh\necho >> '{}'\nexec '{}' \"$@\"\n",
        starts.display(),
        binary.display()
    );
    std::fs::write(&program, text).expect("it can be written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("it is ours");
    let helper = Compiler::Helper(Program::new(program));
    let engine = Engine::builder(helper, Budgets::server(1 << 30))
        .laboratory()
        .build()
        .expect("an engine");
    for number in 0..10 {
        let path = plugin_file(&format!("script-{number}.lua"), ECHO);
        let plugin = ServerPlugin::load(&engine, Source::File(Path::new(&path).into())).await;
        let mut session = plugin.expect("it loads").session();
        assert_eq!(&*session.receive(b"!").await.expect("an echo").data, b"!");
    }
    let starts = std::fs::read_to_string(starts).expect("one has started");
    assert_eq!(starts.lines().count(), 1);
}
