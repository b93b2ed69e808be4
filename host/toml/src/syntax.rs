//! The check of a file's TOML syntax, before its values are read.
//!
//! The parser counts the nesting of arrays and tables, but miscounts after a first mistake: 30 KB of the same mistake
//! would overflow the stack, which ends the process. So this check runs the same parser, and lets it enter no array and
//! no table after a mistake.

use std::cell::RefCell;
use std::ops::Range;
use toml_parser::parser::{EventReceiver, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError, Source, Span};

/// Nesting of arrays and tables, as in the crate `toml`. Deeper is a mistake.
/// Test: `syntax::tests::what_nests_too_deep_is_a_mistake_with_its_place`.
const DEPTH: u32 = 80;

/// Dots in all keys of a file. The format needs few, and the crate `toml` makes a table for each. More is a
/// mistake. Test: `syntax::tests::keys_of_many_parts_are_a_mistake`.
const DOTS: u32 = 10_000;

/// A mistake in the syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The mistake, in the words of the crate `toml`.
    pub what: String,
    /// Its range in bytes, if it has one.
    pub at: Option<Range<usize>>,
}

/// The first mistake in the syntax of this text. One without a mistake can be parsed by the crate `toml`, whatever it is.
pub fn mistake(text: &str) -> Option<Mistake> {
    let first = RefCell::new(None);
    let mut guard = Guard {
        depth: 0,
        dots: 0,
        first: &first,
    };
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut receiver = ValidateWhitespace::new(&mut guard, source);
    let mut errors = |error| {
        first.borrow_mut().get_or_insert(error);
    };
    parse_document(&tokens, &mut receiver, &mut errors);
    let error = first.into_inner()?;
    Some(Mistake {
        what: words(&error),
        at: error.unexpected().map(|span| span.start()..span.end()),
    })
}

struct Guard<'a> {
    depth: u32,
    dots: u32,
    first: &'a RefCell<Option<ParseError>>,
}

impl Guard<'_> {
    fn enter(&mut self, at: Span, errors: &mut dyn ErrorSink) -> bool {
        if self.depth == DEPTH {
            let error = ParseError::new("cannot recurse further; max recursion depth met");
            errors.report_error(error.with_unexpected(at));
        }
        let enters = self.first.borrow().is_none();
        self.depth += u32::from(enters);
        enters
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

impl EventReceiver for Guard<'_> {
    fn key_sep(&mut self, at: Span, errors: &mut dyn ErrorSink) {
        self.dots += 1;
        if self.dots > DOTS {
            let error = ParseError::new("the keys of the file have too many dots");
            errors.report_error(error.with_unexpected(at));
        }
    }

    fn inline_table_open(&mut self, at: Span, errors: &mut dyn ErrorSink) -> bool {
        self.enter(at, errors)
    }

    fn inline_table_close(&mut self, _at: Span, _errors: &mut dyn ErrorSink) {
        self.leave();
    }

    fn array_open(&mut self, at: Span, errors: &mut dyn ErrorSink) -> bool {
        self.enter(at, errors)
    }

    fn array_close(&mut self, _at: Span, _errors: &mut dyn ErrorSink) {
        self.leave();
    }
}

fn words(error: &ParseError) -> String {
    let mut text = error.description().to_owned();
    let expected = error.expected().unwrap_or_default().iter();
    let expected: Vec<String> = expected
        .map(|expected| match expected {
            Expected::Literal(literal) => match *literal {
                "\n" => "newline".to_owned(),
                "`" => "'`'".to_owned(),
                literal if literal.chars().all(|c| c.is_ascii_control()) => {
                    format!("`{}`", literal.escape_debug())
                }
                literal => format!("`{literal}`"),
            },
            Expected::Description(description) => (*description).to_owned(),
            _ => "something else".to_owned(),
        })
        .collect();
    if error.expected().is_some_and(<[Expected]>::is_empty) {
        text.push_str(", expected nothing");
    } else if !expected.is_empty() {
        text.push_str(", expected ");
        text.push_str(&expected.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_too_deep_is_a_mistake_with_its_place() {
        let nested = |depth: usize| format!("x = {}{}\n", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(mistake(&nested(80)), None);
        let found = mistake(&nested(81)).expect("it nests too deep");
        assert_eq!(found.at, Some(84..85));
    }

    #[test]
    fn keys_of_many_parts_are_a_mistake() {
        let keys = |dots: usize| {
            let line = |number| format!("a{number}.b = 1\n");
            (0..dots).map(line).collect::<String>()
        };
        assert_eq!(mistake(&keys(10_000)), None);
        let found = mistake(&keys(10_001)).expect("there are too many");
        assert!(found.what.contains("too many dots"), "{found:?}");
        assert!(found.at.is_some());
    }

    /// Without the guard `toml` miscounts the nesting of this text, and its stack overflows.
    #[test]
    fn a_mistake_that_comes_again_and_again_overflows_no_stack() {
        let text = format!("x = [ {{{}", "[l]\nf]]\ns = [ {".repeat(20_000));
        let found = mistake(&text).expect("it is no TOML");
        assert!(found.what.starts_with("missing key"), "{found:?}");
        assert_eq!(found.at.map(|at| at.start), Some(7));
    }

    #[test]
    fn the_words_are_those_of_the_parser_proper() {
        for text in ["a = 1\nb 2\n", "a = [1,, 2]\n", "[a\n", "x = {a 1}\n"] {
            let found = mistake(text).expect(text);
            let error = toml::from_str::<toml::Table>(text).expect_err(text);
            assert_eq!(
                (found.what.as_str(), found.at),
                (error.message(), error.span()),
                "{text}"
            );
        }
    }
}
