//! Texts of an exercise for people: their longest lengths, and the check for one line.

/// Characters of a title, a summary and a case's name, each of which is one line. A longer one is refused: it is a
/// column of a table, and stands in every report.
/// Test: `exercises::hostile::contents::texts_have_bounds_and_names_are_one_line`.
pub(super) const LONGEST_LINE: usize = 200;
/// Characters of a slug. A longer one is refused.
/// Test: `exercises::hostile::contents::texts_have_bounds_and_names_are_one_line`.
pub(super) const LONGEST_SLUG: usize = 64;
/// Characters of a hint, which may have several lines. A longer one is refused: it is in every report of a case that
/// fails.
/// Test: `exercises::hostile::contents::texts_have_bounds_and_names_are_one_line`.
pub(super) const LONGEST_HINT: usize = 2000;
/// Characters of a judge's message. A longer one is refused: it goes into each of its instances.
/// Test: `exercises::hostile::contents::texts_have_bounds_and_names_are_one_line`.
pub(super) const LONGEST_MESSAGE: usize = 64 * 1024;

/// Checks that a text has at most `most` characters. `what` is its name in the error.
///
/// # Errors
/// It is longer.
pub(super) fn check_length(text: &str, most: usize, what: &str) -> Result<(), String> {
    if text.chars().nth(most).is_none() {
        Ok(())
    } else {
        Err(format!("{what} has at most {most} characters"))
    }
}

/// Checks that a text is one line of at most [`LONGEST_LINE`] characters.
///
/// # Errors
/// It is longer, or has a control character, such as a line break.
pub(super) fn check_line(text: &str, what: &str) -> Result<(), String> {
    check_length(text, LONGEST_LINE, what)?;
    if text.contains(char::is_control) {
        Err(format!("{what} is one line, without control characters"))
    } else {
        Ok(())
    }
}
