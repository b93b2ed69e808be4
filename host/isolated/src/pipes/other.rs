//! The pipes to a helper, on systems where a thread waits at one pipe at a time. See `pipes/unix.rs`: unlike there, a
//! wait may last until the other end is closed.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout};

/// The helper's three pipes.
pub(crate) struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// It has no effect here.
pub(crate) struct Life;

/// Bytes that are read of a helper's stderr: the runtime's last words. The rest is lost. No test hits it here.
const LAST_WORDS: u64 = 4096;

impl Pipes {
    pub(crate) fn of(child: &mut Child) -> io::Result<(Self, Life)> {
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("it has no pipes"));
        };
        let pipes = Self {
            stdin,
            stdout,
            stderr,
        };
        Ok((pipes, Life))
    }

    pub(crate) fn hear(&mut self) {}

    pub(crate) fn last_words(self) -> Vec<u8> {
        let mut last_words = Vec::new();
        let _ = self.stderr.take(LAST_WORDS).read_to_end(&mut last_words);
        last_words
    }
}

impl Read for Pipes {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stdout.read(into)
    }
}

impl Write for Pipes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stdin.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdin.flush()
    }
}
