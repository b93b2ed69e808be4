//! The state that the two sides of a call share: the guest's side, at a tick or in a host function, and the caller's.
//! The caller's side also ends a call that waits for too long.

use eco_compile::{Budget, TICK};
use eco_contract::SlowFlag;
use eco_fair::{Account, Place, RecentTime, TurnQueue};
use parking_lot::{Mutex, MutexGuard};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::ThreadId;
use std::time::{Duration, Instant};
use tokio::time::{Sleep, sleep, sleep_until};

/// The state of the running call.
#[derive(Default)]
pub(crate) struct CallState {
    pause: Mutex<Pause>,
    /// Tells the driver of the connection that the call is slow.
    pub(super) slow_flag: SlowFlag,
}

#[derive(Default)]
pub(super) struct Pause {
    /// The call's place in a turn queue. The place is released whenever the guest stops, so that a sleeping call
    /// delays no other.
    pub(super) place: Option<Place>,
    /// Whether the guest stopped to make way for other calls, and not to wait for something.
    pub(super) made_way: bool,
    /// Processor time when the guest last went on. `None` before its first stop, and before it calls a function of the
    /// embedder's: asking the system at each call is too expensive.
    went_on: Option<Reading>,
    /// Processor time since the last tick, without the stretch since `went_on`.
    had: Duration,
    /// Whether the time before the first stop is counted.
    is_begun: bool,
    /// Whether the connection or its peer has used much processor time recently.
    pub(super) much: bool,
}

/// The processor time that a thread has used.
struct Reading {
    thread: ThreadId,
    used: Duration,
}

impl Reading {
    /// Reads the clock of this thread. `None` where the system has no such clock.
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

    /// Processor time since this reading, if the thread is still the same.
    fn since(&self) -> Option<Duration> {
        let now = Self::now().filter(|now| now.thread == self.thread)?;
        now.used.checked_sub(self.used)
    }
}

/// Time of a guest before its first stop, by the wall clock. A guest stops at the next tick at the latest, unless the
/// host works for it, and only functions of the embedder's work for so long: see `counts_exactly`. The system may have
/// run other programs meanwhile, so a whole tick is the upper bound.
pub(super) fn first_part(runs_since: Instant) -> Duration {
    runs_since.elapsed().min(TICK)
}

/// The connection that waits for a place, with the accounts of its plugin and its peer.
#[derive(Clone, Debug)]
pub(crate) struct Payer {
    pub(crate) plugin: Arc<Account>,
    pub(crate) peer: Arc<Account>,
    /// Recent processor time of the connection.
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

    /// Waits for a place, before a call that is slow from the start.
    pub(crate) async fn waits(&self, slow_queue: &TurnQueue, payer: &Payer) {
        self.pause().place = None;
        self.slow_flag.set_slow(true);
        // The driver may move the slow task to other threads here.
        tokio::task::yield_now().await;
        let place = slow_queue
            .enter(&payer.plugin, &payer.peer, payer.recent)
            .await;
        self.pause().place = Some(place);
    }

    /// Makes way for other calls until `turn` has come.
    pub(crate) async fn makes_way<T>(&self, turn: impl Future<Output = T>) -> T {
        self.pause().made_way = true;
        let turn = turn.await;
        self.pause().made_way = false;
        turn
    }

    /// Gives the call its place, if it needs one. It holds that until it stops or ends.
    pub(crate) fn holds_place(&self, place: Option<Place>) {
        self.pause().place = place;
    }

    /// Releases the call's place: it has ended without a stop.
    pub(crate) fn release_place(&self) {
        self.pause().place = None;
    }

    /// Whether the call that begins is slow from the start.
    pub(crate) fn is_slow(&self) -> bool {
        self.slow_flag.is_slow()
    }

    /// Notes that the guest goes on, on this thread.
    pub(crate) fn goes_on(&self) {
        self.pause().went_on = Reading::now();
    }

    /// Notes that the guest has stopped, counts its time and releases its place. Returns whether it stopped to make
    /// way.
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

    /// Takes the guest's processor time since the last tick. `None` where it is unknown.
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

    /// Counts the rest of the running call's time exactly, although it may not have stopped yet. Returns whether it
    /// does: some systems have no clock of a thread's processor time.
    pub(super) fn counts_exactly(&self, runs_since: Instant) -> bool {
        let mut pause = self.pause();
        if pause.went_on.is_some() {
            return true;
        }
        let Some(now) = Reading::now() else {
            return false;
        };
        if !std::mem::replace(&mut pause.is_begun, true) {
            pause.had += first_part(runs_since);
        }
        pause.went_on = Some(now);
        true
    }

