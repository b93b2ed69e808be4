//! Processor time: what a call may use, and how calls that take long make way for others.
//!
//! A guest can't be stopped while it runs, only at the ticks of the engine's clock. At each tick a
//! call that is still running is counted, and yields. From its second tick on it says that it takes
//! long, so that it runs where it is in nobody's way, and waits for a place in a
//! [`TurnQueue`], so that on a machine with several processors one at least is free for the
//! calls, nearly all, that take microseconds. A connection that has had much lately does so from the
//! start of each call, or else many short calls would keep a long one from ever running; and so does one of a peer that
//! has had more than its share where all are busy, however many connections that has.

use super::call_state::{CallState, Payer, first_part};
use super::priority::Priority;
use eco_compile::{Budget, Budgets, TICK};
use eco_contract::SlowFlag;
use eco_fair::{Account, Membership, RecentTime, TurnQueue};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wasmtime::UpdateDeadline;

/// Ticks that a call may use before it has to wait its turn.
const SHORT: u32 = 1;
/// What a call that has had a turn may have had by its first tick, which may come at once, before it has to wait again: it
/// is one of many, most often.
const SHORT_TURN: Duration = Duration::from_millis(5);
/// What a connection may have had lately before its short calls wait their turn too: as much as one
/// has that uses some three percent of a processor all the time.
/// Test: `fairness::processors::a_long_call_gets_its_share_beside_short_ones_that_come_again_and_again`.
const MUCH: Duration = Duration::from_millis(250);
/// What short calls may come to before they are charged, all at once.
const CHARGED: Duration = Duration::from_millis(1);
/// What the calls of a plugin take on average where they take turns: a hundred of them that come at once would be before a
/// neighbour for a tenth of a second. Test: `fairness::events::a_neighbour_is_answered_among_calls_that_come_at_once`.
const TURNS: Duration = Duration::from_millis(1);
/// What an event costs its connection where nobody else pays for it: what the host does for a timer, about.
const EVENT: Duration = Duration::from_micros(10);

/// What all calls of a plugin have had, of all its instances.
#[derive(Default)]
pub(crate) struct TotalTime {
    /// What the last ones took on average, in nanoseconds.
    average: AtomicU64,
    /// What they have had lately.
    account: Arc<Account>,
}

impl TotalTime {
    /// A call took so long. Two that end at once may count as one.
    fn took(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let average = self.average.load(Ordering::Relaxed);
        // It rises soon and falls slowly: some short calls between long ones don't hide these.
        let average = if time > average {
            average + (time - average) / 4
        } else {
            average - (average - time) / 64
        };
        self.average.store(average, Ordering::Relaxed);
    }

    fn average(&self) -> Duration {
        Duration::from_nanos(self.average.load(Ordering::Relaxed))
    }

    /// What they have had lately.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }
}

/// The processor time of the running call, and of those before it.
pub(crate) struct CpuMeter {
    ticks: u32,
    used: Duration,
    /// When the running call began, and when its guest did, which may have waited for a turn.
    began: Instant,
    runs_since: Instant,
    /// What calls have had that isn't charged yet.
    unpaid: Duration,
    /// What this connection has had.
    recent: RecentTime,
    /// The same, beginning with what its peer's connections had.
    rank: RecentTime,
    /// How many times their budget calls have, since their code is so much slower.
    slowdown: u32,
    spent: Arc<TotalTime>,
    membership: Arc<Membership>,
    slow_queue: TurnQueue,
    /// What the running call has had that is charged.
    paid: Duration,
    /// Whether the running call has waited for a turn.
    had_turn: bool,
    /// Who pays for the running call, if that is another peer.
    payer: Option<Arc<Account>>,
    pub(crate) call_state: Arc<CallState>,
}

impl CpuMeter {
    /// For an instance whose calls say by `slow_flag` when they are slow, and add to the total time and to what their peer
    /// has had. Its code is `slowdown` times as slow as it will be.
    pub(crate) fn new(
        slow_flag: SlowFlag,
        spent: Arc<TotalTime>,
        membership: Arc<Membership>,
        slow_queue: TurnQueue,
        slowdown: u32,
    ) -> Self {
        Self {
            ticks: 0,
            used: Duration::ZERO,
            began: Instant::now(),
            runs_since: Instant::now(),
            unpaid: Duration::ZERO,
            recent: RecentTime::default(),
            rank: membership.account().average(),
            slowdown,
            spent,
            membership,
            slow_queue,
            paid: Duration::ZERO,
            had_turn: false,
            payer: None,
            call_state: Arc::new(CallState::new(slow_flag)),
        }
    }

    /// When the running call began.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    /// Who pays.
    pub(crate) fn payer(&self) -> Payer {
        let peer = self.payer.as_ref();
        Payer {
            plugin: self.spent.account().clone(),
            peer: peer.unwrap_or_else(|| self.membership.account()).clone(),
            recent: self.rank,
        }
    }

    /// Before the instance is made. Who pays, if its peer has had so much that it has to wait for its place.
    pub(crate) fn start_instance(&self) -> Option<Payer> {
        let much = self.has_had_much(Instant::now());
        // So does its first call.
        self.call_state.pause().much = much;
        much.then(|| self.payer())
    }

    /// Before each call. Who pays, if that is so much that the call has to wait for its place before it begins.
    pub(crate) fn start(&mut self) -> Option<Payer> {
        self.ticks = 0;
        self.used = Duration::ZERO;
        self.began = Instant::now();
        self.runs_since = self.began;
        self.payer = None;
        self.paid = Duration::ZERO;
        self.had_turn = false;
        let flag = self.call_state.slow_flag.is_slow();
        if !flag && !self.membership.are_busy() && !self.slow_queue.is_contended() {
            return None;
        }
        self.flag(self.began).then(|| self.payer())
    }

