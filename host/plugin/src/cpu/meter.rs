//! The meter of processor time: it bounds each call, and makes slow calls wait for others.
//!
//! A guest can only be stopped at the ticks of the engine's clock. Each tick meters the running call and makes it
//! yield. From its second tick on a call sets its slow flag, so that it runs where it is in nobody's way, and waits
//! for a place in a [`TurnQueue`]. So at least one of several processors stays free for the calls, nearly all, that
//! take microseconds.
//!
//! A connection with much recent processor time waits at the start of each call; otherwise many short calls would
//! starve a long one. The same holds for each connection of a peer that is above its share on a busy machine, however
//! many connections that peer has.

use super::call_state::{CallState, Payer, Span, first_part};
use super::priority::Priority;
use super::total_time::TotalTime;
use eco_compile::{Budget, Budgets, TICK};
use eco_contract::SlowFlag;
use eco_fair::{Account, Membership, RecentTime, TurnQueue};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::UpdateDeadline;

/// Ticks that a call may use before it waits for its turn.
const SHORT: u32 = 1;
/// Processor time at the first tick from which a call that has had a turn waits again. Such a call is mostly one of
/// many. The tick alone says little, since it may come at once.
const SHORT_TURN: Duration = Duration::from_millis(5);
/// Recent processor time of a connection from which its short calls wait for turns too: that of a steady load of some
/// three percent of a processor.
/// Test: `fairness::processors::a_long_call_gets_its_share_beside_short_ones_that_come_again_and_again`.
const MUCH: Duration = Duration::from_millis(250);
/// Sum of short calls at which they are charged, all at once.
const CHARGED: Duration = Duration::from_millis(1);
/// Average time of a plugin's calls from which they take turns. A hundred such calls at once would delay a neighbour
/// by a tenth of a second. Test: `fairness::events::a_neighbour_is_answered_among_calls_that_come_at_once`.
const TURNS: Duration = Duration::from_millis(1);
/// Charge to a connection for an event that nobody else pays for: about the host's work for a timer.
const EVENT: Duration = Duration::from_micros(10);

/// The processor time of the running call, and of those before it.
pub(crate) struct CpuMeter {
    ticks: u32,
    used: Duration,
    /// Start of the running call, and of its guest, which may have waited for a turn.
    began: Instant,
    runs_since: Instant,
    /// Start of the next call, where that began with the start of its instance.
    begins_early: Option<Instant>,
    /// Time by the clock in which each call must be over.
    deadline: Duration,
    /// Processor time of all calls that are over, and of the running one up to its last tick.
    total: Duration,
    /// Processor time of calls that isn't charged yet.
    unpaid: Duration,
    /// Recent processor time of this connection.
    recent: RecentTime,
    /// As `recent`, beginning with the average of the peer's connections. Queues order the connection by it.
    rank: RecentTime,
    /// Factor by which code is slower than native code, and by which the processor budget of calls is larger.
    slowdown: u32,
    /// That of the plugin's calls, in all its instances.
    of_plugin: Arc<TotalTime>,
    membership: Arc<Membership>,
    slow_queue: TurnQueue,
    /// Processor time of the running call that is charged already.
    paid: Duration,
    /// Whether the running call has waited for a turn.
    had_turn: bool,
    /// Whether the time of the running call is counted exactly, although it may not have stopped yet.
    is_exact: bool,
    /// The other peer that pays for the running call, if one does.
    payer: Option<Arc<Account>>,
    pub(crate) call_state: Arc<CallState>,
}

