//! The settings of a service as a file has them: a flag of `eco serve` for each value of a key.

use super::document::{Document, Mistake};
use super::flags::Flag;
use super::keys::{Keys, has_parts, is_list, is_switch, key};
use super::paths;
use super::variables::Variables;
use clap::Arg;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// Values of a key that is a list. More is a mistake: a service listens on a few addresses.
/// Test: `config::hostile::what_is_far_too_much_is_a_mistake_with_its_place`.
pub(super) const MOST_VALUES: usize = 64;

/// One value of a key, as a flag.
pub(super) struct Setting {
    pub(super) flag: Flag,
    /// The place of the value.
    pub(super) at: Range<usize>,
    /// Whether no message may show it.
    pub(super) is_secret: bool,
}

/// Reads the values of keys.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    pub(super) keys: &'a Keys,
    variables: Variables<'a>,
}

impl<'a> Reader<'a> {
    /// For the values of this file.
    pub(super) fn new(document: &'a Document, keys: &'a Keys) -> Self {
        Self {
            document,
            keys,
            variables: Variables::new(document.folder()),
        }
    }

    /// The settings of a key.
    ///
    /// # Errors
    /// The key takes no such value.
    pub(super) fn settings(
        &mut self,
        flag: &Arg,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<Setting>, Mistake> {
        let at = value.span();
        let mistake = |what: String| self.document.mistake(&at, what);
        if is_switch(flag) {
            let is_set = value.get_ref().as_bool();
            let is_set = is_set.ok_or_else(|| mistake(takes(flag, value, "true or false")))?;
            let setting = || Setting {
                flag: Flag::switch(key(flag)),
                at,
                is_secret: false,
            };
            return Ok(is_set.then(setting).into_iter().collect());
        }
        let Some(values) = value.get_ref().as_array() else {
            return Ok(vec![self.one(flag, &[value], &at)?]);
        };
        let values: Vec<&Spanned<DeValue<'_>>> = values.iter().collect();
        if !is_list(flag) && !has_parts(flag) {
            return Err(mistake(takes(flag, value, "one value")));
        }
        if values.is_empty() || values.len() > MOST_VALUES {
            let found = values.len();
            let what = format!("a list has 1 to {MOST_VALUES} values, and this one {found}");
            return Err(mistake(what));
        }
        // `["a.pem", "a.key"]` are the parts of one value, and `["a.pem,a.key", "b.pem,b.key"]` two values.
        let is_whole = |value: &&Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::Array(_) => true,
            DeValue::String(text) => text.contains(','),
            _ => false,
        };
        if !is_list(flag) || has_parts(flag) && !values.iter().any(is_whole) {
            return Ok(vec![self.one(flag, &values, &at)?]);
        }
        let each = values.into_iter().map(|value| match value.get_ref() {
            DeValue::Array(parts) if has_parts(flag) => {
                let parts: Vec<_> = parts.iter().collect();
                self.one(flag, &parts, &value.span())
            }
            _ => self.one(flag, &[value], &value.span()),
        });
        each.collect()
    }

    /// One value of these parts, which stands here.
    fn one(
        &mut self,
        flag: &Arg,
        parts: &[&Spanned<DeValue<'_>>],
        at: &Range<usize>,
    ) -> Result<Setting, Mistake> {
        let mut texts = Vec::new();
        let mut is_secret = false;
        for part in parts {
            let mistake = |what: String| self.document.mistake(&part.span(), what);
            let text = match part.get_ref() {
                DeValue::String(text) => {
                    let expanded = self.variables.put_in(text).map_err(mistake)?;
                    is_secret |= expanded.is_secret;
                    expanded.text
                }
                DeValue::Integer(number) => {
                    let read = i64::from_str_radix(number.as_str(), number.radix());
                    let read = read.map_err(|_| mistake(format!("{number} is too large")))?;
                    read.to_string()
                }
                _ => return Err(mistake(takes(flag, part, "a text or a number"))),
            };
            texts.push(text);
        }
        let value = paths::within(self.document.folder(), flag, &texts.join(","));
        Ok(Setting {
            flag: Flag::with(key(flag), value),
            at: at.clone(),
            is_secret,
        })
    }
}

/// The words for a value of another type.
fn takes(flag: &Arg, value: &Spanned<DeValue<'_>>, what: &str) -> String {
    let (key, found) = (key(flag), value.get_ref().type_str());
    format!("`{key}` takes {what}, and this is of the type {found}")
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use clap::{ArgAction, ValueHint};
    use toml::de::DeTable;

    /// The values that a flag is given by this value of its key.
    fn values(flag: &Arg, value: &str) -> Vec<String> {
        let path = std::path::Path::new("/etc/eco/eco.toml");
        let document = Document::of(path, format!("key = {value}")).unwrap();
        let (keys, table) = (Keys::all(), DeTable::parse(&document.text).unwrap());
        let mut reader = Reader::new(&document, &keys);
        let settings = reader.settings(flag, &table.get_ref()["key"]).unwrap();
        let shown = settings.iter().map(|setting| {
            let value = setting.flag.value().unwrap_or_default();
            let value = value.to_str().unwrap();
            value.replace("/etc/eco/", "")
        });
        shown.collect()
    }

    #[test]
    fn a_list_has_several_values_or_the_parts_of_one() {
        let pairs = Arg::new("tls")
            .long("tls")
            .action(ArgAction::Append)
            .value_name("CERT,KEY")
            .value_hint(ValueHint::FilePath);
        for (value, becomes) in [
            ("'a.pem,a.key'", &["a.pem,a.key"][..]),
            ("['a.pem', 'a.key']", &["a.pem,a.key"]),
            (
                "['a.pem,a.key', 'b.pem,b.key']",
                &["a.pem,a.key", "b.pem,b.key"],
            ),
            (
                "[['a.pem', 'a.key'], ['b.pem', 'b.key']]",
                &["a.pem,a.key", "b.pem,b.key"],
            ),
            ("'self-signed'", &["self-signed"]),
        ] {
            assert_eq!(values(&pairs, value), becomes, "{value}");
        }
        let clients = Arg::new("client-ca")
            .long("client-ca")
            .value_name("FILE[,optional]")
            .value_hint(ValueHint::FilePath);
        for value in ["'ca.pem,optional'", "['ca.pem', 'optional']"] {
            assert_eq!(values(&clients, value), ["ca.pem,optional"], "{value}");
        }
        let several = Arg::new("listen").long("listen").action(ArgAction::Append);
        assert_eq!(values(&several, "['a', 7, 0x10]"), ["a", "7", "16"]);
    }
}
