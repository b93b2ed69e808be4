//! A line on a terminal that says what eco waits for.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A wait that is shorter than this is not shown.
const SHORT: Duration = Duration::from_secs(1);

/// Shows on a terminal what eco waits for, once the wait is long, until it is dropped.
pub(crate) struct Spinner {
    /// Nothing is sent. The thread ends when this is dropped.
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Spinner {
    /// Shows this text as it is. Nothing in it may harm a terminal.
    pub(crate) fn show(what: String) -> Self {
        let (over, ended) = channel();
        let show = move || {
            if ended.recv_timeout(SHORT) == Err(RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::new_spinner();
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                    spinner.set_style(style);
                }
                spinner.set_message(what);
                spinner.enable_steady_tick(Duration::from_millis(100));
                let _ = ended.recv();
                spinner.finish_and_clear();
            }
        };
        let thread = io::stderr().is_terminal().then(|| thread::spawn(show));
        Self {
            over: Some(over),
            thread,
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.over = None;
        if let Some(thread) = self.thread.take() {
            // The next message begins on a clean line.
            let _ = thread.join();
        }
    }
}
