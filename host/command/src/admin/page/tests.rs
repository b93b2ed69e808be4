//! The files of the page against each other: words in both languages, and colours that can be read.

use super::{PAGE, SCRIPTS, STYLES};
use std::collections::{BTreeMap, BTreeSet};

/// The text of a file of the page.
fn text_of(path: &str) -> &'static str {
    let files = SCRIPTS.iter().chain(STYLES);
    let mut files = files.filter(|file| file.path == path);
    files.next().unwrap().text
}

/// The keys and texts of a language. Each is a line of its own.
fn words(path: &str) -> BTreeMap<&'static str, &'static str> {
    let lines = text_of(path).lines();
    let entries = lines.filter_map(|line| {
        let (key, text) = line.strip_prefix("  ")?.split_once(": ")?;
        Some((key, text.strip_prefix('"')?.strip_suffix("\",")?))
    });
    entries.collect()
}

/// The values that are put into a text.
fn places(text: &str) -> BTreeSet<&str> {
    let begins = text.split('{').skip(1);
    begins
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .collect()
}

/// What stands between this and the next quote, wherever the first stands.
fn quoted_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    let ends = text.split(before).skip(1);
    ends.filter_map(|rest| Some(rest.split_once('"')?.0))
}

#[test]
fn every_english_text_has_a_spanish_one_and_every_text_that_is_used_is_there() {
    let (english, spanish) = (words("/page/english.js"), words("/page/spanish.js"));
    assert!(english.len() > 100, "they are not read: {english:?}");
    assert!(
        english.keys().eq(spanish.keys()),
        "{english:?}\n{spanish:?}"
    );
    for (key, text) in &english {
        assert_eq!(places(text), places(spanish[key]), "{key}");
    }
    let html = ["data-word=\"", "data-word-label=\""];
    let in_html = html
        .iter()
        .flat_map(|before| quoted_after(PAGE.text, before));
    let in_scripts = SCRIPTS
        .iter()
        .flat_map(|file| quoted_after(file.text, " word(\""));
    for key in in_html.chain(in_scripts) {
        assert!(english.contains_key(key), "{key}");
    }
    for file in SCRIPTS {
        for key in quoted_after(file.text, "count(\"") {
            let forms = [format!("{key}One"), format!("{key}Other")];
            assert!(
                forms.iter().all(|form| english.contains_key(&**form)),
                "{key}"
            );
        }
    }
    let reasons = [
        "Ended",
        "ByPlugin",
        "Refused",
        "Failed",
        "PeerReset",
        "Idle",
        "Stalled",
        "Stopping",
        "Dropped",
    ];
    for reason in reasons {
        assert!(
            english.contains_key(&*format!("reason{reason}")),
            "{reason}"
        );
    }
}

#[test]
fn the_page_has_no_text_of_its_own_that_a_translation_lacks() {
    let english = words("/page/english.js");
    for element in PAGE.text.split("data-word=\"").skip(1) {
        let (key, rest) = element.split_once('"').unwrap();
        let text = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
        assert_eq!(text, english[key], "{key}");
    }
}

#[test]
fn no_script_makes_markup_of_text_or_asks_anybody_else() {
    for file in SCRIPTS.iter().chain(STYLES).chain([&PAGE]) {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "eval(",
            "document.write",
            "style=",
            "onclick=",
        ] {
            assert!(!file.text.contains(word), "{} has {word}", file.path);
        }
        let mut addresses = file.text.split("://").skip(1);
        // A reference in a comment, and the address in words.
        let is_known = |rest: &str| rest.starts_with("www.w3.org/") || rest.starts_with('…');
        assert!(addresses.all(is_known), "{} names an address", file.path);
    }
}

/// The colours of light, and of dark: by their names.
fn palettes() -> [BTreeMap<&'static str, [f64; 3]>; 2] {
    let (light, dark) = text_of("/page/colours.css").split_once("@media").unwrap();
    [light, dark].map(|text| {
        let lines = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
        let colour = |digits: &str| {
            [0, 2, 4]
                .map(|at| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0)
        };
        lines.map(|(name, digits)| (name, colour(digits))).collect()
    })
}

/// The contrast of two colours. <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let linear = |part: f64| match part <= 0.04045 {
        true => part / 12.92,
        false => ((part + 0.055) / 1.055).powf(2.4),
    };
    let luminance = |colour: [f64; 3]| {
        let [red, green, blue] = colour.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    (one / other).max(other / one)
}

#[test]
fn every_text_can_be_read_in_light_and_in_dark() {
    let texts = [
        ("ink", "paper card chosen received-back sent-back"),
        ("faint", "paper card chosen received-back sent-back"),
        ("accent", "paper card"),
        ("on-accent", "accent"),
        ("received", "paper received-back"),
        ("sent", "paper sent-back"),
        ("bad", "paper card chosen bad-back received-back sent-back"),
        ("escape", "received-back sent-back"),
        ("on-mark", "mark"),
    ];
    // What bounds a thing, or shows where one is. <https://www.w3.org/TR/WCAG22/#non-text-contrast>
    let lines = [
        ("strong-line", "paper card"),
        ("accent", "paper card chosen"),
        ("received-edge", "paper"),
    ];
    for palette in palettes() {
        for (least, pairs) in [(4.5, &texts[..]), (3.0, &lines[..])] {
            for (front, backs) in pairs {
                for back in backs.split(' ') {
                    let contrast = contrast(palette[front], palette[back]);
                    assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
                }
            }
        }
    }
}
