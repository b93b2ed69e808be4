//! Opens the place that a location names.
//!
//! It alone knows which backends there are.

use super::backend::{Backends, StoreBackend};
use super::clock::{SystemClock, WallClock};
use super::error::OpenError;
use super::file::{self, FileStore};
use super::limits::Limits;
use super::location::Location;
use super::memory::{MemoryStore, MemoryTopics};
#[cfg(feature = "redis")]
use super::redis::{Links, RedisStore, RedisTopics};
use std::path::Path;
use std::sync::Arc;

/// Topics and store at a location. `host` is the beginning of the ids of this host's connections.
pub(crate) async fn open_backends(
    location: &Location,
    namespace: &str,
    limits: Limits,
    host: &str,
) -> Result<Backends, OpenError> {
    let clock = Arc::new(SystemClock::default());
    let waiting = Arc::default();
    Ok(match location {
        Location::Memory => Backends::in_memory(limits, clock),
        Location::File(path) => Backends {
            topics: Box::new(MemoryTopics::new(&limits, &waiting)),
            store: file_store(path, namespace, &limits).await?,
            limits,
            clock,
            waiting,
        },
        #[cfg(feature = "redis")]
        Location::Redis(url) => {
            let links = Links::new(url, &limits)?;
            let opening = RedisTopics::open(links.clone(), namespace, host, &limits, &waiting);
            Backends {
                topics: Box::new(opening.await?),
                store: Box::new(RedisStore::new(links, namespace, &limits)),
                limits,
                clock,
                waiting,
            }
        }
        #[cfg(not(feature = "redis"))]
        Location::Redis(_) => {
            let _ = host;
            return Err(OpenError::NoRedis);
        }
    })
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
        Location::File(path) if file::has_something(path) => {
            file_store(path, namespace, limits).await
        }
        Location::File(_) | Location::Memory => {
            let clock = Arc::new(SystemClock::default());
            Ok(Box::new(MemoryStore::new(limits, clock)))
        }
        #[cfg(feature = "redis")]
        Location::Redis(url) => {
            let links = Links::new(url, limits)?;
            links.connect().await?;
            Ok(Box::new(RedisStore::new(links, namespace, limits)))
        }
        #[cfg(not(feature = "redis"))]
        Location::Redis(_) => Err(OpenError::NoRedis),
    }
}

async fn file_store(
    path: &Path,
    namespace: &str,
    limits: &Limits,
) -> Result<Box<dyn StoreBackend>, OpenError> {
    let store = FileStore::open(path, namespace, limits, Arc::new(WallClock)).await?;
    Ok(Box::new(store))
}

impl Backends {
    /// Both in this process, and empty.
    pub(crate) fn in_memory(limits: Limits, clock: Arc<dyn super::clock::Clock>) -> Self {
        let waiting = Arc::default();
        Self {
            topics: Box::new(MemoryTopics::new(&limits, &waiting)),
            store: Box::new(MemoryStore::new(&limits, clock.clone())),
            limits,
            clock,
            waiting,
        }
    }
}

#[cfg(all(test, not(feature = "redis")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_redis_its_location_is_a_plain_error() {
        let location: Location = "redis://127.0.0.1:1".parse().expect("a location");
        let limits = Limits::default();
        let opened = open_backends(&location, "n", limits.clone(), "h").await;
        assert!(matches!(opened.err(), Some(OpenError::NoRedis)));
        let opened = open_store(&location, "n", &limits).await;
        let error = opened.err().expect("there is no Redis").to_string();
        assert!(error.contains("built without Redis"), "{error}");
    }
}
