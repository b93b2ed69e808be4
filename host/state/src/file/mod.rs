//! A store in a file: what a call was told is kept is there after the process was killed, or the machine lost
//! its power.
//!
//! It owns the file, and the one thread that writes to it. Many changes go into one transaction, since what
//! takes time is the disk's promise at its end. What a transaction is made of is `tables`' business; whose file it is,
//! `opening`'s.

mod opening;
mod tables;

use super::backend::{Answer, Namespaces, Page, StoreBackend, now};
use super::clock::Clock;
use super::limits::Limits;
use super::memory::number;
use super::problem::Problem;
use super::shared::OpenError;
use redb::backends::FileBackend;
use redb::{Database, DatabaseError, ReadableDatabase as _, StorageError};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tables::{Changes, Fault, Names, Used};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// Changes of one transaction. What it holds in memory is bounded by them. It changes nothing that one could
/// see. Test: `keeping::what_a_call_was_told_is_kept_is_there_after_a_kill`.
const TOGETHER: usize = 1000;
/// Entries whose time is over that one transaction removes, unless it needs their room: changes wait for it. Those that
/// are left are not there for anybody, and go with the next one, which comes at once.
/// Test: `tables::tests::what_is_over_is_removed_a_part_at_a_time_and_is_not_there_before`.
const REMOVED_AT_ONCE: usize = 1000;
/// How long the file may keep what is over while nobody changes anything.
const PURGE: Duration = Duration::from_secs(60);
/// How long a file is waited for that another process has. A server that is killed may leave it to a child that it was
/// just starting, which has it until it is a program of its own, and whoever restarts the server does so at once. After
/// that it is refused. Test: `keeping::a_file_that_is_let_go_in_time_is_waited_for`.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is tried in that time: no system tells when a lock is let go.
const AGAIN: Duration = Duration::from_millis(10);
/// Pages of the file that are kept in memory.
const CACHE: usize = 64 * 1024 * 1024;
/// A file is made smaller when it is opened, if it is so many times as large as what is in it, and larger than
/// [`SMALL`]. What is free within it is used again in any case.
const LOOSE: u64 = 4;
/// A file that isn't worth it.
const SMALL: u64 = 8 * 1024 * 1024;

/// See [`StoreBackend`].
pub(crate) struct FileStore {
    database: Arc<Database>,
    names: Arc<Names>,
    clock: Arc<dyn Clock>,
    /// `None` when it is dropped, so that the thread ends.
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

/// A change, and what is to be done when it is in the file, or why it isn't.
struct Job {
    change: Change,
    done: Done,
}

type Change = Box<dyn FnOnce(&mut Changes<'_>) -> Result<Outcome, Fault> + Send>;
type Done = oneshot::Sender<Result<Outcome, Problem>>;

/// What comes of a change.
enum Outcome {
    Done,
    Was(bool),
    Sum(i64),
}

/// Whether the system refuses something, whatever the file is that was named.
fn is_of_system(error: &std::io::Error) -> bool {
    error.raw_os_error().is_some() && !eco_files::is_about_path(error)
}

/// Whether there may be a store: a file that is there and not empty, whatever it is.
pub(crate) fn has_something(path: &Path) -> bool {
    let found = path.symlink_metadata();
    found.is_ok_and(|found| !(found.is_file() && found.len() == 0))
}

impl FileStore {
    /// Opens the file, or makes one. `clock` tells the time since 1970, in which what is kept expires. Where another
    /// process has it, that is waited for, up to [`PATIENCE`].
    pub(crate) async fn open(
        path: &Path,
        namespace: &str,
        limits: &Limits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (path, namespace) = (path.to_owned(), namespace.to_owned());
            let (limits, clock) = (limits.clone(), clock.clone());
            // All of the file is read.
            let opening = tokio::task::spawn_blocking(move || {
                Self::open_now(&path, &namespace, &limits, clock)
            });
            match opening.await {
                Ok(Err(OpenError::InUse(_))) if Instant::now() < deadline => sleep(AGAIN).await,
                Ok(opened) => return opened,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
    }

    fn open_now(
        path: &Path,
        namespace: &str,
        limits: &Limits,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let failed = |reason: String| OpenError::File {
            path: path.to_owned(),
            reason,
        };
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE);
        builder.set_check_integrity_on_open(true);
        let refused = |error: std::io::Error| match is_of_system(&error) {
            true => OpenError::System {
                path: path.to_owned(),
                error,
            },
            false => failed(error.to_string()),
        };
        let file = opening::open(path).map_err(refused)?;
        let itself = file.try_clone().map_err(refused)?;
        let opened = FileBackend::new(file).and_then(|file| builder.create_with_backend(file));
        let mut database = opened.map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(path.to_owned()),
            DatabaseError::Storage(StorageError::Io(error)) => refused(error),
            error => failed(error.to_string()),
        })?;
        opening::close_to_others(&itself, path);
        opening::warn_of_folder(path);
        let names = Names::new(namespace);
        let broken = |fault: Fault| failed(fault.to_string());
        let used = tables::count(&database, &names).map_err(broken)?;
        let size = itself.metadata().map_or(0, |file| file.len());
        let is_loose =
            size > SMALL && size / LOOSE > tables::stored(&database).map_err(broken)? as u64;
        if is_loose {
            database
                .compact()
                .map_err(|error| failed(error.to_string()))?;
        }
        let (database, names) = (Arc::new(database), Arc::new(names));
        let (jobs, incoming) = channel();
        let writer = Writer {
            database: database.clone(),
            names: names.clone(),
            clock: clock.clone(),
            limits: limits.clone(),
            used,
            has_failed: false,
            is_behind: false,
        };
        let writer = std::thread::Builder::new()
            .name("eco-store".to_owned())
            .spawn(move || writer.run(&incoming))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            database,
            names,
            clock,
            jobs: Some(jobs),
            writer: Some(writer),
        })
    }

    fn now(&self) -> u64 {
        milliseconds(self.clock.now())
    }

    /// Reads what is in the file: nothing is seen that might be lost.
    fn read<'a, T: Send + 'a>(
        &self,
        read: impl FnOnce(&tables::Reading) -> Result<T, Fault>,
    ) -> Answer<'a, T> {
        let reading = || {
            let transaction = self.database.begin_read()?;
            read(&tables::Reading::new(
                &transaction,
                &self.names,
                self.now(),
            )?)
        };
        now(reading().map_err(Problem::from))
    }

    async fn change(
        &self,
        change: impl FnOnce(&mut Changes<'_>) -> Result<Outcome, Fault> + Send + 'static,
    ) -> Result<Outcome, Problem> {
        let (done, outcome) = oneshot::channel();
        let change = Box::new(change);
        let jobs = self.jobs.as_ref().ok_or(Problem::AWAY)?;
        jobs.send(Job { change, done }).map_err(|_| Problem::AWAY)?;
        outcome.await.map_err(|_| Problem::AWAY)?
    }
}

