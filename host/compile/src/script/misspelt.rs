//! Functions of a script whose names are close to those that eco would call.
//!
//! It owns the measure of closeness. It searches a script's text once, when the script is read. Its findings serve as
//! hints alone.

use crate::script::definitions::{Definition, LONGEST_NAME, definitions};
use crate::script::functions::{FUNCTIONS, Function};
use crate::script::languages::Language;
use std::collections::BTreeMap;

/// A function that eco doesn't call, and the one that was most likely meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt {
    /// The line that defines it, counted from 1.
    pub line: usize,
    /// Its name.
    pub wrong: String,
    /// The name of eco's function, as the language spells it.
    pub right: &'static str,
}

/// The slips of a script: for each function that eco knows, the script's function that was most likely meant to be it.
#[derive(Debug)]
pub struct Slips(Vec<Slip>);

#[derive(Debug)]
struct Slip {
    /// A name of the contract.
    wanted: &'static str,
    found: Misspelt,
    /// Whether it is next to certain: nothing else in the script uses the name, so that it is no helper of the
    /// script's own.
    is_sure: bool,
}

impl Slips {
    /// The slips in a script's text.
    pub(crate) fn of(language: Language, text: &str) -> Self {
        let nearest = nearest(language, text);
        let mut uses: BTreeMap<&str, usize> = nearest.iter().map(|(_, it)| (it.name, 0)).collect();
        if !uses.is_empty() {
            count(text, &mut uses);
        }
        let slip = |(function, Definition { name, line }): (&'static Function, Definition<'_>)| {
            let found = Misspelt {
                line,
                wrong: name.to_owned(),
                right: function.spelling(language),
            };
            Slip {
                wanted: function.contract,
                found,
                is_sure: uses.get(name) == Some(&1),
            }
        };
        Self(nearest.into_iter().map(slip).collect())
    }

    /// The function of the script that was most likely meant to be `wanted`, a name of the contract.
    pub fn meant(&self, wanted: &str) -> Option<&Misspelt> {
        self.slip(wanted).map(|slip| &slip.found)
    }

    /// The same function, where the slip is next to certain.
    pub fn surely_meant(&self, wanted: &str) -> Option<&Misspelt> {
        let slip = self.slip(wanted).filter(|slip| slip.is_sure);
        slip.map(|slip| &slip.found)
    }

    fn slip(&self, wanted: &str) -> Option<&Slip> {
        self.0.iter().find(|slip| slip.wanted == wanted)
    }
}

/// For each function of eco's, the definition with the nearest name, if one is near enough.
fn nearest(language: Language, text: &str) -> Vec<(&'static Function, Definition<'_>)> {
    let wanted = FUNCTIONS
        .each_ref()
        .map(|function| plain(function.spelling(language)));
    let mut nearest = [None; FUNCTIONS.len()];
    let is_known = |name| FUNCTIONS.iter().any(|it| it.spelling(language) == name);
    for definition in definitions(&language.spec().syntax, text) {
        if is_known(definition.name) {
            continue;
        }
        let name = plain(definition.name);
        for (nearest, right) in nearest.iter_mut().zip(&wanted) {
            let Some(distance) = distance(&name, right) else {
                continue;
            };
            if nearest.is_none_or(|(least, _)| distance < least) {
                *nearest = Some((distance, definition));
            }
        }
    }
    let found = FUNCTIONS.iter().zip(nearest);
    found
        .filter_map(|(function, nearest)| Some((function, nearest?.1)))
        .collect()
}

/// Counts how often the script has each of these words.
fn count<'a>(text: &'a str, uses: &mut BTreeMap<&'a str, usize>) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    for word in text.split(|c: char| !is_part(c)) {
        if word.len() <= LONGEST_NAME
            && let Some(uses) = uses.get_mut(word)
        {
            *uses += 1;
        }
    }
}

/// A name in lower case and without underscores. Neither counts for a slip, since other languages and other servers
/// spell such names otherwise.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// The number of letters that differ between two [`plain`] names; `None` where there are too many for a slip. A leading
/// `on` doesn't count.
fn distance(name: &str, right: &str) -> Option<usize> {
    let most = if right.len() < 7 { 1 } else { 2 };
    let names = [Some(name), name.strip_prefix("on")];
    let near = names.iter().flatten();
    near.filter(|name| name.chars().count().abs_diff(right.len()) <= most)
        .map(|name| strsim::osa_distance(name, right))
        .min()
        .filter(|distance| *distance <= most)
}

