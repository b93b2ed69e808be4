//! The functions of a script that eco calls.
//!
//! It owns the one list of them, each with its spellings and the party that causes its call. Hints come from the list,
//! and tests compare the interpreters, the contract and the pages with it.

use crate::script::languages::Language;
use crate::script::languages::spec::Case;

/// The party that causes a function's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The party that connects to a server.
    Peer,
    /// The other connections of a server, in its topics.
    Topic,
    /// The server that a client talks to.
    Server,
}

/// A function of the contract.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// As `wit/` has it, with hyphens.
    pub contract: &'static str,
    /// The party that causes its call.
    pub caller: Caller,
    camel: &'static str,
    snake: &'static str,
}

impl Function {
    /// A function whose name is a single word.
    const fn word(contract: &'static str, caller: Caller) -> Self {
        Self {
            contract,
            caller,
            camel: contract,
            snake: contract,
        }
    }

    /// Its name in a language.
    pub fn spelling(&self, language: Language) -> &'static str {
        match language.case() {
            Case::Camel => self.camel,
            Case::Snake => self.snake,
        }
    }
}

/// All functions that eco calls.
pub const FUNCTIONS: [Function; 10] = [
    Function::word("open", Caller::Peer),
    Function::word("receive", Caller::Peer),
    Function {
        contract: "end-of-input",
        caller: Caller::Peer,
        camel: "endOfInput",
        snake: "end_of_input",
    },
    Function::word("closed", Caller::Peer),
    Function::word("start", Caller::Server),
    Function::word("replied", Caller::Server),
    Function::word("message", Caller::Topic),
    Function::word("joined", Caller::Topic),
    Function::word("left", Caller::Topic),
    Function::word("missed", Caller::Topic),
];

/// The function with this name of the contract.
pub fn named(contract: &str) -> Option<&'static Function> {
    FUNCTIONS
        .iter()
        .find(|function| function.contract == contract)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use regex::Regex;
    use std::path::Path;

    /// The groups of each match of the pattern.
    fn found<const N: usize>(pattern: &str, text: &'static str) -> Vec<[&'static str; N]> {
        let pattern = Regex::new(pattern).unwrap();
        let matches = pattern.captures_iter(text);
        matches.map(|found| found.extract::<N>().1).collect()
    }

    #[test]
    fn the_interpreters_call_the_functions_of_the_list() {
        let in_c = include_str!("../../../../plugins/interpreters/functions.h");
        let listed = FUNCTIONS.map(|each| [each.contract, each.camel, each.snake]);
        assert_eq!(found(r#"is\(\w+, "(.+)", "(.+)", "(.+)"\)"#, in_c), listed);
        let python = include_str!("../../../../plugins/interpreters/python/interpreter.py");
        let (_, rest) = python.split_once("FUNCTIONS = {").unwrap();
        let (list, _) = rest.split_once('}').unwrap();
        let listed = FUNCTIONS.map(|each| [each.contract, each.snake]);
        assert_eq!(found(r#""(.+)": "(.+)","#, list), listed);
    }

    #[test]
    fn the_contract_has_the_functions_of_the_list() {
        let wit = [
            include_str!("../../../../wit/session.wit"),
            include_str!("../../../../wit/client.wit"),
            include_str!("../../../../wit/events.wit"),
        ];
        let functions = wit.iter().flat_map(|text| {
            let functions = found(r"(?m)^    ([a-z-]+): func\(", text);
            let happenings = found(r"(?m)^        ([a-z]+)\([a-z]+\),$", text);
            [functions, happenings].concat()
        });
        let contract: Vec<&str> = functions
            .map(|[name]| name)
            .filter(|name| !["event", "exactly", "next", "wrong"].contains(name))
            .collect();
        let listed = FUNCTIONS.map(|each| each.contract);
        assert_eq!(contract, listed);
    }

    #[test]
    fn the_page_of_each_language_has_the_functions_of_the_list() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        for &language in Language::ALL {
            let page = plugins.join(language.folder()).join("README.md");
            let page = std::fs::read_to_string(page).unwrap();
            for function in &FUNCTIONS {
                let call = format!("{}(", function.spelling(language));
                assert!(page.contains(&call), "{language:?}: {call}");
            }
        }
    }
}