    /// The guest's processor time since the last tick, as far as it is known.
    pub(super) fn so_far(&self) -> Duration {
        let pause = self.pause();
        let since = pause.went_on.as_ref().and_then(Reading::since);
        pause.had + since.unwrap_or_default()
    }

    /// As [`ends`](Self::ends), within the guest's call. `None` if the call has never stopped.
    pub(crate) fn ends_within(&self) -> Option<Duration> {
        let is_counted = {
            let pause = self.pause();
            pause.is_begun || pause.went_on.is_some()
        };
        is_counted.then(|| self.ends())
    }

    /// Ends a call whose time is counted exactly. Returns its processor time since the last tick.
    pub(super) fn ends(&self) -> Duration {
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
    /// Processor time that isn't counted yet, if the call has stopped at least once.
    pub(crate) rest: Option<Duration>,
}

/// The time of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// The start of the guest, after the call's wait for its turn.
    pub(crate) runs_since: Instant,
    /// The call's deadline. One beyond the clock's range never comes.
    pub(crate) ends: Option<Instant>,
}

impl Span {
    /// The same for a guest that starts now.
    pub(crate) fn runs_from_now(self) -> Self {
        Self {
            runs_since: Instant::now(),
            ..self
        }
    }
}

/// What bounds a call whose guest has stopped, with the timers for it. They cost nothing to the calls, nearly all, that end
/// without a pause.
pub(crate) struct Bounds<'a> {
    call_state: &'a CallState,
    /// What is left of the time in which it may wait.
    left: Duration,
    span: Span,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<'a> Bounds<'a> {
    /// For a call that may wait for so long, and has this span.
    pub(crate) fn new(call_state: &'a CallState, left: Duration, span: Span) -> Self {
        Self {
            call_state,
            left,
            span,
            waiting: None,
            deadline: None,
        }
    }

    /// Notes that the guest has stopped. Returns whether it did so to make way.
    ///
    /// # Errors
    /// It has waited for too long, or its time is over.
    pub(crate) fn stopped(&mut self, cx: &mut Context<'_>) -> Result<bool, Budget> {
        let made_way = self.call_state.stops(self.span.runs_since);
        let mut broken = None;
        if made_way {
            self.end_waiting();
        } else {
            let left = self.left;
            let waiting = || (Instant::now(), Box::pin(sleep(left)));
            let (_, timer) = self.waiting.get_or_insert_with(waiting);
            if timer.as_mut().poll(cx).is_ready() {
                broken = Some(Budget::Wait);
            }
        }
        if let Some(end) = self.span.ends {
            let timer = || Box::pin(sleep_until(end.into()));
            let timer = self.deadline.get_or_insert_with(timer);
            // The timers of a busy runtime may be late.
            if timer.as_mut().poll(cx).is_ready() || Instant::now() >= end {
                broken = broken.or(Some(Budget::Deadline));
            }
        }
        broken.map_or(Ok(made_way), Err)
    }

    fn end_waiting(&mut self) {
        if let Some((since, _)) = self.waiting.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
    }

    /// What is left of the time in which it may wait.
    pub(crate) fn left(mut self) -> Duration {
        self.end_waiting();
        self.left
    }
}

/// Runs a call until it ends, or until it has waited for longer than `most_wait`, or until the end of its `span`. The
/// [`CpuMeter`](super::meter::CpuMeter) bounds the time in which the call runs. The deadline alone bounds the time in
/// which it makes way for others.
///
/// It is no `async fn`, whose future would have the parameters twice.
pub(crate) fn bounded<F: Future>(
    mut call: Pin<&mut F>,
    call_state: &CallState,
    most_wait: Duration,
    span: Span,
) -> impl Future<Output = Ended<F::Output>> {
    let mut bounds = Bounds::new(call_state, most_wait, span);
    // A call that is slow from the start has waited before it began.
    let mut paused = call_state.slow_flag.is_slow();
    std::future::poll_fn(move |cx| {
        if paused {
            call_state.goes_on();
        }
        if let Poll::Ready(result) = call.as_mut().poll(cx) {
            let rest = paused.then(|| call_state.ends());
            let result = Ok(result);
            return Poll::Ready(Ended { result, rest });
        }
        paused = true;
        match bounds.stopped(cx) {
            Ok(_) => Poll::Pending,
            Err(budget) => {
                let rest = Some(call_state.ends());
                let result = Err(budget);
                Poll::Ready(Ended { result, rest })
            }
        }
    })
}
