//! The functions that a script defines, as a person would see them.
//!
//! It owns the forms of a definition: `function name`, `name = function`, `name = (a) =>`. Each language gives the
//! words in them. The module parses no language: it reads strings and comments as code, and its findings are good for
//! hints alone. It takes one pass over the words and marks of any text.

/// Bytes of a script that are searched. People write less, and a generator's text is not worth the memory of its words.
/// The rest has no hints. Test: `misspelt::what_comes_late_in_a_long_script_is_not_looked_at`.
pub(crate) const LOOKED_AT: usize = 256 * 1024;

/// Longest name that may be a slip, in bytes. Names of eco's functions have up to a dozen. A longer name is skipped.
/// Test: `misspelt::what_is_far_away_or_no_function_is_left_alone`.
pub(crate) const LONGEST_NAME: usize = 64;

/// How a language defines functions.
pub(crate) struct Syntax {
    /// The word before a function's name.
    pub(crate) keyword: &'static str,
    /// The word that begins a function without a name.
    pub(crate) anonymous: &'static str,
    /// Objects whose fields are names at the top level.
    pub(crate) globals: &'static [&'static str],
    /// Whether the definition that begins here belongs to an object.
    pub(crate) is_member: fn(&Text<'_>, usize) -> bool,
}

/// A name that the script gives to a function where eco would find it. Functions of objects are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Definition<'a> {
    pub(crate) name: &'a str,
    /// Its line, counted from 1.
    pub(crate) line: usize,
}

/// All definitions of a text, in their order.
pub(crate) fn definitions<'a>(syntax: &Syntax, text: &'a str) -> Vec<Definition<'a>> {
    let (start, _) = text.split_at(text.floor_char_boundary(LOOKED_AT));
    let text = Text(tokens(start));
    let defined = |at| text.defined(syntax, at);
    (0..text.0.len()).filter_map(defined).collect()
}

/// The kinds of tokens. Blanks separate tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Word(&'a str),
    Mark(u8),
    /// A parenthesis, and the place of what follows the one that closes it, if there is one.
    Open(Option<usize>),
}

#[derive(Clone, Copy)]
struct Token<'a> {
    kind: Kind<'a>,
    line: usize,
    /// Whether its line begins with a blank.
    is_indented: bool,
}

/// Whether a byte is part of a word. Every byte beyond ASCII counts as one, since names may have it.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let is_indented = |start: usize| matches!(bytes.get(start), Some(b' ' | b'\t'));
    let (mut at, mut line, mut indented) = (0, 1, is_indented(0));
    let (mut found, mut open): (Vec<Token<'_>>, Vec<usize>) = (Vec::new(), Vec::new());
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let kind = match byte {
            b'\n' => {
                line += 1;
                indented = is_indented(at);
                continue;
            }
            _ if byte.is_ascii_whitespace() => continue,
            b'(' => {
                open.push(found.len());
                Kind::Open(None)
            }
            _ if is_part(byte) => {
                while bytes.get(at).is_some_and(|byte| is_part(*byte)) {
                    at += 1;
                }
                Kind::Word(text.get(start..at).unwrap_or_default())
            }
            _ => Kind::Mark(byte),
        };
        let after = found.len() + 1;
        if byte == b')'
            && let Some(opening) = open.pop().and_then(|opening| found.get_mut(opening))
        {
            opening.kind = Kind::Open(Some(after));
        }
        found.push(Token {
            kind,
            line,
            is_indented: indented,
        });
    }
    found
}

/// A script's text in tokens, each at a place of its own.
pub(crate) struct Text<'a>(Vec<Token<'a>>);

