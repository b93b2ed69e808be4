//! How many helpers there are at a time.
//!
//! Those that work long make way for the others: it is likely that they never end, and what comes after
//! them should not wait for that. It must not know what a helper does.

use std::sync::LazyLock;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Helpers for each processor that exist at the same time, with those that work long. The next one waits,
/// and that is not counted as its time. Test: `compiling::helpers_that_take_long_make_way`.
const EXISTING: usize = 4;

/// Of all engines: they share the machine.
static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Places {
        all: Semaphore::new(processors * EXISTING),
        at_work: Semaphore::new(processors),
    }
});

struct Places {
    all: Semaphore,
    at_work: Semaphore,
}

/// A helper's place among all. It is given back when it is dropped.
pub(super) struct Place(#[expect(dead_code, reason = "dropping it says all")] Permit);

/// A place among those that work, one for each processor.
pub(super) struct AtWork(Option<Permit>);

type Permit = SemaphorePermit<'static>;

impl AtWork {
    /// Leaves it to the next.
    pub(super) fn make_way(&mut self) {
        self.0 = None;
    }
}

/// Waits for both, in the order in which they are asked for.
pub(super) async fn places() -> (Place, AtWork) {
    let place = Place(granted(&PLACES.all).await);
    let at_work = AtWork(Some(granted(&PLACES.at_work).await));
    (place, at_work)
}

async fn granted(places: &'static Semaphore) -> Permit {
    match places.acquire().await {
        Ok(permit) => permit,
        // They are never closed.
        Err(_) => std::future::pending().await,
    }
}
