//! What a server says on stdout.

use eco_text::escape::one_line;
use std::io::Write as _;

/// Prints a line to stdout at once: a program may wait for it. Failing to write is no error.
pub(super) fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let line = one_line(line);
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