impl CpuMeter {
    /// Creates the meter of an instance. Its calls set `slow_flag` while they are slow, and are charged to `of_plugin`
    /// and to the peer of `membership`. Its code is `slowdown` times as slow as native code. Each call must be over
    /// within `deadline`.
    pub(crate) fn new(
        slow_flag: SlowFlag,
        of_plugin: Arc<TotalTime>,
        membership: Arc<Membership>,
        slow_queue: TurnQueue,
        slowdown: u32,
        deadline: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            ticks: 0,
            used: Duration::ZERO,
            began: now,
            runs_since: now,
            begins_early: None,
            deadline,
            total: Duration::ZERO,
            unpaid: Duration::ZERO,
            recent: RecentTime::default(),
            rank: membership.account().average(),
            slowdown,
            of_plugin,
            membership,
            slow_queue,
            paid: Duration::ZERO,
            had_turn: false,
            is_exact: false,
            payer: None,
            call_state: Arc::new(CallState::new(slow_flag)),
        }
    }

    /// The time of the running call.
    pub(crate) fn span(&self) -> Span {
        Span {
            runs_since: self.runs_since,
            ends: self.began.checked_add(self.deadline),
        }
    }

    /// The time by the clock in which each call must be over.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Sets the time by the clock in which each further call must be over.
    pub(crate) fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Notes that the next call began with the start of the instance, and has one deadline for both.
    pub(crate) fn goes_on_with_call(&mut self) {
        self.begins_early = Some(self.began);
    }

    /// Processor time of all calls so far.
    pub(crate) fn total(&self) -> Duration {
        self.total
    }

    /// The payer of the running call.
    pub(crate) fn payer(&self) -> Payer {
        let peer = self.payer.as_ref();
        Payer {
            plugin: self.of_plugin.account().clone(),
            peer: peer.unwrap_or_else(|| self.membership.account()).clone(),
            recent: self.rank,
        }
    }

    /// Prepares the start of an instance. Returns the payer if the peer has used so much that the start has to wait
    /// for a place.
    pub(crate) fn start_instance(&self) -> Option<Payer> {
        let much = self.has_had_much(Instant::now());
        // The first call is slow then too.
        self.call_state.pause().much = much;
        much.then(|| self.payer())
    }

    /// Begins a call. Returns the payer if the call is slow from the start, so that it has to wait for a place.
    pub(crate) fn start(&mut self) -> Option<Payer> {
        self.ticks = 0;
        self.used = Duration::ZERO;
        self.runs_since = Instant::now();
        self.began = self.begins_early.take().unwrap_or(self.runs_since);
        self.payer = None;
        self.paid = Duration::ZERO;
        self.had_turn = false;
        let flag = self.call_state.slow_flag.is_slow();
        if !flag && !self.membership.are_busy() && !self.slow_queue.is_contended() {
            return None;
        }
        self.flag(self.runs_since).then(|| self.payer())
    }

    /// Has the call that has just begun go on from one that had used so much, since no input has come
    /// between them.
    ///
    /// # Errors
    /// That was all of its processor time.
    pub(crate) fn goes_on_from(&mut self, used: Duration, budgets: &Budgets) -> Result<(), Budget> {
        self.used = used;
        if used > budgets.cpu.saturating_mul(self.slowdown) {
            return Err(Budget::Cpu);
        }
        Ok(())
    }

    /// Whether calls of this plugin take turns.
    pub(crate) fn takes_turns(&self) -> bool {
        self.of_plugin.average() >= TURNS
    }

    /// Notes that the running call has waited for a turn and its guest begins now. The wait doesn't count as
    /// processor time.
    pub(crate) fn has_had_turn(&mut self) {
        self.had_turn = true;
        self.runs_since = Instant::now();
    }

    /// Notes that the running call is for an event. `payer` pays for it; `None` charges the connection's own peer.
    pub(crate) fn is_paid_by(&mut self, payer: Option<Arc<Account>>) {
        if payer.is_none() {
            self.charge_event();
        }
        self.had_turn = true;
        self.payer = payer;
    }

    /// Charges the connection's own peer for an event.
    pub(crate) fn charge_event(&mut self) {
        self.unpaid += EVENT;
    }

    /// Counts the rest of the running call's time exactly. Functions of the embedder's may work for any time before the
    /// next tick is noticed.
    pub(crate) fn counts_exactly(&mut self) {
        self.is_exact |= self.call_state.counts_exactly(self.runs_since);
    }

    /// Whether the running call has used up its processor time, after work of the embedder's. The next tick says that
    /// too, but code without loops may reach none between two functions.
    pub(crate) fn is_over(&self, budgets: &Budgets, now: Instant) -> bool {
        let most = budgets.cpu.saturating_mul(self.slowdown);
        // The system is asked only where it can be so.
        now.duration_since(self.runs_since) > most && self.used + self.call_state.so_far() > most
    }

    /// Ends a call. `rest` is its processor time that isn't counted yet, if the call has stopped at least once. Returns the
    /// processor time of the whole call.
    pub(crate) fn end(&mut self, rest: Option<Duration>) -> Duration {
        let is_exact = std::mem::take(&mut self.is_exact);
        let rest = rest.or_else(|| is_exact.then(|| self.call_state.ends()));
        let time = rest.unwrap_or_else(|| first_part(self.runs_since));
        self.total += time;
        self.of_plugin.took(self.paid + time);
        self.charge_call(time);
        self.used + time
    }

    fn charge_call(&mut self, time: Duration) {
        let now = match &self.payer {
            Some(_) => {
                let now = Instant::now();
                self.charge(time, now);
                self.payer = None;
                now
            }
            None => {
                self.unpaid += time;
                if self.unpaid < CHARGED {
                    return;
                }
                let (unpaid, now) = (std::mem::take(&mut self.unpaid), Instant::now());
                self.charge(unpaid, now);
                now
            }
        };
        self.flag(now);
    }

    /// Sets whether calls of this connection are slow from the start, and returns that.
    fn flag(&self, now: Instant) -> bool {
        let much = self.has_had_much(now);
        self.call_state.pause().much = much;
        self.call_state.slow_flag.set_slow(much);
        much
    }

    /// Charges processor time of calls to their payer.
    fn charge(&mut self, time: Duration, now: Instant) {
        self.paid += time;
        let own = self.membership.account();
        let payer = self.payer.as_ref().unwrap_or(own);
        payer.charge(time, now);
        // Another connection of the same peer may have caused the work. Within a peer, the connection that works is
        // charged.
        if Arc::ptr_eq(payer, own) {
            self.recent.add(time, now);
            self.rank.add(time, now);
        }
        self.of_plugin.account().charge(time, now);
    }

    fn has_had_much(&self, now: Instant) -> bool {
        let is_above = || self.membership.is_above_its_share(&self.slow_queue, now);
        self.recent.had(now) > MUCH || is_above()
    }

    /// The priority at which the running call works on shared resources.
    pub(crate) fn priority(&self) -> Priority {
        if self.call_state.slow_flag.is_slow() {
            Priority::Raised {
                call_state: self.call_state.clone(),
                slow_queue: self.slow_queue.clone(),
                payer: self.payer(),
            }
        } else {
            Priority::Ordinary
        }
    }

    /// Meters the running call at a tick, and makes it yield. Ticks pass also while the system runs other programs,
    /// and no tick reaches the guest while the host works for it. So the thread's processor time counts; where it is
    /// unknown, a whole tick does. Time before the first tick is known by the wall clock alone, and isn't held
    /// against the call's budget.
    pub(crate) fn on_tick(&mut self, budgets: &Budgets) -> wasmtime::Result<UpdateDeadline> {
        self.ticks += 1;
        let had = self.call_state.had();
        if self.ticks > 1 || had.is_some() {
            self.used += had.unwrap_or(TICK);
        }
        // A tick is never exactly ten milliseconds.
        if self.used + TICK / 2 > budgets.cpu.saturating_mul(self.slowdown) {
            return Err(Budget::Cpu.into());
        }
        let had = had.unwrap_or_else(|| match self.ticks {
            1 => first_part(self.runs_since),
            _ => TICK,
        });
        self.total += had;
        let now = Instant::now();
        if self.ticks == 1 && had >= TURNS {
            // The call may run for long, and others that begin meanwhile need the average.
            self.of_plugin.took(had);
        }
        self.charge(had, now);
        let much = self.has_had_much(now);
        let is_long = self.had_turn && had >= SHORT_TURN;
        let long = self.ticks > SHORT || is_long || much;
        self.call_state.pause().much = much;
        self.call_state.slow_flag.set_slow(long);
        let call_state = self.call_state.clone();
        // The call enters the queue before it releases its place. The place goes to the entry with the least recent
        // time, which may be this call again.
        let turn = long.then(|| {
            let Payer {
                plugin,
                peer,
                recent,
            } = self.payer();
            self.slow_queue.enter(&plugin, &peer, recent)
        });
        let wait = async move {
            let turn = async {
                tokio::task::yield_now().await;
                Some(turn?.await)
            };
            let place = call_state.makes_way(turn).await;
            call_state.holds_place(place);
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(wait)))
    }
}

#[cfg(test)]
mod tests;