/// Waits for what has been asked for.
impl Drop for FileStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// The thread that writes.
struct Writer {
    database: Arc<Database>,
    names: Arc<Names>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    used: Used,
    has_failed: bool,
    /// Whether the last transaction has left some of what is over.
    is_behind: bool,
}

impl Writer {
    fn run(mut self, incoming: &Receiver<Job>) {
        loop {
            let patience = if self.is_behind {
                Duration::ZERO
            } else {
                PURGE
            };
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
                Ok(outcomes) => {
                    for (done, outcome) in waiting.into_iter().zip(outcomes) {
                        // Whoever asked may be gone.
                        let _ = done.send(outcome);
                    }
                }
                Err(fault) => {
                    self.is_behind = false;
                    // Once: what has failed fails until the file is opened again.
                    if !std::mem::replace(&mut self.has_failed, true) {
                        tracing::error!("the store's file can't be written: {fault}");
                    }
                    for done in waiting {
                        let _ = done.send(Err(Problem::AWAY));
                    }
                }
            }
        }
    }

    /// All in one transaction.
    fn write(&mut self, changes: Vec<Change>) -> Result<Vec<Result<Outcome, Problem>>, Fault> {
        let now = milliseconds(self.clock.now());
        let transaction = self.database.begin_write()?;
        let mut outcomes = Vec::with_capacity(changes.len());
        let is_behind;
        let used = {
            let mut tables = Changes::new(&transaction, &self.names, self.used, now, &self.limits)?;
            is_behind = tables.expire(REMOVED_AT_ONCE)? == REMOVED_AT_ONCE;
            for change in changes {
                outcomes.push(match change(&mut tables) {
                    Ok(outcome) => Ok(outcome),
                    Err(Fault::Problem(problem)) => Err(problem),
                    Err(fault) => return Err(fault),
                });
            }
            tables.used
        };
        transaction.commit()?;
        (self.used, self.is_behind) = (used, is_behind);
        Ok(outcomes)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl StoreBackend for FileStore {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>> {
        self.read(|tables| tables.get(key))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        // A time beyond what can be counted is for ever.
        let expires = ttl.and_then(|ttl| self.now().checked_add(milliseconds(ttl)));
        let (key, value) = (key.to_owned(), value.to_owned());
        Box::pin(async move {
            self.change(move |tables| tables.set(&key, &value, expires).map(|()| Outcome::Done))
                .await
                .map(drop)
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool> {
        let (key, expected) = (key.to_owned(), expected.map(<[u8]>::to_owned));
        let new = new.map(<[u8]>::to_owned);
        let change = move |tables: &mut Changes<'_>| {
            if tables.get(&key)?.as_deref() != expected.as_deref() {
                return Ok(Outcome::Was(false));
            }
            match new {
                Some(value) => tables.set(&key, &value, None)?,
                None => drop(tables.remove(&key)?),
            }
            Ok(Outcome::Was(true))
        };
        Box::pin(async move { self.change(change).await.map(Outcome::was) })
    }

    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64> {
        let key = key.to_owned();
        let change = move |tables: &mut Changes<'_>| {
            let (old, expires) = match tables.entry(&key)? {
                Some((value, expires)) => (number(&value), expires),
                None => (Some(0), None),
            };
            let sum = old.and_then(|old| old.checked_add(delta));
            let sum = sum.ok_or(Problem::NotANumber)?;
            tables.set(&key, sum.to_string().as_bytes(), expires)?;
            Ok(Outcome::Sum(sum))
        };
        Box::pin(async move { self.change(change).await.map(Outcome::sum) })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        let key = key.to_owned();
        let change = move |tables: &mut Changes<'_>| tables.remove(&key).map(Outcome::Was);
        Box::pin(async move { self.change(change).await.map(Outcome::was) })
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        more: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Page> {
        self.read(|tables| tables.keys(prefix, more, limit))
    }

    fn namespaces(&self) -> Answer<'_, Namespaces> {
        let found = || tables::namespaces(&self.database.begin_read()?);
        now(found().map_err(Problem::from))
    }
}

impl Outcome {
    fn was(self) -> bool {
        matches!(self, Self::Was(true))
    }

    fn sum(self) -> i64 {
        match self {
            Self::Sum(sum) => sum,
            Self::Done | Self::Was(_) => 0,
        }
    }
}
