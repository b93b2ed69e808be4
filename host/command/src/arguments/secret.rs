//! Passwords in words of the command line, which no error may show.
//!
//! The value of `--state` never reaches an error: its parser, in `state/args.rs`, repeats nothing. This module hides a
//! password in a word that was typed in a wrong place.

use std::borrow::Cow;

/// A word without a possible password: the part between the first colon and the last `@` is left out.
pub(crate) fn hidden(word: &str) -> Cow<'_, str> {
    match (word.split_once(':'), word.rsplit_once('@')) {
        (Some((before, rest)), Some((_, after))) if rest.contains('@') => {
            Cow::Owned(format!("{before}:...@{after}"))
        }
        _ => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_password_is_hidden_and_nothing_else_is_changed() {
        for (word, shown) in [
            ("redis://eco:secret@db:6379/0", "redis:...@db:6379/0"),
            ("redis:/eco:se@cret@db", "redis:...@db"),
            ("--stat=Redis://:secret@db", "--stat=Redis:...@db"),
            ("127.0.0.1:5005", "127.0.0.1:5005"),
            ("anna@tea", "anna@tea"),
            ("a@b:c", "a@b:c"),
            ("chat.js", "chat.js"),
        ] {
            assert_eq!(hidden(word), shown);
        }
    }
}
