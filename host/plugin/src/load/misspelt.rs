//! Functions of a script that have nearly the name of one that eco would call.
//!
//! It owns what "nearly" means. It reads the script's text as a person would: it knows how a function
//! looks, and nothing of what a language makes of it. What it finds is only ever a hint.

use crate::load::functions::{self, FUNCTIONS};
use crate::load::script::{Language, Script};
use regex::{Captures, Match, Regex};
use std::sync::LazyLock;

/// Bytes of a script that are looked at. People write less; in what a generator made, up to the largest file
/// that is taken, looking would take seconds. Slips beyond it are not told.
/// Test: `what_comes_late_in_a_long_script_is_not_looked_at`.
pub(crate) const LOOKED_AT: usize = 256 * 1024;

/// A function that eco doesn't call, and the one that was most likely meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt {
    /// Where it is defined, counted from 1.
    pub line: usize,
    /// Its name.
    pub wrong: String,
    /// The name of eco's, as the language spells it.
    pub right: &'static str,
}

/// Functions of a script that are looked at, for each name that eco knows. People write fewer; a bundle of a hundred
/// thousand would take seconds. Hints are for those before that.
/// Test: `what_comes_late_in_a_long_script_is_not_looked_at`.
const DEFINITIONS: usize = 1000;

/// `function name`, `def name`, `name = function`, `name = (a) =>`; `of` is what has it as a field. In ASCII, as eco's own
/// names are: with the letters of all languages this would take longer to build, at each start, than all else together.
static DEFINITION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x-u) \b(?: function\b\s*\*? | def\b ) \s* (?: (?<of>\w+) \s*[.:]\s* )? (?<name>\w{1,64}) \b
        | (?: (?<owner>\b\w+) \s*\.\s* )? \b(?<variable>\w{1,64}) \s*=\s*
          (?: async\b\s* )? (?: function\b | lambda\b | (?: \w+ | \((?u:[^)\n])*\) ) \s*=> )",
    )
    .ok()
});

/// Objects whose fields are names at the top level.
const GLOBALS: [&str; 3] = ["globalThis", "_G", "_ENV"];

/// A name that the script gives to a function, where eco would find it: none that belongs to an object.
fn defined<'a>(script: &'a Script, text: &'a str, found: &Captures<'a>) -> Option<Match<'a>> {
    let owner = found.name("of").or(found.name("owner"));
    if owner.is_some_and(|owner| !GLOBALS.contains(&owner.as_str())) {
        return None;
    }
    let before = text.get(..found.get(0)?.start()).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_inside = match script.language {
        // Methods are further right.
        Language::Python => line.starts_with([' ', '\t']),
        // Fields of a table; a metamethod is called by Lua.
        Language::Lua => before.trim_end().ends_with(['{', ',']),
        Language::JavaScript => false,
    };
    let name = found.name("name").or(found.name("variable"))?;
    let is_special = name.as_str().starts_with("__");
    (!is_inside && !is_special && !is_known(script.language, name.as_str())).then_some(name)
}

/// The function of the script that was most likely meant to be `wanted`, a name of the contract.
pub(crate) fn meant(script: &Script, wanted: &str) -> Option<Misspelt> {
    let right = functions::named(wanted)?.spelling(script.language);
    let end = script.text.floor_char_boundary(LOOKED_AT);
    let text = script.text.get(..end)?;
    let definitions = DEFINITION.as_ref()?.captures_iter(text).take(DEFINITIONS);
    let (name, _) = definitions
        .filter_map(|found| defined(script, text, &found))
        .filter_map(|name| Some((name, distance(name.as_str(), right)?)))
        .min_by_key(|(_, distance)| *distance)?;
    let before = text.get(..name.start()).unwrap_or_default();
    Some(Misspelt {
        line: before.matches('\n').count() + 1,
        wrong: name.as_str().to_owned(),
        right,
    })
}

/// The same, where it is next to certain: nothing else in the script uses the name, so that it is no
/// helper of the script's own.
pub(crate) fn surely_meant(script: &Script, wanted: &str) -> Option<Misspelt> {
    let found = meant(script, wanted)?;
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words = script.text.split(|c: char| !is_part(c));
    (words.filter(|word| *word == found.wrong).count() == 1).then_some(found)
}

/// How many letters differ, where that are so few that one name is likely meant to be the other. Case,
/// underscores and an `on` before it don't count: other languages and other servers would have them.
fn distance(name: &str, right: &str) -> Option<usize> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let (name, right) = (plain(name), plain(right));
    let most = if right.len() < 7 { 1 } else { 2 };
    let names = [Some(&*name), name.strip_prefix("on")];
    let distances = names.iter().flatten();
    let distance = distances
        .map(|name| strsim::osa_distance(name, &right))
        .min()?;
    (distance <= most).then_some(distance)
}

