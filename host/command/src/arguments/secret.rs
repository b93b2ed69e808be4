//! Words of the command line that may have a password.
//!
//! It owns what an error shows of them. What is a place is parsed in `state_args`, which repeats nothing; a place that was
//! typed where none belongs comes here.

use std::borrow::Cow;

/// A word of the command line without what may be a password in it: what is between the first colon and the last `@`.
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
