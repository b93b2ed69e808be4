//! An entry of a store, wherever it is kept: its size and its number.

/// Bytes that the host needs for an entry beside its key and its value, about. An entry with a time to live
/// counts it twice. Test: `entries::what_is_full_refuses_and_loses_nothing`.
pub(crate) const ENTRY: usize = 128;

/// Bytes that an entry counts for.
pub(crate) fn entry_size(key: &str, value: usize, expires: bool) -> usize {
    let entries = if expires { 2 } else { 1 };
    key.len() + value + entries * ENTRY
}

/// The decimal number that a value is, written in the one way.
pub(crate) fn number(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
