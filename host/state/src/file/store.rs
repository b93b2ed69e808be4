//! A store in a file: reads come from the last transaction, changes go to the writer.

use super::changes::Changes;
use super::opening;
use super::reading::Reading;
use super::tables::{self, FileError, Names, Used};
use super::writer::{Writer, WriterThread, milliseconds};
use crate::backend::{Answer, Namespaces, Page, StoreBackend, now};
use crate::clock::Clock;
use crate::counters::StoreCounts;
use crate::entry::number;
use crate::error::OpenError;
use crate::limits::Limits;
use crate::problem::Problem;
use parking_lot::Mutex;
use redb::backends::FileBackend;
use redb::{Database, DatabaseError, ReadableDatabase as _, StorageError};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tracing::Span;

/// How long it waits for a file that another process has. A server that is killed may leave it to a child that it was
/// just starting, until that is a program of its own, and a restart comes at once. After that the file is refused.
/// Test: `state::file::store::a_file_that_is_let_go_in_time_is_waited_for`.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is tried in that time: no system tells when a lock is let go.
const AGAIN: Duration = Duration::from_millis(10);
/// Pages of the file that are kept in memory.
const CACHE: usize = 64 * 1024 * 1024;
/// A file is made smaller when it is opened, if it is so many times as large as its entries, and larger than [`SMALL`].
/// Free room within it is used again in any case.
const LOOSE: u64 = 4;
/// A smaller file isn't worth it.
const SMALL: u64 = 8 * 1024 * 1024;

/// See [`StoreBackend`].
pub(crate) struct FileStore {
    database: Arc<Database>,
    names: Arc<Names>,
    clock: Arc<dyn Clock>,
    /// The room that is taken, as of the last transaction.
    used: Arc<Mutex<Used>>,
    writer: WriterThread,
}

/// Whether the system refuses something that has nothing to do with the path.
fn is_of_system(error: &std::io::Error) -> bool {
    error.raw_os_error().is_some() && !eco_files::is_about_path(error)
}

impl FileStore {
    /// Opens the file, or makes one. `clock` tells the time since 1970, by which entries expire. Where another process
    /// has the file it waits, up to [`PATIENCE`].
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
            let span = Span::current();
            let opening = tokio::task::spawn_blocking(move || {
                span.in_scope(|| Self::open_now(&path, &namespace, &limits, clock))
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
        let failed = |error: Box<dyn Error + Send + Sync>| OpenError::File {
            path: path.to_owned(),
            error,
        };
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE);
        builder.set_check_integrity_on_open(true);
        let refused = |error: std::io::Error| match is_of_system(&error) {
            true => OpenError::System {
                path: path.to_owned(),
                error,
            },
            false => failed(error.into()),
        };
        let file = opening::open(path).map_err(refused)?;
        let itself = file.try_clone().map_err(refused)?;
        let opened = FileBackend::new(file).and_then(|file| builder.create_with_backend(file));
        let mut database = opened.map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(path.to_owned()),
            DatabaseError::Storage(StorageError::Io(error)) => refused(error),
            error => failed(error.into()),
        })?;
        opening::close_to_others(&itself, path);
        opening::warn_of_folder(path);
        let names = Names::new(namespace);
        let broken = |error: FileError| failed(error.into());
        let used = Arc::new(Mutex::new(
            tables::count(&database, &names).map_err(broken)?,
        ));
        let size = itself.metadata().map_or(0, |file| file.len());
        let is_loose =
            size > SMALL && size / LOOSE > tables::stored(&database).map_err(broken)? as u64;
        if is_loose {
            let compacted = database.compact();
            compacted.map_err(|error| failed(error.into()))?;
        }
        let (database, names) = (Arc::new(database), Arc::new(names));
        let writer = WriterThread::start(Writer {
            database: database.clone(),
            names: names.clone(),
            clock: clock.clone(),
            limits: limits.clone(),
            used: used.clone(),
        })
        .map_err(|error| failed(error.into()))?;
        Ok(Self {
            database,
            names,
            clock,
            used,
            writer,
        })
    }

    fn now(&self) -> u64 {
        milliseconds(self.clock.now())
    }

    /// Reads the file, and not the changes that wait: nothing is seen that might be lost.
    fn read<'a, T: Send + 'a>(
        &self,
        read: impl FnOnce(&Reading) -> Result<T, FileError>,
    ) -> Answer<'a, T> {
        let reading = || {
            let transaction = self.database.begin_read()?;
            read(&Reading::new(&transaction, &self.names, self.now())?)
        };
        now(reading().map_err(Problem::from))
    }
}

impl StoreBackend for FileStore {
    fn counts(&self) -> Option<StoreCounts> {
        let used = *self.used.lock();
        Some(StoreCounts {
            commits: used.commits.or(Some(0)),
            ..used
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>> {
        self.read(|tables| tables.get(key))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        // A time too long to count is for ever.
        let expires = ttl.and_then(|ttl| self.now().checked_add(milliseconds(ttl)));
        let (key, value) = (key.to_owned(), value.to_owned());
        Box::pin(async move {
            let change = move |tables: &mut Changes<'_>| tables.set(&key, &value, expires);
            self.writer.change(change).await
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
                return Ok(false);
            }
            match new {
                Some(value) => tables.set(&key, &value, None)?,
                None => drop(tables.remove(&key)?),
            }
            Ok(true)
        };
        Box::pin(async move { self.writer.change(change).await })
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
            Ok(sum)
        };
        Box::pin(async move { self.writer.change(change).await })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        let key = key.to_owned();
        let change = move |tables: &mut Changes<'_>| tables.remove(&key);
        Box::pin(async move { self.writer.change(change).await })
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