    /// Whether calls of this plugin take turns.
    pub(crate) fn takes_turns(&self) -> bool {
        self.spent.average() >= TURNS
    }

    /// The running call has waited for a turn, and its guest begins now: that it waited is not what it had.
    pub(crate) fn has_had_turn(&mut self) {
        self.had_turn = true;
        self.runs_since = Instant::now();
    }

    /// When the guest of the running call began.
    pub(crate) fn runs_since(&self) -> Instant {
        self.runs_since
    }

    /// The running call is for an event, for which that peer pays, or its own where there is none.
    pub(crate) fn is_paid_by(&mut self, payer: Option<Arc<Account>>) {
        if payer.is_none() {
            self.unpaid += EVENT;
        }
        self.had_turn = true;
        self.payer = payer;
    }

    /// After each call, which had so much that isn't counted yet, if it has stopped at least once.
    pub(crate) fn end(&mut self, rest: Option<Duration>) {
        let time = rest.unwrap_or_else(|| first_part(self.runs_since));
        self.spent.took(self.paid + time);
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

    /// Says whether calls of this connection are slow from the start, as of now.
    fn flag(&self, now: Instant) -> bool {
        let much = self.has_had_much(now);
        self.call_state.pause().much = much;
        self.call_state.slow_flag.set_slow(much);
        much
    }

    /// Charges what calls have had to who pays.
    fn charge(&mut self, time: Duration, now: Instant) {
        self.paid += time;
        let own = self.membership.account();
        let payer = self.payer.as_ref().unwrap_or(own);
        payer.charge(time, now);
        // Another of the peer's connections may have caused it: among them, who works has had it.
        if Arc::ptr_eq(payer, own) {
            self.recent.add(time, now);
            self.rank.add(time, now);
        }
        self.spent.account().charge(time, now);
    }

    fn has_had_much(&self, now: Instant) -> bool {
        let is_above = || self.membership.is_above_its_share(&self.slow_queue, now);
        self.recent.had(now) > MUCH || is_above()
    }

    /// At which priority the running call works on what is shared.
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

    /// What a call does at a tick. Ticks pass also while the system runs other programs, and none
    /// passes for the guest while the host works for it, so that what counts is what the thread really
    /// had; where nobody knows, a whole tick. What it had before the first tick is known by the clock alone, and counts
    /// nothing for the call.
    pub(crate) fn on_tick(&mut self, budgets: &Budgets) -> wasmtime::Result<UpdateDeadline> {
        self.ticks += 1;
        let had = self.call_state.had();
        if self.ticks > 1 || had.is_some() {
            self.used += had.unwrap_or(TICK);
        }
        // A tick is never quite ten milliseconds.
        if self.used + TICK / 2 > budgets.cpu.saturating_mul(self.slowdown) {
            return Err(Budget::Cpu.into());
        }
        let had = had.unwrap_or_else(|| match self.ticks {
            1 => first_part(self.runs_since),
            _ => TICK,
        });
        let now = Instant::now();
        if self.ticks == 1 && had >= TURNS {
            // It may be long until it ends, and others begin meanwhile.
            self.spent.took(had);
        }
        self.charge(had, now);
        let much = self.has_had_much(now);
        let is_long = self.had_turn && had >= SHORT_TURN;
        let long = self.ticks > SHORT || is_long || much;
        self.call_state.pause().much = much;
        self.call_state.slow_flag.set_slow(long);
        let call_state = self.call_state.clone();
        // Before its place is given back, which goes to the one that has had least: that may be this one again.
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
            call_state.has_turn(place);
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_fair::Accounts;

    fn meter() -> CpuMeter {
        let membership = Arc::new(Accounts::new(1).join(None));
        let turns = TurnQueue::with_places(1);
        CpuMeter::new(SlowFlag::default(), Arc::default(), membership, turns, 1)
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
        let (mut meter, budgets) = (meter(), budgets(TICK));
        assert!(meter.on_tick(&budgets).is_ok());
        assert!(meter.on_tick(&budgets).is_err());
        meter.start();
        assert!(meter.on_tick(&budgets).is_ok());
    }

    /// While the system runs other programs the clock ticks on.
    #[cfg(unix)]
    #[tokio::test]
    async fn only_time_that_the_guest_had_counts() {
        let (mut meter, budgets) = (meter(), budgets(2 * TICK));
        for _ in 0..100 {
            let tick = meter.on_tick(&budgets);
            assert!(tick.is_ok(), "it had none, and was cut");
            if let Ok(UpdateDeadline::YieldCustom(_, wait)) = tick {
                wait.await;
            }
            // As `bounded` does.
            meter.call_state.stops(meter.runs_since());
            meter.call_state.goes_on();
        }
    }

    #[tokio::test]
    async fn a_call_for_an_event_is_paid_by_who_caused_it() {
        let (mut meter, speaker) = (meter(), Arc::new(Account::default()));
        let had = |account: &Account| account.recent().had(Instant::now());
        meter.start();
        meter.is_paid_by(Some(speaker.clone()));
        meter.end(Some(10 * TICK));
        assert!(had(&speaker) > 9 * TICK);
        assert_eq!(had(meter.membership.account()), Duration::ZERO);
        meter.start();
        meter.end(Some(10 * TICK));
        assert!(had(&speaker) < 11 * TICK);
        assert!(had(meter.membership.account()) > 9 * TICK);
        assert!(had(meter.spent.account()) > 19 * TICK);
    }
}