impl<'a> Text<'a> {
    fn kind(&self, at: usize) -> Option<Kind<'a>> {
        self.0.get(at).map(|token| token.kind)
    }

    /// The token that lies so many tokens before this place.
    pub(crate) fn before(&self, at: usize, tokens: usize) -> Option<Kind<'a>> {
        self.kind(at.checked_sub(tokens)?)
    }

    /// Whether the line of this place begins with a blank.
    pub(crate) fn is_indented(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|token| token.is_indented)
    }

    /// The function that the word at this place defines, if it does.
    fn defined(&self, syntax: &Syntax, at: usize) -> Option<Definition<'a>> {
        let (owner, name) = match self.kind(at)? {
            Kind::Word(word) if word == syntax.keyword && self.is_value(at) => return None,
            Kind::Word(word) if word == syntax.keyword => self.named(at + 1)?,
            Kind::Word(_) if self.is_given_function(syntax, at) => (self.owner(at), at),
            Kind::Word(_) | Kind::Mark(_) | Kind::Open(_) => return None,
        };
        if owner.is_some_and(|owner| !syntax.globals.contains(&owner)) {
            return None;
        }
        let is_member = (syntax.is_member)(self, at);
        let line = self.0.get(name)?.line;
        match self.kind(name)? {
            Kind::Word(name)
                if !is_member && !name.starts_with("__") && name.len() <= LONGEST_NAME =>
            {
                Some(Definition { name, line })
            }
            Kind::Word(_) | Kind::Mark(_) | Kind::Open(_) => None,
        }
    }

    /// Whether the function that begins here is assigned to a name. Its own name is then known only inside it.
    fn is_value(&self, at: usize) -> bool {
        let is = Some(Kind::Mark(b'='));
        let before = self.before(at, 1);
        before == is || before == Some(Kind::Word("async")) && self.before(at, 2) == is
    }

    /// The name that follows the keyword, with the object that has it as a field.
    fn named(&self, at: usize) -> Option<(Option<&'a str>, usize)> {
        let name = match self.kind(at)? {
            Kind::Mark(b'*') => at + 1,
            Kind::Word(_) | Kind::Mark(_) | Kind::Open(_) => at,
        };
        let parts = (self.kind(name)?, self.kind(name + 1), self.kind(name + 2));
        match parts {
            (Kind::Word(owner), Some(Kind::Mark(b'.' | b':')), Some(Kind::Word(_))) => {
                Some((Some(owner), name + 2))
            }
            (Kind::Word(_), ..) => Some((None, name)),
            (Kind::Mark(_) | Kind::Open(_), ..) => None,
        }
    }

    /// The object that has the name here as a field.
    fn owner(&self, at: usize) -> Option<&'a str> {
        match (self.before(at, 2), self.before(at, 1)) {
            (Some(Kind::Word(owner)), Some(Kind::Mark(b'.'))) => Some(owner),
            // The object has no name.
            (_, Some(Kind::Mark(b'.'))) => Some(""),
            _ => None,
        }
    }

    /// Whether the name here is assigned a function: `name = async (a) =>`.
    fn is_given_function(&self, syntax: &Syntax, at: usize) -> bool {
        if self.kind(at + 1) != Some(Kind::Mark(b'=')) {
            return false;
        }
        let value = match (self.kind(at + 2), self.kind(at + 3)) {
            // Here `async` is a parameter's name.
            (Some(Kind::Word("async")), Some(Kind::Mark(b'='))) => at + 2,
            (Some(Kind::Word("async")), _) => at + 3,
            _ => at + 2,
        };
        match self.kind(value) {
            Some(Kind::Word(word)) if word == syntax.anonymous => true,
            Some(Kind::Word(_)) => self.is_arrow(value + 1),
            Some(Kind::Open(Some(after))) => self.is_arrow(after),
            Some(Kind::Mark(_) | Kind::Open(None)) | None => false,
        }
    }

    fn is_arrow(&self, at: usize) -> bool {
        let arrow = (self.kind(at), self.kind(at + 1));
        arrow == (Some(Kind::Mark(b'=')), Some(Kind::Mark(b'>')))
    }
}
