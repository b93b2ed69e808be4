//! A progress bar on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};

/// A bar on stderr, hidden unless stderr is a terminal and the bar is wanted. `form` is a template of indicatif's.
pub(crate) fn bar(length: u64, form: &str, wanted: Wanted) -> ProgressBar {
    let target = if wanted == Wanted::Yes && io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(length), target);
    match ProgressStyle::with_template(form) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Whether a bar would stay long enough to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Yes,
    No,
}
