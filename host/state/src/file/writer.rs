//! The one thread that writes to a store's file: `eco-store`. It ends with the store.
//!
//! Many changes go into one transaction, since most of its time is the disk's promise at its end.

use super::changes::{Changes, REMOVED_AT_ONCE};
use super::tables::{FileError, Names, Used};
use crate::clock::Clock;
use crate::limits::Limits;
use crate::problem::Problem;
use parking_lot::Mutex;
use redb::Database;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use tracing::Span;

/// Changes of one transaction. They bound its memory, and nobody can see them.
/// Test: `state::file::store::a_value_that_was_reported_as_kept_survives_a_kill`.
const TOGETHER: usize = 1000;
/// How long the file may keep expired entries while nobody changes anything.
const PURGE: Duration = Duration::from_secs(60);

/// A change. It returns its answer, which is sent when the transaction is in the file.
type Change = Box<dyn FnOnce(&mut Changes<'_>) -> Result<Answer, FileError> + Send>;
type Answer = Box<dyn FnOnce()>;

/// The work of the thread.
pub(super) struct Writer {
    pub(super) database: Arc<Database>,
    pub(super) names: Arc<Names>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: Limits,
    /// The room that is taken, as of the last transaction. Others look at it.
    pub(super) used: Arc<Mutex<Used>>,
}

/// The thread. Dropped, it waits for all changes that were asked for.
pub(super) struct WriterThread {
    /// `None` when it is dropped, so that the thread ends.
    changes: Option<Sender<Change>>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(super) fn start(writer: Writer) -> io::Result<Self> {
        let (changes, incoming) = channel();
        let span = Span::current();
        let thread = std::thread::Builder::new()
            .name("eco-store".to_owned())
            .spawn(move || span.in_scope(|| writer.run(&incoming)))?;
        Ok(Self {
            changes: Some(changes),
            thread: Some(thread),
        })
    }

    /// Makes a change, and waits until it is in the file.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Changes<'_>) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (sender, outcome) = oneshot::channel();
        let change: Change = Box::new(move |tables| {
            let done = match change(tables) {
                Ok(done) => Ok(done),
                Err(FileError::Problem(problem)) => Err(problem),
                Err(error) => return Err(error),
            };
            // The one who asked may be gone.
            Ok(Box::new(move || drop(sender.send(done))))
        });
        let changes = self.changes.as_ref().ok_or(Problem::AWAY)?;
        changes.send(change).map_err(|_| Problem::AWAY)?;
        // No answer comes where the transaction has failed.
        outcome.await.map_err(|_| Problem::AWAY)?
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.changes = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Writer {
    fn run(self, incoming: &Receiver<Change>) {
        let mut has_failed = false;
        // Whether the last transaction has left some expired entries.
        let mut is_behind = false;
        loop {
            let patience = if is_behind { Duration::ZERO } else { PURGE };
            let first = match incoming.recv_timeout(patience) {
                Ok(change) => Some(change),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let more = incoming.try_iter().take(TOGETHER);
            match self.write(first.into_iter().chain(more).collect()) {
                Ok((answers, expired)) => {
                    is_behind = expired == REMOVED_AT_ONCE;
                    answers.into_iter().for_each(|answer| answer());
                }
                Err(error) => {
                    is_behind = false;
                    // Once: it fails until the file is opened again.
                    if !std::mem::replace(&mut has_failed, true) {
                        tracing::error!("the store's file can't be written: {error}");
                    }
                }
            }
        }
    }

    /// Makes all changes in one transaction. Returns their answers, and how many expired entries it has removed.
    fn write(&self, changes: Vec<Change>) -> Result<(Vec<Answer>, usize), FileError> {
        let now = milliseconds(self.clock.now());
        let transaction = self.database.begin_write()?;
        let mut answers = Vec::with_capacity(changes.len());
        let (mut used, expired) = {
            let used = *self.used.lock();
            let mut tables = Changes::new(&transaction, &self.names, used, now, &self.limits)?;
            let expired = tables.expire(REMOVED_AT_ONCE)?;
            for change in changes {
                answers.push(change(&mut tables)?);
            }
            (tables.used, expired)
        };
        transaction.commit()?;
        used.commits = Some(used.commits.unwrap_or_default() + 1);
        *self.used.lock() = used;
        Ok((answers, expired))
    }
}

/// Whole milliseconds, as the file has times.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
