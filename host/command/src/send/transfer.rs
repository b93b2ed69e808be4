//! The display of a turn: the reply on stdout, and a bar on a terminal.

use crate::output::bar::{Wanted, bar};
use indicatif::ProgressBar;
use std::io::{self, IsTerminal as _, Write as _};
use tokio::io::AsyncWriteExt as _;

/// Bytes, there and back, from which on a transfer has a bar. A shorter one is over before a bar could be read.
const LONG: u64 = 1024 * 1024;

/// Shows the bytes of one turn: replies on stdout, and a bar where stderr is a terminal.
pub(super) struct Transfer {
    bar: ProgressBar,
    stdout_is_terminal: bool,
}

impl Transfer {
    /// For a turn of `total` bytes, there and back.
    pub(super) fn new(total: u64) -> Self {
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

    /// Counts bytes that were sent or received.
    pub(super) fn advance(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
    }

    /// Writes a piece of the reply to stdout. A closed pipe is no error: the exit code still says whether the reply
    /// was right.
    pub(super) async fn show(&self, bytes: &[u8]) -> io::Result<()> {
        // Removes the bar, which is drawn anew when it next advances.
        if self.stdout_is_terminal {
            self.bar.suspend(|| {});
        }
        // This thread must not block: it sees signals and timeouts.
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

impl Drop for Transfer {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Ends the last line of the replies on a terminal when it is dropped, so that an error or a prompt begins its own.
/// A file or a pipe gets the bytes of the replies and nothing else.
pub(super) struct LineEnd {
    stdout_is_terminal: bool,
    within_line: bool,
}

impl LineEnd {
    /// Nothing is shown yet.
    pub(super) fn new() -> Self {
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            within_line: false,
        }
    }

    /// Notes that these bytes are shown.
    pub(super) fn saw(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last() {
            self.within_line = *last != b'\n';
        }
    }
}

impl Drop for LineEnd {
    fn drop(&mut self) {
        if self.stdout_is_terminal && self.within_line {
            // Where it can't be written, nobody sees a line to end.
            let _ = writeln!(io::stdout());
        }
    }
}