fn is_known(language: Language, name: &str) -> bool {
    FUNCTIONS
        .iter()
        .any(|function| function.spelling(language) == name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn script(language: Language, text: &str) -> Script {
        Script {
            language,
            name: "a".into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_name_is_found_in_every_form_of_a_definition() {
        let js = Language::JavaScript;
        for text in [
            "\nfunction recieve(chunk) {}",
            "\nexport async function recieve(chunk) {}",
            "\nfunction* recieve() {}",
            "\nconst recieve = (chunk) => chunk",
            "\nglobalThis.recieve = async chunk => chunk",
            "\nlet recieve = function () {}",
        ] {
            let found = meant(&script(js, text), "receive").unwrap();
            assert_eq!((found.line, &*found.wrong), (2, "recieve"), "{text}");
        }
        for (language, text) in [
            (Language::Lua, "local function Receive(chunk) end"),
            (Language::Lua, "on_receive = function(chunk) end"),
            (Language::Lua, "_G.recieve = function(chunk) end"),
            (Language::Lua, "do\n  function onReceive(chunk) end end"),
            (Language::Python, "def recive(chunk): pass"),
            (Language::Python, "async def recive(chunk): pass"),
            (Language::Python, "recieve = lambda chunk: chunk"),
        ] {
            assert!(
                meant(&script(language, text), "receive").is_some(),
                "{text}"
            );
        }
        let python = script(Language::Python, "def endOfInput(): pass");
        assert_eq!(
            meant(&python, "end-of-input").unwrap().right,
            "end_of_input"
        );
    }

    #[test]
    fn what_is_far_away_or_no_function_is_left_alone() {
        let js = Language::JavaScript;
        for text in [
            "let recieve = 1",
            "function upper(chunk) {}",
            "function reverse() {}",
            "function receive() {}",
        ] {
            assert_eq!(meant(&script(js, text), "receive"), None, "{text}");
        }
    }

    #[test]
    fn every_function_that_eco_calls_has_hints() {
        for (wrong, right) in [
            ("opn", "open"),
            ("endofinput", "end-of-input"),
            ("close", "closed"),
            ("strat", "start"),
            ("replyed", "replied"),
            ("mesage", "message"),
            ("joind", "joined"),
            ("leftt", "left"),
            ("missd", "missed"),
            ("onMessage", "message"),
            ("on_open", "open"),
        ] {
            for (language, text) in [
                (Language::JavaScript, format!("function {wrong}() {{}}")),
                (Language::Lua, format!("function {wrong}() end")),
                (Language::Python, format!("def {wrong}(): pass")),
            ] {
                let found = surely_meant(&script(language, &text), right);
                assert_eq!(found.unwrap().wrong, wrong, "{text}");
            }
        }
    }

    #[test]
    fn what_belongs_to_an_object_or_to_the_language_is_no_slip() {
        for (language, text) in [
            (
                Language::Lua,
                "setmetatable({}, { __close = function() end })",
            ),
            (Language::Lua, "mt.__close = function() end"),
            (Language::Lua, "function mt.__close() end"),
            (Language::Lua, "local file = { close = function() end }"),
            (
                Language::Lua,
                "local file = { size = 1,\n  close = function() end }",
            ),
            (Language::Lua, "function file:close() end"),
            (Language::Lua, "function file.close() end"),
            (Language::Python, "class File:\n    def close(self): pass"),
            (
                Language::Python,
                "class File:\n\tasync def close(self): pass",
            ),
            (Language::Python, "def __close__(): pass"),
            (Language::JavaScript, "file.close = () => 1"),
            (Language::JavaScript, "const file = { close: () => 1 }"),
        ] {
            let found = meant(&script(language, text), "closed");
            assert_eq!(found, None, "{text}");
        }
    }

    #[test]
    fn what_comes_late_in_a_long_script_is_not_looked_at() {
        let after = |space: usize| {
            let text = "ñ".repeat(space / 2) + "\nfunction recieve() {}";
            meant(&script(Language::JavaScript, &text), "receive")
        };
        assert!(after(LOOKED_AT - 100).is_some());
        assert_eq!(after(LOOKED_AT), None);
        let after = |functions: usize| {
            let text = "a=b=>1;".repeat(functions) + "\nfunction recieve() {}";
            meant(&script(Language::JavaScript, &text), "receive")
        };
        assert!(after(DEFINITIONS - 1).is_some());
        assert_eq!(after(DEFINITIONS), None);
    }

    #[test]
    fn a_helper_that_the_script_calls_is_not_surely_a_slip() {
        let js = Language::JavaScript;
        let helper = script(js, "function close() {} function receive() { close() }");
        assert!(meant(&helper, "closed").is_some());
        assert_eq!(surely_meant(&helper, "closed"), None);
        let slip = script(js, "function close() {} function receive() {}");
        assert!(surely_meant(&slip, "closed").is_some());
    }
}
