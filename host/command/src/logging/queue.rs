//! The queue of lines in front of stderr, with the thread that writes them.
//!
//! It bounds the waiting bytes, separately for eco's own lines and for the words of plugins and peers, and counts lost
//! lines. A thread that logs never waits.

use std::io::{self, ErrorKind, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Time that the end of the process waits for the log to be read. Lines that are not written by then are lost.
/// Test: `logs::a_log_that_nobody_reads_holds_up_nobody`.
const LAST: Duration = Duration::from_secs(1);

/// Pause before writing again, where stderr is non-blocking and full.
const FULL: Duration = Duration::from_millis(10);

/// Bytes of memory that are kept for the next lines. The rest is given back after a flood.
const KEPT: usize = 64 * 1024;

/// The origin of the words in a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// eco's own words, with few of others.
    Own,
    /// The words of a plugin or a peer.
    Said,
}

/// The numbers of lost lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// eco's own.
    pub(crate) own: u64,
    /// Those with the words of a plugin or a peer.
    pub(crate) said: u64,
}

/// Room for lines of one origin.
pub(super) struct Room {
    bytes: usize,
    used: usize,
    /// Since the last batch, and ever.
    lost: u64,
    lost_ever: u64,
}

impl Room {
    /// Room for this number of bytes.
    pub(super) const fn of(bytes: usize) -> Self {
        Self {
            bytes,
            used: 0,
            lost: 0,
            lost_ever: 0,
        }
    }

    /// Takes room for the line; counts it as lost and returns `false` where there is none.
    fn take(&mut self, line: &str) -> bool {
        let used = self.used + line.len();
        let fits = used <= self.bytes;
        if fits {
            self.used = used;
        } else {
            self.lost += 1;
            self.lost_ever += 1;
        }
        fits
    }

    /// Frees all room, and returns the number of lost lines.
    fn free(&mut self) -> u64 {
        self.used = 0;
        std::mem::take(&mut self.lost)
    }
}

/// The waiting lines. While the thread writes a batch, there is room for as many again.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Signals that there is a line to write, or that it is the end.
    news: Condvar,
    /// Signals that all is written.
    done: Condvar,
}

struct Waiting {
    /// Whole lines, in order.
    text: Vec<u8>,
    own: Room,
    said: Room,
    writer: Writer,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// It has not started, or has written all.
    Gone,
    Writing,
    /// It writes the rest, and ends.
    Ending,
}

