//! The page: sound whatever is in it, and small enough for a large class.

use super::*;
use crate::case::Visibility;
use crate::judgement::Judgement;
use crate::verdict::Verdict;
use std::collections::BTreeSet;

/// Fails unless each element that begins ends, in order, and each link leads somewhere.
#[track_caller]
pub(super) fn assert_sound(page: &str) {
    let (_, body) = page.split_once("<html").expect("the page begins");
    let mut open = vec!["html"];
    let (mut anchors, mut links) = (BTreeSet::new(), BTreeSet::new());
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if name == "meta" || name == "br" => {}
            None => open.push(name),
        }
        let value = |attribute| tag.split_once(attribute)?.1.split('"').next();
        if let Some(anchor) = value(" id=\"") {
            assert!(anchors.insert(anchor), "{anchor} twice");
        }
        links.extend(value(" href=\"#"));
    }
    assert!(open.is_empty(), "{open:?}");
    let nowhere: Vec<_> = links.difference(&anchors).collect();
    assert!(nowhere.is_empty(), "{nowhere:?}");
}

#[test]
fn hostile_text_is_shown_and_not_interpreted() {
    let exercise = sample::exercise();
    let page = of_class(OfClass::Html, &sample::class(&exercise));
    assert_sound(&page);
    for raw in [
        "<script",
        "</td>\"",
        "<b>line",
        "<!-- ",
        "javascript:",
        "http",
    ] {
        let allowed = page.matches("http-equiv").count() * usize::from(raw == "http");
        assert_eq!(page.matches(raw).count(), allowed, "{raw}");
    }
    assert!(
        page.contains("]]&gt;&lt;script&gt;alert(&quot;1&quot; + &#39;2&#39;)"),
        "{page}"
    );
}

#[test]
fn cells_say_in_words_what_they_mean() {
    let exercise = sample::exercise();
    let class = sample::class(&exercise);
    let page = of_class(OfClass::Html, &class);
    for graded in &class.submissions {
        for judgement in &graded.judgements {
            let code = judgement.verdict.code();
            assert!(page.contains(&format!(" title=\"{code}\"")), "{code}");
        }
    }
    assert_eq!(
        page.matches("<details").count(),
        page.matches("</details>").count()
    );
    assert_eq!(page.matches("<details").count(), 4 + 2);
    assert_eq!(page.matches("<span class=\"hidden\">").count(), 2);
}

#[test]
fn a_large_class_is_a_small_page() {
    let cases = 0..20;
    let case = |number| {
        let name = format!("case {number}, which has a rather long name of its own");
        sample::case(&name, 1, Visibility::Hidden)
    };
    let exercise = Exercise {
        cases: cases.map(case).collect(),
        ..sample::exercise()
    };
    let verdict = |student: usize, case: usize| match (student * 7 + case * 3) % 11 {
        0 => Verdict::WrongBytes,
        _ => Verdict::Passed,
    };
    let submission = |student| Graded {
        name: format!("student {student}"),
        judgements: (0..20)
            .map(|case| Judgement::unrun(verdict(student, case)))
            .collect(),
    };
    let class = Class {
        exercise: &exercise,
        submissions: (0..200).map(submission).collect(),
        pending: Vec::new(),
    };
    let page = of_class(OfClass::Html, &class);
    assert_sound(&page);
    assert!(page.len() < 400_000, "{} bytes", page.len());
}
