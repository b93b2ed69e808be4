//! Processor time: what a call may use, and how calls that take long make way for others.
//!
//! A guest can't be stopped while it runs, only at the ticks of the engine's clock. At each tick a
//! call that is still running is counted, and yields. From its second tick on it says that it takes
//! long, so that it runs where it is in nobody's way, and waits for a place in the
//! [`SlowQueue`](crate::cpu::slow_queue), so that on a machine with several processors one at least is free for the
//! calls, nearly all, that take microseconds. A connection that has had much lately does so from the
//! start of each call, or else many short calls would keep a long one from ever running.

use crate::budget::{Budget, Budgets, TICK};
use crate::cpu::recent::RecentTime;
use crate::cpu::slow_queue::{Place, SlowQueue};
use eco_contract::SlowFlag;
use parking_lot::{Mutex, MutexGuard};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::thread::ThreadId;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime::UpdateDeadline;

/// Ticks that a call may use before it has to wait its turn.
const SHORT: u32 = 1;
/// What a connection may have had lately before its short calls wait their turn too: as much as one
/// has that uses some three percent of a processor all the time.
/// Test: `sharing::a_long_call_gets_its_share_beside_short_ones_that_come_again_and_again`.
const MUCH: Duration = Duration::from_millis(250);

/// What the guest's side of a call, at a tick, and the caller's side tell each other.
#[derive(Default)]
pub(crate) struct CallState {
    pause: Mutex<Pause>,
    /// Whether the call takes long, for whoever runs it.
    slow_flag: SlowFlag,
}

#[derive(Default)]
struct Pause {
    /// The call's place in the queue. It is given back whenever the guest stops running, so that a
    /// call that sleeps holds up nobody.
    place: Option<Place>,
    /// Whether the guest stopped to make way for others, and not to wait for something.
    made_way: bool,
    /// When the guest last went on. `None` before its first stop, most often: to ask the system at each
    /// call is too dear.
    went_on: Option<Reading>,
    /// What it had since the last tick, before it went on.
    had: Duration,
    /// Whether its connection has had much lately.
    much: bool,
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

impl CallState {
    fn pause(&self) -> MutexGuard<'_, Pause> {
        self.pause.lock()
    }

    /// Waits for a place in the queue, before a call that takes long from the start.
    pub(crate) async fn waits(&self, slow_queue: &SlowQueue, recent: RecentTime) {
        self.slow_flag.set_slow(true);
        // It may be moved out of the way.
        tokio::task::yield_now().await;
        let place = slow_queue.enter(recent).await;
        self.pause().place = Some(place);
    }

    /// Before the guest goes on, in this thread.
    fn goes_on(&self) {
        self.pause().went_on = Reading::now();
    }

    /// After the guest has stopped: others may have its place. Whether it stopped for them.
    fn stops(&self) -> bool {
        let mut pause = self.pause();
        pause.place = None;
        let had = pause.went_on.take().and_then(|went_on| went_on.since());
        pause.had += had.unwrap_or_default();
        pause.made_way
    }

    /// What the guest had since the last tick, if anybody knows.
    fn had(&self) -> Option<Duration> {
        let mut pause = self.pause();
        let before = std::mem::take(&mut pause.had);
        Some(before + pause.went_on.take()?.since()?)
    }

    /// After a call that has stopped at least once.
    fn ends(&self) {
        let mut pause = self.pause();
        let much = pause.much;
        *pause = Pause {
            much,
            ..Pause::default()
        };
        self.slow_flag.set_slow(much);
    }
}

/// Runs a call to its end, or to the end of the time that it may wait. The time in which it runs is
/// the [`CpuMeter`]'s, and that in which it makes way for others is nobody's.
///
/// The timer costs nothing to the calls, nearly all, that end without a pause.
pub(crate) async fn bounded<F: Future>(
    mut call: Pin<&mut F>,
    call_state: &CallState,
    budgets: &Budgets,
) -> Result<F::Output, Budget> {
    let mut left = budgets.wait;
    let mut waiting: Option<(Instant, Pin<Box<Sleep>>)> = None;
    // A call that takes long from the start has waited before it began.
    let mut paused = call_state.slow_flag.is_slow();
    std::future::poll_fn(|cx| {
        if paused {
            call_state.goes_on();
        }
        if let Poll::Ready(result) = call.as_mut().poll(cx) {
            if paused {
                call_state.ends();
            }
            return Poll::Ready(Ok(result));
        }
        paused = true;
        if call_state.stops() {
            if let Some((since, _)) = waiting.take() {
                left = left.saturating_sub(since.elapsed());
            }
            return Poll::Pending;
        }
        let (_, timer) = waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        let waited = timer.as_mut().poll(cx);
        if waited.is_ready() {
            call_state.ends();
        }
        waited.map(|()| Err(Budget::Wait))
    })
    .await
}

/// What all calls of a plugin have had, of all its instances.
#[derive(Default)]
pub(crate) struct TotalTime {
    nanoseconds: AtomicU64,
}

