//! Places for connections: as many as may be open at the same time. Their number may change under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a server.
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// Places that are taken and are not to be free again: there are fewer by now.
    surplus: Arc<AtomicUsize>,
}

/// The place of one connection, free again when this is dropped.
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    surplus: Arc<AtomicUsize>,
}

impl Places {
    /// So many places.
    pub(super) fn new(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            surplus: Arc::default(),
        }
    }

    /// Has so many places from now on, where there were `before`. Connections that have one keep it.
    pub(super) fn change(&self, before: usize, most: usize) {
        let [before, most] = [before, most].map(|places| places.min(Semaphore::MAX_PERMITS));
        if most < before {
            let fewer = before - most;
            let taken = fewer - self.free.forget_permits(fewer);
            self.surplus.fetch_add(taken, Ordering::Relaxed);
        } else {
            let more = most - before;
            let kept = (0..more).take_while(|_| one_less(&self.surplus)).count();
            self.free.add_permits(more - kept);
        }
    }

    /// A place, if one is free.
    pub(super) fn free(&self) -> Option<Place> {
        let permit = self.free.clone().try_acquire_owned().ok();
        permit.map(|permit| self.place(permit))
    }

    /// Waits for a place.
    pub(super) async fn next(&self) -> Option<Place> {
        // It fails only for a closed semaphore, and this one never is.
        let permit = self.free.clone().acquire_owned().await.ok();
        permit.map(|permit| self.place(permit))
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        Place {
            permit: Some(permit),
            surplus: self.surplus.clone(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take()
            && one_less(&self.surplus)
        {
            permit.forget();
        }
    }
}

/// Takes one from this number, if it is not 0.
fn one_less(number: &AtomicUsize) -> bool {
    number
        .try_update(Ordering::Relaxed, Ordering::Relaxed, |number| {
            number.checked_sub(1)
        })
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_more_or_fewer_places_and_those_that_are_taken_stay() {
        let places = Places::new(2);
        let mut taken = vec![places.free(), places.free()];
        assert!(taken.iter().all(Option::is_some) && places.free().is_none());
        places.change(2, 1);
        taken.pop();
        assert!(places.free().is_none(), "one is taken, and there is one");
        taken.pop();
        let one = places.free();
        assert!(one.is_some() && places.free().is_none());
        // To fewer and back again, while it is taken.
        places.change(1, 0);
        places.change(0, 2);
        let two = places.free();
        assert!(two.is_some() && places.free().is_none());
        drop((one, two));
        let three = [places.free(), places.free(), places.free()];
        assert_eq!(three.iter().flatten().count(), 2);
    }
}