impl Queue {
    /// A queue with this room for eco's own lines, and for others.
    pub(super) const fn new(own: Room, said: Room) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                text: Vec::new(),
                own,
                said,
                writer: Writer::Gone,
            }),
            news: Condvar::new(),
            done: Condvar::new(),
        }
    }

    /// Adds a line, which ends in a line break, or counts it as lost.
    pub(super) fn push(&self, line: &str, origin: Origin) {
        let mut waiting = self.lock();
        let room = match origin {
            Origin::Own => &mut waiting.own,
            Origin::Said => &mut waiting.said,
        };
        if room.take(line) {
            let is_first = waiting.text.is_empty();
            waiting.text.extend_from_slice(line.as_bytes());
            if is_first {
                self.news.notify_one();
            }
        }
    }

    /// The numbers of all lines that were lost so far.
    pub(super) fn lost_ever(&self) -> Lost {
        let waiting = self.lock();
        Lost {
            own: waiting.own.lost_ever,
            said: waiting.said.lost_ever,
        }
    }

    /// Starts the thread that writes. `are_missing` makes the line in the place of lost ones.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(super) fn write_to(
        &'static self,
        to: impl Write + Send + 'static,
        are_missing: impl Fn(Lost) -> String + Send + 'static,
    ) -> io::Result<()> {
        let writer = thread::Builder::new().name("log".to_owned());
        self.lock().writer = Writer::Writing;
        let started = writer.spawn(move || self.write_all(to, are_missing));
        started
            .map(drop)
            .inspect_err(|_| self.lock().writer = Writer::Gone)
    }

    fn write_all(&self, mut to: impl Write, are_missing: impl Fn(Lost) -> String) {
        let mut batch = Vec::new();
        while let Some(lost) = self.next(&mut batch) {
            // When stderr is closed, nobody can read the log.
            let _ = write_whole(&mut to, &batch);
            // Lines are lost when the queue is full, so the lost ones follow those in it.
            if lost != Lost::default() {
                let _ = write_whole(&mut to, are_missing(lost).as_bytes());
            }
            batch.clear();
            batch.shrink_to(KEPT);
        }
        self.lock().writer = Writer::Gone;
        self.done.notify_all();
    }

    /// Waits for lines, and takes all of them. Returns the number of lines lost after them, or `None` at the end.
    fn next(&self, batch: &mut Vec<u8>) -> Option<Lost> {
        let nothing =
            |waiting: &mut Waiting| waiting.text.is_empty() && waiting.writer == Writer::Writing;
        let mut waiting = self
            .news
            .wait_while(self.lock(), nothing)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.text.is_empty() {
            return None;
        }
        std::mem::swap(batch, &mut waiting.text);
        Some(Lost {
            own: waiting.own.free(),
            said: waiting.said.free(),
        })
    }

    /// Waits until all is written, for [`LAST`] at most.
    pub(super) fn finish(&self) {
        let mut waiting = self.lock();
        if waiting.writer == Writer::Writing {
            waiting.writer = Writer::Ending;
            self.news.notify_one();
        }
        let unwritten = |waiting: &mut Waiting| waiting.writer != Writer::Gone;
        drop(self.done.wait_timeout_while(waiting, LAST, unwritten));
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_whole(to: &mut impl Write, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        match to.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(FULL),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn are_missing(lost: Lost) -> String {
        format!("lost {} {}\n", lost.own, lost.said)
    }

    /// The text that a writer writes from now to the end.
    fn written(queue: &Queue) -> String {
        let mut text = Vec::new();
        queue.lock().writer = Writer::Ending;
        queue.write_all(&mut text, are_missing);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_where_it_is_missing() {
        let queue = Queue::new(Room::of(8), Room::of(4));
        for (line, origin) in [
            ("own\n", Origin::Own),
            ("say\n", Origin::Said),
            ("lost\n", Origin::Said),
            ("two\n", Origin::Own),
            ("lost\n", Origin::Said),
            ("lost\n", Origin::Own),
        ] {
            queue.push(line, origin);
        }
        assert_eq!(written(&queue), "own\nsay\ntwo\nlost 1 2\n");
        assert_eq!(queue.lost_ever(), Lost { own: 1, said: 2 });
        queue.push("say\n", Origin::Said);
        queue.push("own\n", Origin::Own);
        assert_eq!(written(&queue), "say\nown\n");
    }

    #[test]
    fn a_line_that_could_never_fit_is_counted_with_the_next() {
        let queue = Queue::new(Room::of(4), Room::of(4));
        queue.push("far too long\n", Origin::Own);
        assert_eq!(written(&queue), "");
        queue.push("own\n", Origin::Own);
        assert_eq!(written(&queue), "own\nlost 1 0\n");
    }

    /// Takes a few bytes at a time, and nothing every other time.
    struct Sluggish {
        taken: Vec<u8>,
        full: bool,
    }

    impl Write for Sluggish {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.full = !self.full;
            let piece = bytes.get(..2).unwrap_or(bytes);
            if self.full {
                Err(ErrorKind::WouldBlock.into())
            } else {
                self.taken.write(piece)
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_that_is_full_for_a_moment_gets_the_whole_line() {
        let mut to = Sluggish {
            taken: Vec::new(),
            full: false,
        };
        write_whole(&mut to, b"whole").unwrap();
        assert_eq!(to.taken, b"whole");
    }
}
