//! Comparing bytes.

use eco_text::hexdump::hexdump;

/// Panics unless both are the same, and shows the first difference as a hexdump.
#[track_caller]
pub(crate) fn assert_same(actual: &[u8], expected: &[u8]) {
    if actual == expected {
        return;
    }
    let pairs = actual.iter().zip(expected);
    let at = pairs
        .take_while(|(actual, expected)| actual == expected)
        .count();
    panic!(
        "bytes differ at {at}: {} came, {} were expected\nactual:\n{}expected:\n{}",
        actual.len(),
        expected.len(),
        hexdump(actual, Some(at)),
        hexdump(expected, Some(at))
    );
}
