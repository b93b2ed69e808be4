//! What `${...}` stands for in a value: a variable of the environment, or the contents of a file. So a secret is in the file of
//! services neither itself nor in a message about it.

use super::document::read_at_most;
use std::path::Path;

/// Bytes that the values of a file have together, with what was put in. More is a mistake: a short text could name a long
/// file again and again. Test: `config::hostile::variables_have_bounds`.
const LARGEST: usize = 1024 * 1024;

/// Bytes of a file that is put in. A secret is one line. A larger file is refused.
/// Test: `config::hostile::variables_have_bounds`.
const LARGEST_FILE: usize = 64 * 1024;

/// Variables in variables: `${file:${FOLDER}/redis}` needs one. More is a mistake.
/// Test: `config::hostile::variables_have_bounds`.
const DEPTH: usize = 1;

/// The words for a variable that has no name of one.
const NAMES: &str =
    "a variable has the name of one of the environment, ${ECO_REDIS}, or is a file, ${file:PATH}";

/// Puts in what the values of a file ask for.
pub(super) struct Variables<'a> {
    /// Where relative paths begin.
    folder: &'a Path,
    /// Bytes that further values may have.
    left: usize,
    /// Whether something was put into the value at hand.
    is_secret: bool,
}

/// A value with all put in.
pub(super) struct Expanded {
    pub(super) text: String,
    /// Whether something was put in, which no message shows.
    pub(super) is_secret: bool,
}

impl<'a> Variables<'a> {
    /// For a file in this folder.
    pub(super) fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            left: LARGEST,
            is_secret: false,
        }
    }

    /// The value of this text.
    ///
    /// # Errors
    /// A variable is not set, a file can't be read, or a `$` stands for nothing.
    pub(super) fn put_in(&mut self, text: &str) -> Result<Expanded, String> {
        self.is_secret = false;
        let text = match text.contains('$') {
            false => text.to_owned(),
            true => self.until_brace(&mut { text }, None)?,
        };
        self.take(text.len())?;
        let is_secret = self.is_secret;
        Ok(Expanded { text, is_secret })
    }

    fn take(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.left.checked_sub(bytes);
        let most = LARGEST / 1024;
        self.left = left.ok_or(format!("the values of the file have more than {most} KiB"))?;
        Ok(())
    }

    /// The value of the text up to its end, or, within so many variables, up to the brace that ends the innermost.
    fn until_brace(&mut self, rest: &mut &str, within: Option<usize>) -> Result<String, String> {
        let mut value = String::new();
        loop {
            let end = rest.find(['$', '}']).unwrap_or(rest.len());
            let (before, after) = rest.split_at(end);
            value += before;
            if let Some(after) = after.strip_prefix("$$") {
                value.push('$');
                *rest = after;
            } else if let Some(after) = after.strip_prefix("${") {
                let depth = within.map_or(0, |depth| depth + 1);
                if depth > DEPTH {
                    return Err("a variable within a variable within a variable".to_owned());
                }
                // The name of a variable is no secret, and messages show it.
                if depth > 0 && !value.starts_with("file:") {
                    return Err(NAMES.to_owned());
                }
                *rest = after;
                let name = self.until_brace(rest, Some(depth))?;
                value += &self.value_of(&name)?;
            } else if after.starts_with('$') {
                return Err("a `$` begins a variable, ${NAME} or ${file:PATH}: write $$ for the sign itself".to_owned());
            } else if let Some(after) = after.strip_prefix('}') {
                *rest = after;
                if within.is_some() {
                    return Ok(value);
                }
                value.push('}');
            } else if within.is_some() {
                return Err("a `${` has no `}` after it".to_owned());
            } else {
                return Ok(value);
            }
        }
    }

    /// What one variable stands for.
    fn value_of(&mut self, name: &str) -> Result<String, String> {
        let value = match name.strip_prefix("file:") {
            Some(path) => self.read(path)?,
            None if is_name(name) => match std::env::var(name) {
                Ok(value) => value,
                Err(std::env::VarError::NotPresent) => {
                    return Err(format!("the variable {name} is not set in the environment"));
                }
                Err(_) => return Err(format!("the variable {name} is no UTF-8 text")),
            },
            None => return Err(NAMES.to_owned()),
        };
        self.take(value.len())?;
        self.is_secret = true;
        Ok(value)
    }

    /// The contents of a file, without the line break at its end.
    fn read(&self, path: &str) -> Result<String, String> {
        let failed = |why: String| format!("of the file of ${{file:...}}: {why}");
        let bytes = read_at_most(&self.folder.join(path), LARGEST_FILE).map_err(failed)?;
        let mut text =
            String::from_utf8(bytes).map_err(|_| failed("it is no UTF-8 text".to_owned()))?;
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(text)
    }
}

/// Whether a variable of the environment may be called so (POSIX, 8.1).
fn is_name(name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    name.chars().all(is_part)
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn put_in(text: &str) -> Result<(String, bool), String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("redis"), "redis://:secret@db\r\n").unwrap();
        let expanded = Variables::new(folder.path()).put_in(text)?;
        Ok((expanded.text, expanded.is_secret))
    }

    #[test]
    fn a_variable_is_one_of_the_environment_or_a_file_and_two_dollars_are_one() {
        let path = std::env::var("PATH").unwrap();
        for (text, value, is_secret) in [
            ("chat.js", "chat.js", false),
            ("a}b", "a}b", false),
            ("5 $$", "5 $", false),
            ("$${PATH}", "${PATH}", false),
            ("${PATH}", &path, true),
            ("a${PATH}}", &format!("a{path}}}"), true),
            ("${file:redis}/7", "redis://:secret@db/7", true),
        ] {
            let found = put_in(text).unwrap();
            assert_eq!(found, (value.to_owned(), is_secret), "{text}");
        }
    }

    #[test]
    fn a_variable_that_stands_for_nothing_is_a_mistake_that_says_why() {
        for (text, why) in [
            ("$PATH", "write $$"),
            ("5$", "write $$"),
            ("${PATH", "no `}`"),
            ("${}", "${ECO_REDIS}"),
            ("${A B}", "${ECO_REDIS}"),
            ("${1}", "${ECO_REDIS}"),
            ("${${PATH}}", "${ECO_REDIS}"),
            ("${ECO_NO_SUCH_VARIABLE}", "ECO_NO_SUCH_VARIABLE is not set"),
            ("${file:nowhere}", "cannot read it"),
            ("${file:.}", "a folder"),
            ("${file:${file:${PATH}}}", "within a variable"),
        ] {
            let error = put_in(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
