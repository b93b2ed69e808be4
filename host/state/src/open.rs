//! Opens the place that a location names.
//!
//! It alone knows which backends there are.

use super::backend::{Backends, StoreBackend};
use super::clock::{Clock, SystemClock};
use super::error::OpenError;
#[cfg(feature = "file")]
use super::file::{self, FileStore};
use super::limits::Limits;
use super::location::Location;
use super::memory::{MemoryStore, MemoryTopics};
#[cfg(feature = "redis")]
use super::redis::{Links, RedisStore, RedisTopics};
use std::sync::Arc;

/// The longest name of a namespace, in bytes. It is a part of every key.
/// Test: `open::tests::names_that_would_meet_others_are_refused`.
const NAMESPACE: usize = 200;
/// The longest name of a host, in bytes: an id on Redis has 128, and what is longer is nobody's.
/// Test: `open::tests::names_that_would_meet_others_are_refused`.
const HOST: usize = 100;

/// Refuses names that would not work where state outlives the process.
fn check_names(namespace: &str, host: &str) -> Result<(), OpenError> {
    // On Redis, a namespace stands in braces: with one in it, its topic could be the store of another.
    if namespace.is_empty() || namespace.len() > NAMESPACE || namespace.contains(['{', '}']) {
        let why = "a namespace has 1 to 200 bytes, and no { and no }, which end it on a Redis";
        return Err(OpenError::Name(why));
    }
    if host.len() > HOST || host.contains(char::is_control) {
        let why = "the name of a host has 100 bytes at most, and no control characters";
        return Err(OpenError::Name(why));
    }
    Ok(())
}

/// Topics and store at a location. `host` is the beginning of the ids of this host's connections.
pub(crate) async fn open_backends(
    location: &Location,
    namespace: &str,
    limits: Limits,
    host: &str,
) -> Result<Backends, OpenError> {
    let clock = Arc::new(SystemClock::default());
    if *location != Location::Memory {
        check_names(namespace, host)?;
    }
    match location {
        Location::Memory => Ok(Backends::in_memory(limits, clock)),
        #[cfg(feature = "file")]
        Location::File(path) => {
            let store = file_store(path, namespace, &limits).await?;
            let topics = Box::new(MemoryTopics::new(&limits));
            Ok(Backends::new(topics, store, limits, clock))
        }
        #[cfg(feature = "redis")]
        Location::Redis(url) => {
            let links = Links::new(url, &limits)?;
            let topics = RedisTopics::open(links.clone(), namespace, host, &limits).await?;
            let store = RedisStore::new(links, namespace, &limits);
            let (topics, store) = (Box::new(topics), Box::new(store));
            Ok(Backends::new(topics, store, limits, clock))
        }
        #[cfg(not(all(feature = "file", feature = "redis")))]
        _ => Err(not_built_in(location)),
    }
}

/// The store alone, to look at it. Its server is stopped, or runs where the store is on Redis.
///
/// # Errors
/// It can't be opened. No file is made where there is none, and nothing is written into an empty one.
pub async fn open_store(
    location: &Location,
    namespace: &str,
    limits: &Limits,
) -> Result<Box<dyn StoreBackend>, OpenError> {
    match location {
        Location::Memory => Ok(empty_store(limits)),
        #[cfg(feature = "file")]
        Location::File(path) if file::has_something(path) => {
            file_store(path, namespace, limits).await
        }
        #[cfg(feature = "file")]
        Location::File(_) => Ok(empty_store(limits)),
        #[cfg(feature = "redis")]
        Location::Redis(url) => {
            let links = Links::new(url, limits)?;
            links.connect().await?;
            Ok(Box::new(RedisStore::new(links, namespace, limits)))
        }
        #[cfg(not(all(feature = "file", feature = "redis")))]
        _ => {
            let _ = namespace;
            Err(not_built_in(location))
        }
    }
}

fn empty_store(limits: &Limits) -> Box<dyn StoreBackend> {
    let clock = Arc::new(SystemClock::default());
    Box::new(MemoryStore::new(limits, clock))
}

#[cfg(feature = "file")]
async fn file_store(
    path: &std::path::Path,
    namespace: &str,
    limits: &Limits,
) -> Result<Box<dyn StoreBackend>, OpenError> {
    let clock = Arc::new(super::clock::WallClock);
    let store = FileStore::open(path, namespace, limits, clock).await?;
    Ok(Box::new(store))
}

/// The error for a location whose feature is not built in.
#[cfg(not(all(feature = "file", feature = "redis")))]
fn not_built_in(location: &Location) -> OpenError {
    let (place, feature) = match location {
        Location::Redis(_) => ("Redis", "redis"),
        Location::File(_) | Location::Memory => ("stores in files", "file"),
    };
    OpenError::NotBuiltIn { place, feature }
}

impl Backends {
    /// Both in this process, and empty.
    pub(crate) fn in_memory(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let topics = Box::new(MemoryTopics::new(&limits));
        let store = Box::new(MemoryStore::new(&limits, clock.clone()));
        Self::new(topics, store, limits, clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_meet_others_are_refused() {
        let (longest, long) = ("n".repeat(NAMESPACE), "n".repeat(NAMESPACE + 1));
        for (namespace, host, is_taken) in [
            ("n", "", true),
            (&*longest, &longest[..HOST], true),
            ("", "h-", false),
            (&*long, "h-", false),
            ("a}b", "h-", false),
            ("{", "h-", false),
            ("n", &long[..=HOST], false),
            ("n", "a\nb", false),
        ] {
            let checked = check_names(namespace, host);
            assert_eq!(checked.is_ok(), is_taken, "{namespace} {host}");
        }
    }

    #[cfg(not(all(feature = "file", feature = "redis")))]
    #[tokio::test]
    async fn a_location_that_is_not_built_in_is_a_plain_error() {
        for (location, is_built_in, words) in [
            (
                "redis://127.0.0.1:1",
                cfg!(feature = "redis"),
                "built without Redis",
            ),
            (
                "file:no-such-folder/state",
                cfg!(feature = "file"),
                "built without stores in files",
            ),
        ] {
            let location: Location = location.parse().expect("a location");
            let limits = Limits::default();
            let opened = open_backends(&location, "n", limits.clone(), "h").await;
            let error = opened.err().expect("nothing is there");
            let is_missing = matches!(error, OpenError::NotBuiltIn { .. });
            assert_eq!(is_missing, !is_built_in, "{error}");
            if is_missing {
                let opened = open_store(&location, "n", &limits).await;
                let error = opened.err().expect("it is not built in").to_string();
                assert!(error.contains(words), "{error}");
            }
        }
    }
}
