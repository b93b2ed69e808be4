//! Work on shared resources runs at ordinary priority. A thread of the lowest priority must not hold a resource that
//! others wait for: the system may suspend that thread for as long as there is other work.

use super::call_state::{CallState, Payer};
use eco_fair::TurnQueue;
use std::sync::Arc;

/// The priority at which a call works on shared resources.
pub(crate) enum Priority {
    /// The call has ordinary priority already.
    Ordinary,
    /// The call is slow. It leaves the threads of slow calls for the work, and waits for its place there again.
    Raised {
        call_state: Arc<CallState>,
        slow_queue: TurnQueue,
        payer: Payer,
    },
}

impl Priority {
    /// Does this work within the running call of a guest.
    pub(crate) async fn run<T>(self, work: impl Future<Output = T>) -> T {
        let Self::Raised {
            call_state,
            slow_queue,
            payer,
        } = self
        else {
            return work.await;
        };
        call_state.slow_flag.set_slow(false);
        call_state.makes_way(tokio::task::yield_now()).await;
        let result = work.await;
        call_state.slow_flag.set_slow(true);
        let back = async {
            tokio::task::yield_now().await;
            let Payer {
                plugin,
                peer,
                recent,
            } = &payer;
            slow_queue.enter(plugin, peer, *recent).await
        };
        let place = call_state.makes_way(back).await;
        call_state.pause().place = Some(place);
        result
    }
}

impl CallState {
    /// Does this work after a call, at ordinary priority too.
    pub(crate) async fn afterwards<T>(&self, work: impl Future<Output = T>) -> T {
        let is_slow = self.slow_flag.is_slow();
        if is_slow {
            self.slow_flag.set_slow(false);
            tokio::task::yield_now().await;
        }
        let result = work.await;
        self.slow_flag.set_slow(is_slow);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_contract::SlowFlag;
    use eco_fair::RecentTime;

    #[tokio::test]
    async fn a_slow_call_works_on_what_is_shared_as_any_other_and_is_slow_again_afterwards() {
        let slow_flag = SlowFlag::default();
        let call_state = Arc::new(CallState::new(slow_flag.clone()));
        let slow_queue = TurnQueue::with_places(1);
        let payer = Payer {
            plugin: Arc::default(),
            peer: Arc::default(),
            recent: RecentTime::default(),
        };
        call_state.waits(&slow_queue, &payer).await;
        assert!(slow_flag.is_slow());
        let priority = Priority::Raised {
            call_state: call_state.clone(),
            slow_queue: slow_queue.clone(),
            payer,
        };
        let is_slow = priority.run(async {
            // `bounded` does the same when the guest stops, and others may take its place.
            call_state.stops(std::time::Instant::now());
            slow_flag.is_slow()
        });
        assert!(!is_slow.await);
        assert!(slow_flag.is_slow() && call_state.pause().place.is_some());
        call_state
            .afterwards(async { assert!(!slow_flag.is_slow()) })
            .await;
        assert!(slow_flag.is_slow());
    }
}
