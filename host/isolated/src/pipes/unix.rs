//! The pipes to a helper, on Unix.
//!
//! Waits at the pipes last no longer than the helper lives, though a process that it has left behind may hold their
//! other ends. stderr is read during every wait, so that the helper never blocks on it.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout};

/// The helper's three pipes, with its last words.
pub(crate) struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// `None` once stderr is at its end.
    stderr: Option<ChildStderr>,
    /// It reaches its end when [`Life`] is dropped.
    life: PipeReader,
    last_words: Vec<u8>,
    heard: usize,
}

/// Waits at the pipes end when this is dropped.
pub(crate) struct Life(#[expect(dead_code, reason = "dropping it says all")] PipeWriter);

/// Bytes that are kept of a helper's stderr: the runtime's last words. Earlier ones are lost.
/// Test: `taken_over::what_a_helper_writes_to_its_stderr_is_read_and_the_end_kept`.
const LAST_WORDS: usize = 4096;
/// Bytes that are read of a helper's stderr. Beyond them it is closed, since it may be endless.
/// Test: `taken_over::what_a_helper_writes_to_its_stderr_is_read_and_the_end_kept`.
const MOST_HEARD: usize = 1 << 20;

enum Wanted {
    Room,
    Answer,
}

impl Pipes {
    /// The pipes of a process that was just started.
    pub(crate) fn of(child: &mut Child) -> io::Result<(Self, Life)> {
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("it has no pipes"));
        };
        rustix::io::ioctl_fionbio(&stdin, true)?;
        rustix::io::ioctl_fionbio(&stdout, true)?;
        rustix::io::ioctl_fionbio(&stderr, true)?;
        let (life, kept) = io::pipe()?;
        let pipes = Self {
            stdin,
            stdout,
            stderr: Some(stderr),
            life,
            last_words: Vec::new(),
            heard: 0,
        };
        Ok((pipes, Life(kept)))
    }

    /// Waits at stdin or stdout, and reads stderr meanwhile.
    fn wait(&mut self, wanted: &Wanted) -> io::Result<()> {
        loop {
            let wanted = match wanted {
                Wanted::Room => PollFd::from_borrowed_fd(self.stdin.as_fd(), PollFlags::OUT),
                Wanted::Answer => PollFd::from_borrowed_fd(self.stdout.as_fd(), PollFlags::IN),
            };
            let mut ends = vec![wanted, PollFd::new(&self.life, PollFlags::IN)];
            let stderr = self.stderr.as_ref();
            ends.extend(stderr.map(|stderr| PollFd::new(stderr, PollFlags::IN)));
            match poll(&mut ends, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let mut come = ends.iter().map(|end| !end.revents().is_empty());
            let (is_ready, is_over) = (come.next() == Some(true), come.next() == Some(true));
            if is_over {
                return Err(io::Error::other("nobody waits for it any more"));
            }
            self.hear();
            if is_ready {
                return Ok(());
            }
        }
    }

    /// Reads all bytes that are ready in stderr.
    pub(crate) fn hear(&mut self) {
        let mut bytes = [0; 4096];
        while let Some(stderr) = &mut self.stderr {
            match stderr.read(&mut bytes) {
                Ok(read @ 1..) if self.heard < MOST_HEARD => {
                    self.heard += read;
                    self.last_words.extend(bytes.iter().take(read));
                    let beyond = self.last_words.len().saturating_sub(LAST_WORDS);
                    self.last_words.drain(..beyond);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => self.stderr = None,
            }
        }
    }

    /// The last bytes of stderr, of a helper that has ended.
    pub(crate) fn last_words(mut self) -> Vec<u8> {
        self.hear();
        self.last_words
    }
}

/// From the helper's stdout.
impl Read for Pipes {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stdout.read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(&Wanted::Answer)?;
                }
                read => return read,
            }
        }
    }
}

/// To the helper's stdin.
impl Write for Pipes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.stdin.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(&Wanted::Room)?;
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
