//! Reports against the schemas of their formats, which are in `tests/schemas/`.

use super::*;
use serde_json::Value;
use std::process::Command;

#[track_caller]
fn assert_valid(schema: &str, report: &str) {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("it is JSON");
    let validator = jsonschema::validator_for(&parsed(schema)).expect("the schema is one");
    let report = parsed(report);
    let errors: Vec<_> = validator
        .iter_errors(&report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn reports_of_one_keep_to_their_schemas() {
    let exercise = sample::exercise();
    for graded in &sample::class(&exercise).submissions {
        assert_valid(
            include_str!("../../../../../tests/schemas/gradescope.schema.json"),
            &of_one(OfOne::Gradescope, &exercise, graded),
        );
        assert_valid(
            include_str!("../../../../../tests/schemas/exercism.schema.json"),
            &of_one(OfOne::Exercism, &exercise, graded),
        );
    }
}

#[test]
fn the_grades_keep_to_their_schema_and_names_are_exact() {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    let report = of_class(OfClass::Json, &class);
    assert_valid(
        include_str!("../../../../../tests/schemas/grades.schema.json"),
        &report,
    );
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    for (index, graded) in class.submissions.iter().enumerate() {
        assert_eq!(report["submissions"][index]["name"], graded.name.as_str());
    }
}

#[test]
fn junit_keeps_to_its_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/schemas/junit.xsd");
    let exercise = sample::exercise();
    let folder = tempfile::tempdir().expect("a folder is made");
    let report = folder.path().join("junit.xml");
    let text = of_class(OfClass::Junit, &sample::class(&exercise));
    std::fs::write(&report, text).expect("the report is written");
    let mut xmllint = Command::new("xmllint");
    xmllint
        .args(["--noout", "--nonet", "--schema"])
        .arg(schema)
        .arg(report);
    match xmllint.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{said}");
        }
        Err(error) => {
            let all_tools = std::env::var_os("ECO_ALL_TOOLS").is_some_and(|value| value == "1");
            assert!(!all_tools, "xmllint: {error}");
            eprintln!("SKIPPED: xmllint is missing");
        }
    }
}
