//! Regular expressions of an exercise: the expected next bytes in a stream.
//!
//! It owns the cost of one, in memory and in time: its author may be anybody. Matches are those of `regex`
//! for bytes, leftmost-first.
//!
//! Only the compiled automaton is held. A match looks for its end with a lazy DFA, whose cache is gone
//! afterwards. If that gives up, the automaton itself runs, provided that its cost has a bound.

use bytesize::ByteSize;
use regex_automata::hybrid::dfa::DFA;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, NFA, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use regex_syntax::ast::{self, Ast, ClassSetItem, Flag, Flags};
use std::fmt;
use std::sync::Arc;

/// Characters of a pattern. A longer one is refused: the time to compile it grows with them.
/// Test: `exercises::hostile::contents::patterns_have_bounds_each_and_together`.
pub(super) const LONGEST: usize = 1024;
/// Bytes of a compiled pattern. A larger one is refused. `\w{50}` is within it, twice is not.
/// Test: `exercises::hostile::contents::patterns_have_bounds_each_and_together`.
const LARGEST: usize = 1 << 20;

/// Bytes of the cache of a match, and how often it may be emptied. After that the lazy DFA gives up, since
/// it would make states for ever.
/// Test: `expression::tests::where_the_lazy_automaton_gives_up_the_match_is_the_same`.
const CACHE: usize = 1 << 20;
const EMPTIED: usize = 3;
/// Work of one run of the automaton: its states times the bytes that it looks at, at some ten nanoseconds
/// each. More is not begun, and the plugin gets no verdict.
/// Test: `exercises::hostile::contents::a_pattern_that_takes_too_long_is_nobodys_fault`.
const MOST_WORK: usize = 1 << 26;

/// A compiled pattern. Clones are the same.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    automaton: NFA,
}

/// Finding out whether it matches would take too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pattern takes too long: it has too many ways to match what came")]
pub struct TooLong;

impl Expression {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn of(text: &str) -> Result<Self, String> {
        let syntax = syntax::Config::new().utf8(false);
        let parsed = syntax::parse_with(text, &syntax).map_err(|error| error.to_string())?;
        let config = NFA::config()
            .utf8(false)
            .nfa_size_limit(Some(LARGEST))
            .which_captures(WhichCaptures::Implicit);
        let automaton = Compiler::new().configure(config).build_from_hir(&parsed);
        let automaton = automaton.map_err(|error| match error.size_limit() {
            Some(_) => {
                let most = ByteSize(LARGEST as u64);
                format!("compiled, it is larger than {most}")
            }
            None => error.to_string(),
        })?;
        Ok(Self {
            text: text.into(),
            automaton,
        })
    }

