//! TAP, as a strict reader of version 14 takes it apart.

use super::*;
use crate::judgement::Judgement;
use serde_json::Value;

/// The tests of a document whose lines are indented like this: whether each is ok, and what follows.
/// Fails where the protocol is broken.
pub(super) fn tests(document: &[&str], indent: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    let mut plans = Vec::new();
    let mut lines = document
        .iter()
        .filter_map(|line| line.strip_prefix(indent))
        .peekable();
    while let Some(line) = lines.next() {
        if line.starts_with(' ') || line.starts_with('#') || line == "TAP version 14" {
            assert!(!line.starts_with("  ---"), "a block after no test");
            continue;
        }
        if let Some(plan) = line.strip_prefix("1..") {
            assert!(found.is_empty(), "a plan comes first");
            plans.push(plan.parse::<usize>().expect("a plan is a number"));
            continue;
        }
        let (ok, rest) = match line.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok ").expect("a test")),
        };
        let (number, description) = rest.split_once(" - ").expect("a number and a description");
        assert_eq!(number.parse(), Ok(found.len() + 1), "{line}");
        found.push((ok, description.to_owned()));
        if lines.next_if_eq(&"  ---").is_some() {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "  ...").collect();
            block.iter().for_each(|line| assert_yaml(line));
        }
    }
    assert_eq!(plans, [found.len()], "one plan, and as many tests");
    found
}

/// Fails unless a line of a block is a field or an item, whose value is a string of JSON.
fn assert_yaml(line: &str) {
    if line == "  feedback:" {
        return;
    }
    let value = match line.strip_prefix("    - ") {
        Some(item) => item,
        None => line.split_once(": ").expect("a field").1,
    };
    let value: Value = serde_json::from_str(value).expect(line);
    assert!(value.is_string(), "{line}");
}

/// Whether a description has a directive, and which.
fn directive(description: &str) -> Option<&str> {
    let place = description.match_indices('#').find(|(place, _)| {
        let before = description.get(..*place).unwrap_or_default();
        before.chars().rev().take_while(|c| *c == '\\').count() % 2 == 0
    });
    place.and_then(|(place, _)| description.get(place..))
}

#[test]
fn a_submission_without_a_mark_is_never_ok() {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    let with = |verdict: fn(&Judgement) -> bool, name: &str| {
        let all = class.submissions.iter();
        let mut all = all.flat_map(|graded| &graded.judgements);
        let judgement = all.find(|judgement| verdict(judgement));
        (judgement.expect("there is one").clone(), name.to_owned())
    };
    let (passed, _) = with(Judgement::passed, "");
    for verdict in [Judgement::is_internal, Judgement::passed] {
        let (last, name) = with(verdict, "mallory");
        let mut judgements = vec![passed.clone(); exercise.cases.len() - 1];
        judgements.push(last);
        let graded = Graded { name, judgements };
        let mut class = Class::new(&exercise, Vec::new());
        let has_mark = graded.points(&exercise).is_some();
        class.add(graded);
        let report = of_class(OfClass::Tap, &class);
        let lines: Vec<_> = report.lines().collect();
        let outer = tests(&lines, "");
        let skipped = "mallory # SKIP eco could not judge all of it";
        let expected = if has_mark { "mallory" } else { skipped };
        assert_eq!(outer, [(true, expected.to_owned())]);
    }
}

#[test]
fn a_strict_reader_finds_each_test() {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    let report = of_class(OfClass::Tap, &class);
    let lines: Vec<_> = report.lines().collect();
    assert_eq!(lines.first(), Some(&"TAP version 14"));

    let outer = tests(&lines, "");
    let ok: Vec<_> = outer.iter().map(|(ok, _)| *ok).collect();
    assert_eq!(ok, [false, true, false, true, false]);
    let skipped = outer
        .iter()
        .filter(|(_, description)| directive(description).is_some());
    let skipped: Vec<_> = skipped
        .map(|(_, description)| description.as_str())
        .collect();
    assert_eq!(skipped, ["carla \\# TODO # SKIP eco could not judge it"]);

    let starts = |line: &&str| line.starts_with("# Subtest: ");
    let subtests: Vec<_> = lines.split(starts).skip(1).collect();
    assert_eq!(subtests.len(), class.submissions.len());
    for (subtest, graded) in subtests.iter().zip(&class.submissions) {
        let cases = tests(subtest, "    ");
        assert_eq!(cases.len(), exercise.cases.len());
        for ((ok, description), judgement) in cases.iter().zip(&graded.judgements) {
            let directive = directive(description);
            assert_eq!(
                *ok,
                judgement.passed() || judgement.is_internal(),
                "{description}"
            );
            assert_eq!(
                directive.is_some(),
                judgement.is_internal(),
                "{description}"
            );
            assert!(directive.is_none_or(|directive| directive.starts_with("# SKIP ")));
        }
    }
}
