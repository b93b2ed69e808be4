//! What the guest's side of a call, at a tick or in a function of the host, and the caller's side tell each other; and the
//! end of the time that a call may wait.

use eco_compile::{Budget, Budgets, TICK};
use eco_contract::SlowFlag;
use eco_fair::{Account, Place, RecentTime, TurnQueue};
use parking_lot::{Mutex, MutexGuard};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::ThreadId;
use std::time::{Duration, Instant};
use tokio::time::{Sleep, sleep, sleep_until};

/// The state of the running call.
#[derive(Default)]
pub(crate) struct CallState {
    pause: Mutex<Pause>,
    /// Whether the call takes long, for whoever runs it.
    pub(super) slow_flag: SlowFlag,
}

#[derive(Default)]
pub(super) struct Pause {
    /// The call's place among those that take long, or its turn among events. It is given back whenever the guest stops
    /// running, so that a call that sleeps holds up nobody.
    pub(super) place: Option<Place>,
    /// Whether the guest stopped to make way for others, and not to wait for something.
    pub(super) made_way: bool,
    /// When the guest last went on. `None` before its first stop: to ask the system at each call is too dear.
    went_on: Option<Reading>,
    /// What it had since the last tick, before it went on.
    had: Duration,
    /// Whether what it had before its first stop is counted.
    is_begun: bool,
    /// Whether its connection, or its peer, has had much lately.
    pub(super) much: bool,
}

/// The processor time that a thread has used.
struct Reading {
    thread: ThreadId,
    used: Duration,
}

impl Reading {
    /// Of this thread. `None` where the system doesn't say.
    fn now() -> Option<Self> {
        #[cfg(unix)]
        {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            Some(Self {
                thread: std::thread::current().id(),
                used: Duration::try_from(time).ok()?,
            })
        }
        #[cfg(not(unix))]
        None
    }

    /// What this thread has used since, if it is the same.
    fn since(&self) -> Option<Duration> {
        let now = Self::now().filter(|now| now.thread == self.thread)?;
        now.used.checked_sub(self.used)
    }
}

/// What a guest had before its first stop, by the clock: it can't have gone on for longer than to the next tick, but the
/// system may have run others meanwhile.
pub(super) fn first_part(runs_since: Instant) -> Duration {
    runs_since.elapsed().min(TICK)
}

/// Who waits for a place: a connection of a peer, with a plugin.
#[derive(Clone, Debug)]
pub(crate) struct Payer {
    pub(crate) plugin: Arc<Account>,
    pub(crate) peer: Arc<Account>,
    /// What the connection has had.
    pub(crate) recent: RecentTime,
}

impl CallState {
    pub(super) fn new(slow_flag: SlowFlag) -> Self {
        Self {
            slow_flag,
            ..Self::default()
        }
    }

    pub(super) fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock()
    }

    /// Waits for a place, before a call that takes long from the start.
    pub(crate) async fn waits(&self, slow_queue: &TurnQueue, payer: &Payer) {
        self.pause().place = None;
        self.slow_flag.set_slow(true);
        // It may be moved out of the way.
        tokio::task::yield_now().await;
        let place = slow_queue
            .enter(&payer.plugin, &payer.peer, payer.recent)
            .await;
        self.pause().place = Some(place);
    }

    /// Has the call make way for others, until `turn` has come.
    pub(crate) async fn makes_way<T>(&self, turn: impl Future<Output = T>) -> T {
        self.pause().made_way = true;
        let turn = turn.await;
        self.pause().made_way = false;
        turn
    }

    /// The call has its turn, until it stops or ends.
    pub(crate) fn has_turn(&self, place: Option<Place>) {
        self.pause().place = place;
    }

    /// Before the guest goes on, in this thread.
    pub(super) fn goes_on(&self) {
        self.pause().went_on = Reading::now();
    }

    /// After the guest, which runs since then, has stopped: others may have its place. Whether it stopped for them.
    pub(super) fn stops(&self, runs_since: Instant) -> bool {
        let mut pause = self.pause();
        pause.place = None;
        let had = match pause.went_on.take() {
            Some(went_on) => went_on.since().unwrap_or_default(),
            None if pause.is_begun => Duration::ZERO,
            None => first_part(runs_since),
        };
        pause.is_begun = true;
        pause.had += had;
        pause.made_way
    }

    /// What the guest had since the last tick, if the system says so.
    pub(super) fn had(&self) -> Option<Duration> {
        let mut pause = self.pause();
        let before = std::mem::take(&mut pause.had);
        let is_first = !std::mem::replace(&mut pause.is_begun, true);
        let since = pause.went_on.take().and_then(|went_on| went_on.since());
        match since {
            Some(since) => Some(before + since),
            None if is_first => None,
            None => Some(before).filter(|before| !before.is_zero()),
        }
    }

    /// After a call that has stopped at least once: what it had since the last tick.
    fn ends(&self) -> Duration {
        let mut pause = self.pause();
        let since = pause.went_on.take().and_then(|went_on| went_on.since());
        let rest = pause.had + since.unwrap_or_default();
        let much = pause.much;
        *pause = Pause {
            much,
            ..Pause::default()
        };
        self.slow_flag.set_slow(much);
        rest
    }
}

/// How a call ended.
pub(crate) struct Ended<T> {
    pub(crate) result: Result<T, Budget>,
    /// What it had that isn't counted yet, where it has stopped at least once.
    pub(crate) rest: Option<Duration>,
}

/// Runs a call to its end, or to the end of the time that it may wait. `began` is when it began, from which its deadline
/// counts; `runs_since` is when its guest did, after the call had waited for its turn. The time in which it runs is the
/// [`CpuMeter`](super::meter::CpuMeter)'s; that in which it makes way for others is bounded by its deadline alone.
///
/// The timers cost nothing to the calls, nearly all, that end without a pause.
pub(crate) async fn bounded<F: Future>(
    mut call: Pin<&mut F>,
    call_state: &CallState,
    budgets: &Budgets,
    (began, runs_since): (Instant, Instant),
) -> Ended<F::Output> {
    let mut left = budgets.wait;
    let mut waiting: Option<(Instant, Pin<Box<Sleep>>)> = None;
    let mut deadline: Option<Pin<Box<Sleep>>> = None;
    // A call that takes long from the start has waited before it began.
    let mut paused = call_state.slow_flag.is_slow();
    std::future::poll_fn(|cx| {
        if paused {
            call_state.goes_on();
        }
        if let Poll::Ready(result) = call.as_mut().poll(cx) {
            let rest = paused.then(|| call_state.ends());
            let result = Ok(result);
            return Poll::Ready(Ended { result, rest });
        }
        paused = true;
        let made_way = call_state.stops(runs_since);
        let mut broken = None;
        if made_way {
            if let Some((since, _)) = waiting.take() {
                left = left.saturating_sub(since.elapsed());
            }
        } else {
            let (_, timer) = waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
            if timer.as_mut().poll(cx).is_ready() {
                broken = Some(Budget::Wait);
            }
        }
        // What can't be counted is never.
        if let Some(end) = began.checked_add(budgets.deadline) {
            let timer = deadline.get_or_insert_with(|| Box::pin(sleep_until(end.into())));
            if timer.as_mut().poll(cx).is_ready() {
                broken = broken.or(Some(Budget::Deadline));
            }
        }
        match broken {
            Some(budget) => {
                let rest = Some(call_state.ends());
                let result = Err(budget);
                Poll::Ready(Ended { result, rest })
            }
            None => Poll::Pending,
        }
    })
    .await
}