    /// The end of the match at the very beginning of `came`, if there is one.
    ///
    /// # Errors
    /// Finding out would take too long.
    pub fn end_in(&self, came: &[u8]) -> Result<Option<usize>, TooLong> {
        let input = Input::new(came).anchored(Anchored::Yes);
        let config = DFA::config()
            .unicode_word_boundary(true)
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(EMPTIED));
        let automaton = || self.automaton.clone();
        if let Ok(dfa) = DFA::builder().configure(config).build_from_nfa(automaton())
            && let Ok(found) = dfa.try_search_fwd(&mut dfa.create_cache(), &input)
        {
            return Ok(found.map(|end| end.offset()));
        }
        // It gave up, or met a word boundary beside a character that isn't ASCII.
        let work = self.automaton.states().len().saturating_mul(came.len());
        if work > MOST_WORK {
            return Err(TooLong);
        }
        let machine = PikeVM::builder().build_from_nfa(automaton());
        let machine = machine.map_err(|_| TooLong)?;
        let mut slots = [None, None];
        machine.search_slots(&mut machine.create_cache(), &input, &mut slots);
        let [_, end] = slots;
        Ok(end.map(|end| end.get()))
    }

    /// The pattern, as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Bytes that it holds.
    pub(super) fn size(&self) -> usize {
        self.automaton.memory_usage() + self.text.len()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

/// Classes of a pattern to close under upper and lower case, which takes some milliseconds each. There are
/// none if case matters everywhere, or if the pattern is invalid.
pub(super) fn folded_classes(text: &str) -> usize {
    let Ok(parsed) = ast::parse::Parser::new().parse(text) else {
        return 0;
    };
    ast::visit(&parsed, Classes::default()).unwrap_or_default()
}

#[derive(Default)]
struct Classes {
    number: usize,
    folds: bool,
}

impl Classes {
    fn flags(&mut self, flags: &Flags) {
        self.folds |= flags.flag_state(Flag::CaseInsensitive) == Some(true);
    }
}

impl ast::Visitor for Classes {
    type Output = usize;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<usize, Self::Err> {
        Ok(if self.folds { self.number } else { 0 })
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Flags(set) => self.flags(&set.flags),
            Ast::Group(group) => group
                .flags()
                .into_iter()
                .for_each(|flags| self.flags(flags)),
            Ast::ClassUnicode(_) | Ast::ClassPerl(_) | Ast::ClassBracketed(_) => self.number += 1,
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        if let ClassSetItem::Unicode(_) | ClassSetItem::Perl(_) | ClassSetItem::Bracketed(_) = item
        {
            self.number += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The match of `regex`: leftmost-first, at the very beginning.
    fn as_regex(text: &str, came: &[u8]) -> Option<usize> {
        let regex = regex::bytes::Regex::new(&format!(r"\A(?:{text})")).expect("it is a pattern");
        regex.find(came).map(|found| found.end())
    }

    fn patterns() -> impl Strategy<Value = String> {
        const LEAVES: [&str; 24] = [
            "a",
            "b",
            "ab",
            "ñ",
            ".",
            "(?s:.)",
            "(?-u:.)",
            "[ab]",
            "[^a]",
            r"[^\n]",
            r"\w",
            r"\W",
            r"\d",
            r"\b",
            r"\B",
            r"(?-u:\b)",
            r"\A",
            r"\z",
            "^",
            "$",
            "(?m:^)",
            "(?m:$)",
            "(?i:A)",
            r"(?-u:\xff)",
        ];
        let leaf = prop::sample::select(&LEAVES[..]).prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 4, |inner| {
            let ends = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?"];
            let repeated = (inner.clone(), prop::sample::select(ends.to_vec()));
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner, 1..4)
                    .prop_map(|ways| format!("(?:{})", ways.join("|"))),
                repeated.prop_map(|(it, end)| format!("(?:{it}){end}")),
            ]
        })
    }

    fn streams() -> impl Strategy<Value = Vec<u8>> {
        const PIECES: [&[u8]; 9] = [
            b"a",
            b"b",
            b"A",
            b"1",
            b" ",
            b"\n",
            "ñ".as_bytes(),
            b"\xff",
            b"\xc3",
        ];
        let piece = prop::sample::select(&PIECES[..]);
        prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn it_matches_what_regex_matches(text in patterns(), came in streams()) {
            let expression = Expression::of(&text).expect("it is a pattern");
            prop_assert_eq!(expression.end_in(&came), Ok(as_regex(&text, &came)), "{} in {:?}", text, came);
        }
    }

    /// More states than the cache holds: the automaton itself says the same.
    #[test]
    fn where_the_lazy_automaton_gives_up_the_match_is_the_same() {
        let text = "[a-c]*a[a-c]{300}(?:z|[a-c])";
        let mut state = 1_u64;
        let mut letter = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b'a' + (state % 3) as u8
        };
        let came: Vec<u8> = (0..100_000).map(|_| letter()).collect();
        let expression = Expression::of(text).expect("it is a pattern");
        assert_eq!(expression.end_in(&came), Ok(as_regex(text, &came)));
        // Ten times as much is nobody's to say.
        assert_eq!(expression.end_in(&came.repeat(10)), Err(TooLong));
    }

    #[test]
    fn classes_count_where_case_does_not_matter() {
        for (text, classes) in [
            (r"\w[a-z]", 0),
            (r"(?i)\w[a-z]", 2),
            (r"(?i:[^\W\w])", 3),
            (r"\pL(?x: ( ?i:a))", 1),
            ("(?-i)[a]", 0),
            ("(", 0),
        ] {
            assert_eq!(folded_classes(text), classes, "{text}");
        }
    }
}
