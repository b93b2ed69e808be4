//! The one thread that writes to a store's file.
//!
//! Many changes go into one transaction, since most of its time is the disk's promise at its end.

use super::changes::{Changes, REMOVED_AT_ONCE};
use super::tables::{FileError, Names, Used};
use crate::clock::Clock;
use crate::limits::Limits;
use crate::problem::Problem;
use redb::Database;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Changes of one transaction. They bound its memory, and nobody can see them. Test:
/// `keeping::what_a_call_was_told_is_kept_is_there_after_a_kill`.
const TOGETHER: usize = 1000;
/// How long the file may keep expired entries while nobody changes anything.
const PURGE: Duration = Duration::from_secs(60);
/// A change, and the one who waits until it is in the file.
struct Job {
    change: Change,
    done: Done,
}

type Change = Box<dyn FnOnce(&mut Changes<'_>) -> Result<Outcome, FileError> + Send>;
type Outcomes = Vec<Result<Outcome, Problem>>;
type Done = oneshot::Sender<Result<Outcome, Problem>>;

/// The outcome of a change.
pub(super) enum Outcome {
    Done,
    Was(bool),
    Sum(i64),
}

impl Outcome {
    pub(super) fn was(self) -> bool {
        matches!(self, Self::Was(true))
    }

    pub(super) fn sum(self) -> i64 {
        match self {
            Self::Sum(sum) => sum,
            Self::Done | Self::Was(_) => 0,
        }
    }
}

/// The work of the thread.
pub(super) struct Writer {
    pub(super) database: Arc<Database>,
    pub(super) names: Arc<Names>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Limits,
    pub(super) used: Used,
}

/// The thread. Dropped, it waits for all changes that were asked for.
pub(super) struct WriterThread {
    /// `None` when it is dropped, so that the thread ends.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(super) fn start(writer: Writer) -> io::Result<Self> {
        let (jobs, incoming) = channel();
        let thread = std::thread::Builder::new()
            .name("eco-store".to_owned())
            .spawn(move || writer.run(&incoming))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Makes a change, and waits until it is in the file.
    pub(super) async fn change(
        &self,
        change: impl FnOnce(&mut Changes<'_>) -> Result<Outcome, FileError> + Send + 'static,
    ) -> Result<Outcome, Problem> {
        let (done, outcome) = oneshot::channel();
        let change = Box::new(change);
        let jobs = self.jobs.as_ref().ok_or(Problem::AWAY)?;
        jobs.send(Job { change, done }).map_err(|_| Problem::AWAY)?;
        outcome.await.map_err(|_| Problem::AWAY)?
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Writer {
    fn run(mut self, incoming: &Receiver<Job>) {
        let mut has_failed = false;
        // Whether the last transaction has left some expired entries.
        let mut is_behind = false;
        loop {
            let patience = if is_behind { Duration::ZERO } else { PURGE };
            let first = match incoming.recv_timeout(patience) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut jobs: Vec<Job> = first.into_iter().collect();
            jobs.extend(incoming.try_iter().take(TOGETHER));
            let (changes, waiting): (Vec<_>, Vec<_>) =
                jobs.into_iter().map(|job| (job.change, job.done)).unzip();
            match self.write(changes) {
                Ok((outcomes, expired)) => {
                    is_behind = expired == REMOVED_AT_ONCE;
                    for (done, outcome) in waiting.into_iter().zip(outcomes) {
                        // The one who asked may be gone.
                        let _ = done.send(outcome);
                    }
                }
                Err(error) => {
                    is_behind = false;
                    // Once: it fails until the file is opened again.
                    if !std::mem::replace(&mut has_failed, true) {
                        tracing::error!("the store's file can't be written: {error}");
                    }
                    for done in waiting {
                        let _ = done.send(Err(Problem::AWAY));
                    }
                }
            }
        }
    }

    /// Makes all changes in one transaction. Returns their outcomes, and how many expired entries it has removed.
    fn write(&mut self, changes: Vec<Change>) -> Result<(Outcomes, usize), FileError> {
        let now = milliseconds(self.clock.now());
        let transaction = self.database.begin_write()?;
        let mut outcomes = Vec::with_capacity(changes.len());
        let (used, expired) = {
            let mut tables = Changes::new(&transaction, &self.names, self.used, now, &self.limits)?;
            let expired = tables.expire(REMOVED_AT_ONCE)?;
            for change in changes {
                outcomes.push(match change(&mut tables) {
                    Ok(outcome) => Ok(outcome),
                    Err(FileError::Problem(problem)) => Err(problem),
                    Err(error) => return Err(error),
                });
            }
            (tables.used, expired)
        };
        transaction.commit()?;
        self.used = used;
        Ok((outcomes, expired))
    }
}

/// Whole milliseconds, as the file has times.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
