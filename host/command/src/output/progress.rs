//! What a person sees of what takes long: of a transfer the reply on stdout, and a bar on a terminal; of a compiler
//! what it does.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// Below this many bytes, there and back, a transfer is over before a bar could be read.
const LONG: u64 = 1024 * 1024;

/// How long anything may take without a word.
pub(crate) const SILENT: Duration = Duration::from_secs(1);

/// Says on a terminal what is waited for, once that takes long, until it is dropped.
pub(crate) struct Waiting {
    /// Never sent to: its end is what counts.
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// `what` is said as it stands.
    pub(crate) fn to(what: String) -> Self {
        let (over, ended) = channel();
        let show = move || {
            if ended.recv_timeout(SILENT) == Err(RecvTimeoutError::Timeout) {
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

impl Drop for Waiting {
    fn drop(&mut self) {
        self.over = None;
        if let Some(thread) = self.thread.take() {
            // What is said next begins on a clean line.
            let _ = thread.join();
        }
    }
}

/// A bar of this form on stderr, if that is a terminal and the bar is wanted.
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

/// Whether anybody could read a bar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Yes,
    No,
}

/// Shows one turn. Without a terminal on stderr it shows nothing.
pub(crate) struct Progress {
    bar: ProgressBar,
    stdout_is_terminal: bool,
}

impl Progress {
    /// For a turn of `total` bytes, there and back.
    pub(crate) fn new(total: u64) -> Self {
        let wanted = if total >= LONG {
            Wanted::Yes
        } else {
            Wanted::No
        };
        let form = "{bar:40} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}";
        let bar = bar(total, form, wanted);
        Self {
            bar,
            stdout_is_terminal: io::stdout().is_terminal(),
        }
    }

    /// So many bytes more went there or came back.
    pub(crate) fn advance(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
    }

    /// Writes a piece of the reply to stdout. A reader that has gone away is no error: the verdict
    /// on the reply is still wanted.
    pub(crate) async fn show(&self, bytes: &[u8]) -> io::Result<()> {
        // Without the bar, which is drawn anew when it next advances.
        if self.stdout_is_terminal {
            self.bar.suspend(|| {});
        }
        // Not to be waited for in this thread, in which signals and timeouts are seen.
        let mut stdout = tokio::io::stdout();
        let written = async {
            stdout.write_all(bytes).await?;
            stdout.flush().await
        };
        match written.await {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Ends the last line that a terminal shows of the replies, when it is dropped: an error or a prompt that
/// follows begins its own. A file or a pipe gets the bytes of the replies and nothing else.
pub(crate) struct LineEnd {
    stdout_is_terminal: bool,
    within_line: bool,
}

impl LineEnd {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Self {
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            within_line: false,
        }
    }

    /// These bytes are shown next.
    pub(crate) fn saw(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last() {
            self.within_line = *last != b'\n';
        }
    }
}

impl Drop for LineEnd {
    fn drop(&mut self) {
        if self.stdout_is_terminal && self.within_line {
            // Where nobody can see it, nothing is missing.
            let _ = writeln!(io::stdout());
        }
    }
}
