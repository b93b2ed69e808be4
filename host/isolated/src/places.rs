//! Places of helpers: they bound how many exist, and how many work, at a time.
//!
//! Helpers that work long make way for the others: they are likely never to end, and the next ones should not wait for
//! that.

use std::sync::LazyLock;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Helpers for each processor that exist at the same time, with those that work long. The next one waits, and the wait
/// is not counted as its time. Test: `only_so_many_helpers_exist_for_a_processor`.
const EXISTING: usize = 4;

/// The places of all engines, which share the machine.
static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Places::for_processors(processors)
});

struct Places {
    all: Semaphore,
    at_work: Semaphore,
}

impl Places {
    fn for_processors(processors: usize) -> Self {
        Self {
            all: Semaphore::new(processors * EXISTING),
            at_work: Semaphore::new(processors),
        }
    }

    async fn enter(&'static self) -> (Place, AtWork) {
        let place = Place(granted(&self.all).await);
        let at_work = AtWork(Some(granted(&self.at_work).await));
        (place, at_work)
    }
}

/// A helper's place among all that exist. Dropping it gives it back.
pub(crate) struct Place(#[expect(dead_code, reason = "dropping it says all")] Permit);

/// A place among those that work, one for each processor.
pub(crate) struct AtWork(Option<Permit>);

type Permit = SemaphorePermit<'static>;

impl AtWork {
    /// Leaves the place to the next helper.
    pub(crate) fn make_way(&mut self) {
        self.0 = None;
    }
}

/// Waits for a place of each kind. Helpers get them in the order in which they ask.
pub(crate) async fn places() -> (Place, AtWork) {
    PLACES.enter().await
}

async fn granted(places: &'static Semaphore) -> Permit {
    match places.acquire().await {
        Ok(permit) => permit,
        // They are never closed.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_so_many_helpers_exist_for_a_processor() {
        static PLACES: LazyLock<Places> = LazyLock::new(|| Places::for_processors(1));
        let mut existing = Vec::new();
        for _ in 0..EXISTING {
            let (place, mut at_work) = PLACES.enter().await;
            at_work.make_way();
            existing.push(place);
        }
        let granted = tokio::select! {
            biased;
            _ = PLACES.enter() => true,
            () = std::future::ready(()) => false,
        };
        assert!(!granted, "there is one more");
        existing.pop();
        PLACES.enter().await;
    }
}
