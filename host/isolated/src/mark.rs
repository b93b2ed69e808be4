//! The mark of a helper's process: a variable of its environment, which names its work.
//!
//! It owns one rule: who has the mark starts no helper. A program whose `main` forgets to ask for the mark would start
//! itself again and again, each process the next one. The mark is inherited on purpose, so that a process between two
//! helpers, a supervisor say, breaks no chain.

use std::ffi::OsString;
use std::io::{self, Write as _};

/// The variable. No person sets it.
pub(crate) const VARIABLE: &str = "ECO_HELPER";

/// The words for a program that has no ear for the mark.
pub(crate) const MISSING: &str = "does not call `eco_host::if_helper();` first in its `main`";

fn mark() -> Option<OsString> {
    std::env::var_os(VARIABLE)
}

/// Whether this process was started as a helper for this work.
pub(crate) fn is_helper_for(work: &str) -> bool {
    mark().is_some_and(|mark| mark == work)
}

/// Ends the process, with a line on stderr, if it is a helper: one that gets here has forgotten that it is.
///
/// Whoever starts helpers, or makes what starts them, calls this first.
pub fn end_if_helper() {
    if mark().is_some() {
        // Where nobody reads the line, the status tells.
        let _ = writeln!(
            io::stderr(),
            "this process was started as a helper of eco ({VARIABLE} is set), and the program {MISSING}"
        );
        std::process::exit(FORGOTTEN);
    }
}

/// The exit status of a helper that has forgotten that it is one.
const FORGOTTEN: i32 = 1;
