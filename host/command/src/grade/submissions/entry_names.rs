//! Names of entries, which strangers chose: the hidden ones, and the way in which messages list them.

use eco_text::escape::Escaped;
use std::ffi::OsStr;

/// The most names in a line.
pub(super) const LISTED: usize = 10;

/// The first names of a list, with the number of the others. `many` is the number of all.
pub(super) fn list<T>(
    named: impl IntoIterator<Item = T>,
    many: usize,
    shown: impl Fn(T) -> String,
) -> String {
    let mut listed: Vec<String> = named.into_iter().take(LISTED).map(shown).collect();
    match many.saturating_sub(listed.len()) {
        0 => {}
        more => listed.push(format!("and {more} more")),
    }
    listed.join(", ")
}

/// A stranger's name, escaped for a line of eco's own.
pub(super) fn shown(name: &OsStr) -> String {
    Escaped(name.as_encoded_bytes()).to_string()
}

/// Whether a name is that of a file which systems and archives add by themselves.
pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
        || ["__MACOSX", "Thumbs.db", "desktop.ini"]
            .iter()
            .any(|junk| name == *junk)
}