impl TotalTime {
    /// Adds to it, and gives the sum.
    fn add(&self, time: Duration) -> Duration {
        let more = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let before = self.nanoseconds.fetch_add(more, Ordering::Relaxed);
        Duration::from_nanos(before.saturating_add(more))
    }
}

/// The processor time of the running call, and of those before it.
pub(crate) struct CpuMeter {
    ticks: u32,
    used: Duration,
    recent: RecentTime,
    /// How many times their budget calls have, since their code is so much slower.
    slowdown: u32,
    spent: Arc<TotalTime>,
    pub(crate) call_state: Arc<CallState>,
}

impl CpuMeter {
    /// For an instance whose calls say by `slow_flag` when they are slow, and add to the total time. Its code is
    /// `slowdown` times as slow as it will be.
    pub(crate) fn new(slow_flag: SlowFlag, spent: Arc<TotalTime>, slowdown: u32) -> Self {
        let call_state = CallState {
            slow_flag,
            ..CallState::default()
        };
        Self {
            ticks: 0,
            used: Duration::ZERO,
            recent: RecentTime::default(),
            slowdown,
            spent,
            call_state: Arc::new(call_state),
        }
    }

    /// Before each call. What its connection has had lately, if that is so much that the call has to
    /// wait for its place before it begins.
    pub(crate) fn start(&mut self) -> Option<RecentTime> {
        self.ticks = 0;
        self.used = Duration::ZERO;
        if !self.call_state.slow_flag.is_slow() {
            return None;
        }
        let much = self.recent.had(std::time::Instant::now()) > MUCH;
        self.call_state.pause().much = much;
        self.call_state.slow_flag.set_slow(much);
        much.then_some(self.recent)
    }

    /// What a call does at a tick. Ticks pass also while the system runs other programs, and none
    /// passes for the guest while the host works for it, so that what counts is what the thread really
    /// had; where nobody knows, a whole tick. The first tick may have come at once, and counts
    /// nothing for the call. In the sums, which many calls add to, it counts as any other: it comes to
    /// a call all the more often, the longer that takes.
    pub(crate) fn on_tick(
        &mut self,
        budgets: &Budgets,
        slow_queue: &SlowQueue,
    ) -> wasmtime::Result<UpdateDeadline> {
        self.ticks += 1;
        let had = self.call_state.had();
        if self.ticks > 1 || had.is_some() {
            self.used += had.unwrap_or(TICK);
        }
        // A tick is never quite ten milliseconds.
        if self.used + TICK / 2 > budgets.cpu.saturating_mul(self.slowdown) {
            return Err(Budget::Cpu.into());
        }
        if self.spent.add(had.unwrap_or(TICK)) > budgets.total_cpu {
            return Err(Budget::TotalCpu.into());
        }
        let now = std::time::Instant::now();
        self.recent.add(had.unwrap_or(TICK), now);
        let much = self.recent.had(now) > MUCH;
        let long = self.ticks > SHORT || much;
        self.call_state.pause().much = much;
        self.call_state.slow_flag.set_slow(long);
        let (slow_queue, call_state, recent) =
            (slow_queue.clone(), self.call_state.clone(), self.recent);
        let wait = async move {
            call_state.pause().made_way = true;
            tokio::task::yield_now().await;
            let place = if long {
                Some(slow_queue.enter(recent).await)
            } else {
                None
            };
            let mut pause = call_state.pause();
            pause.place = place;
            pause.made_way = false;
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> (CpuMeter, SlowQueue) {
        let meter = CpuMeter::new(SlowFlag::default(), Arc::default(), 1);
        (meter, SlowQueue::for_this_machine())
    }

    fn budgets(cpu: Duration) -> Budgets {
        Budgets {
            cpu,
            ..Budgets::server(0)
        }
    }

    /// The first tick of a call may come the moment that it starts.
    #[tokio::test]
    async fn a_call_has_its_whole_budget_whenever_it_starts() {
        let ((mut meter, slow_queue), budgets) = (meter(), budgets(TICK));
        assert!(meter.on_tick(&budgets, &slow_queue).is_ok());
        assert!(meter.on_tick(&budgets, &slow_queue).is_err());
        meter.start();
        assert!(meter.on_tick(&budgets, &slow_queue).is_ok());
    }

    /// While the system runs other programs the clock ticks on.
    #[cfg(unix)]
    #[tokio::test]
    async fn only_time_that_the_guest_had_counts() {
        let ((mut meter, slow_queue), budgets) = (meter(), budgets(2 * TICK));
        for _ in 0..100 {
            let tick = meter.on_tick(&budgets, &slow_queue);
            assert!(tick.is_ok(), "it had none, and was cut");
            if let Ok(UpdateDeadline::YieldCustom(_, wait)) = tick {
                wait.await;
            }
            // As `bounded` does.
            meter.call_state.stops();
            meter.call_state.goes_on();
        }
    }
}