#[cfg(all(test, feature = "javascript", feature = "lua", feature = "python"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::script::definitions::LOOKED_AT;

    fn meant(language: Language, text: &str, wanted: &str) -> Option<Misspelt> {
        Slips::of(language, text).meant(wanted).cloned()
    }

    fn surely_meant(language: Language, text: &str, wanted: &str) -> Option<Misspelt> {
        Slips::of(language, text).surely_meant(wanted).cloned()
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
            "\nlet recieve = async (chunk, size = f(1)) => chunk",
            "\nrecieve = (\n  chunk,\n) => chunk",
        ] {
            let found = meant(js, text, "receive").unwrap();
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
            assert!(meant(language, text, "receive").is_some(), "{text}");
        }
        let found = meant(Language::Python, "def endOfInput(): pass", "end-of-input");
        assert_eq!(found.unwrap().right, "end_of_input");
    }

    #[test]
    fn what_is_far_away_or_no_function_is_left_alone() {
        let js = Language::JavaScript;
        for text in [
            "let recieve = 1",
            "function upper(chunk) {}",
            "function reverse() {}",
            "function receive() {}",
            "let upper = function recieve() {}",
            "let upper = async function recieve() {}",
            "upper().recieve = () => 1",
            "recieve == (a) => 1",
            "recieve(a => 1)",
        ] {
            assert_eq!(meant(js, text, "receive"), None, "{text}");
        }
        // Underscores don't count, but for the length of a name.
        let padded = |length| format!("function recieve{}() {{}}", "_".repeat(length));
        assert!(meant(js, &padded(LONGEST_NAME - 7), "receive").is_some());
        assert_eq!(meant(js, &padded(LONGEST_NAME - 6), "receive"), None);
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
                let found = surely_meant(language, &text, right);
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
            let found = meant(language, text, "closed");
            assert_eq!(found, None, "{text}");
        }
    }

    #[test]
    fn what_comes_late_in_a_long_script_is_not_looked_at() {
        let after = |space: usize| {
            let text = "ñ".repeat(space / 2) + "\nfunction recieve() {}";
            meant(Language::JavaScript, &text, "receive")
        };
        assert!(after(LOOKED_AT - 100).is_some());
        assert_eq!(after(LOOKED_AT), None);
        // The definitions before it may be many.
        let text = "a=b=>1;".repeat(30_000) + "\nfunction recieve() {}";
        assert!(meant(Language::JavaScript, &text, "receive").is_some());
    }

    #[test]
    fn a_helper_that_the_script_calls_is_not_surely_a_slip() {
        let js = Language::JavaScript;
        let helper = "function close() {} function receive() { close() }";
        assert!(meant(js, helper, "closed").is_some());
        assert_eq!(surely_meant(js, helper, "closed"), None);
        let slip = "function close() {} function receive() {}";
        assert!(surely_meant(js, slip, "closed").is_some());
    }

    /// Processor time of this thread.
    #[cfg(unix)]
    fn used() -> std::time::Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.try_into().unwrap()
    }

    /// A search that goes over the same text again and again takes from half a minute to days here.
    #[cfg(unix)]
    #[test]
    fn a_text_of_any_kind_takes_one_pass() {
        const MOST: std::time::Duration = std::time::Duration::from_secs(20);
        const LARGEST: usize = 32 * 1024 * 1024;
        let pieces = [
            "function ",
            "function function",
            "def def ",
            "function*",
            "function a.",
            "a=(a=(",
            "a=((",
            "a=(function b ",
            "))((",
            "a=async ",
            "a.a.",
            "a = ",
            "x",
            "_",
            "ñ",
            " ",
            "\n",
            "\t\n ",
            "//",
            "{,",
            "a=b=>",
            "function recieve(){}\n",
            "recieve ",
            "function onrecieve_____________________________________________________(){}",
        ];
        for &language in Language::ALL {
            let before = used();
            for piece in pieces {
                let text = piece.repeat(LOOKED_AT / piece.len());
                Slips::of(language, &text);
            }
            assert!(used() - before < MOST, "{language:?}");
        }
        // These slips have their uses counted in all of the text that follows.
        let slips = "function opn(){} function recieve(){} function closd(){}";
        let rest = LARGEST / pieces.len();
        let rest: String = pieces
            .iter()
            .map(|piece| piece.repeat(rest / piece.len()))
            .collect();
        let before = used();
        let found = Slips::of(Language::JavaScript, &format!("{slips}{rest}"));
        assert!(used() - before < MOST);
        assert!(found.surely_meant("open").is_some());
        assert!(found.meant("receive").is_some() && found.surely_meant("receive").is_none());
    }
}
