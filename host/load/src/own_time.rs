//! The client's own time on one connection: reading a reply that had arrived, asking the plugin, beginning a
//! dialogue that was due.
//!
//! At any moment a connection waits for the server, or the client works, or nothing is due. It owns telling
//! these apart.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Stretches kept for late dialogues. More are joined in pairs, and a joined stretch only estimates its
/// middle. Test: `what_is_long_past_is_joined_and_its_sum_stays_right`.
const STRETCHES: usize = 64;

/// A stopwatch for one connection.
pub(super) struct OwnTime {
    /// When it began to run.
    since: Option<Instant>,
    /// Time counted for the turn under way.
    counted: Duration,
    /// Whether that turn has its reply, so that only the client holds it up.
    is_replied: bool,
    /// Earlier stretches, kept if dialogues have due times.
    past: Option<VecDeque<Stretch>>,
}

/// A stretch of time, with the client's own part of it.
#[derive(Clone, Copy)]
struct Stretch {
    from: Instant,
    to: Instant,
    own: Duration,
}

impl OwnTime {
    /// `are_due`: whether dialogues have due times, so that [`since`](Self::since) is asked.
    pub(super) fn new(are_due: bool) -> Self {
        Self {
            since: None,
            counted: Duration::ZERO,
            is_replied: false,
            past: are_due.then(VecDeque::new),
        }
    }

    /// Notes that a dialogue could begin. Time before its first turn counts with that turn.
    pub(super) fn dialogue_may_begin(&mut self, at: Instant) {
        *self = Self {
            since: Some(at),
            past: self.past.take(),
            ..Self::new(false)
        };
    }

    /// Notes the arrival of the turn's reply.
    pub(super) fn reply_arrived(&mut self, at: Instant) {
        self.since = Some(at);
        self.is_replied = true;
    }

    /// Notes the start of a turn that waited for nobody: it was the client's own time, which goes on.
    /// `of_last` is the time counted for the turn before, which has not ended.
    pub(super) fn went_on(&mut self, at: Instant, of_last: Option<Duration>) {
        self.since = Some(at);
        self.is_replied |= of_last.is_some();
        self.counted += of_last.unwrap_or_default();
    }

    /// Goes on with the client's own time.
    pub(super) fn goes_on(&mut self, at: Instant) {
        self.since = Some(at);
    }

    /// Stops: from here on the connection waits for the server, or nothing is due.
    pub(super) fn stops(&mut self, at: Instant) {
        let Some(from) = self.since.take() else {
            return;
        };
        let own = at.saturating_duration_since(from);
        self.counted += own;
        if let Some(past) = &mut self.past {
            if past.len() >= STRETCHES {
                join(past);
            }
            past.push_back(Stretch { from, to: at, own });
        }
    }

    /// The time counted for a turn that has its reply, once per turn.
    pub(super) fn of_turn(&mut self) -> Option<Duration> {
        std::mem::take(&mut self.is_replied).then(|| std::mem::take(&mut self.counted))
    }

    /// The client's own time since `due`, which is later at each call.
    pub(super) fn since(&mut self, due: Instant) -> Duration {
        let Some(past) = &mut self.past else {
            return Duration::ZERO;
        };
        while past.front().is_some_and(|stretch| stretch.to <= due) {
            past.pop_front();
        }
        past.iter().map(|stretch| stretch.after(due)).sum()
    }
}

impl Stretch {
    /// The part after `due`, as if the client's own time were spread evenly over the stretch.
    fn after(&self, due: Instant) -> Duration {
        let (after, whole) = (self.to.duration_since(due), self.to - self.from);
        if after >= whole {
            return self.own;
        }
        self.own.mul_f64(after.as_secs_f64() / whole.as_secs_f64())
    }
}

/// Joins each two stretches into one.
fn join(past: &mut VecDeque<Stretch>) {
    let pairs = past.make_contiguous().chunks(2);
    *past = pairs
        .filter_map(|pair| {
            let (first, last) = (pair.first()?, pair.last()?);
            let own = pair.iter().map(|stretch| stretch.own).sum();
            let (from, to) = (first.from, last.to);
            Some(Stretch { from, to, own })
        })
        .collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_came_before_the_first_write_and_after_each_reply_is_the_clients() {
        let start = Instant::now();
        let mut own = OwnTime::new(false);
        own.dialogue_may_begin(start);
        own.stops(start + MS);
        // Written, and nothing came yet.
        assert_eq!(own.of_turn(), None);
        own.reply_arrived(start + 5 * MS);
        own.stops(start + 7 * MS);
        assert_eq!(own.of_turn(), Some(3 * MS));
        own.reply_arrived(start + 9 * MS);
        own.stops(start + 10 * MS);
        assert_eq!((own.of_turn(), own.of_turn()), (Some(MS), None));
    }

    #[test]
    fn a_turn_that_waits_for_nobody_is_the_clients_time_after_the_reply_before_it() {
        let start = Instant::now();
        let mut own = OwnTime::new(false);
        own.dialogue_may_begin(start);
        // Two that wait for nobody, before the first write and after its reply.
        own.stops(start + MS);
        let of_last = own.of_turn();
        own.went_on(start + MS, of_last);
        own.stops(start + 2 * MS);
        assert_eq!(own.of_turn(), None);
        own.reply_arrived(start + 5 * MS);
        own.stops(start + 6 * MS);
        let of_last = own.of_turn();
        assert_eq!(of_last, Some(3 * MS));
        own.went_on(start + 6 * MS, of_last);
        own.stops(start + 8 * MS);
        assert_eq!(own.of_turn(), Some(5 * MS));
    }

    #[test]
    fn of_a_dialogue_that_failed_nothing_counts_with_the_next() {
        let start = Instant::now();
        let mut own = OwnTime::new(false);
        own.dialogue_may_begin(start);
        own.stops(start + MS);
        own.dialogue_may_begin(start + 9 * MS);
        own.stops(start + 10 * MS);
        own.reply_arrived(start + 10 * MS);
        own.stops(start + 10 * MS);
        assert_eq!(own.of_turn(), Some(MS));
    }

    #[test]
    fn a_late_dialogue_knows_how_much_of_that_was_the_clients() {
        let start = Instant::now();
        let mut own = OwnTime::new(true);
        // Two milliseconds of the client, then three of the server, again and again.
        for round in 0..4 {
            own.goes_on(start + 5 * round * MS);
            own.stops(start + (5 * round + 2) * MS);
        }
        assert_eq!(own.since(start), 8 * MS);
        assert_eq!(own.since(start + MS), 7 * MS);
        assert_eq!(own.since(start + 12 * MS), 2 * MS);
        assert_eq!(own.since(start + 20 * MS), Duration::ZERO);
    }

    #[test]
    fn what_is_long_past_is_joined_and_its_sum_stays_right() {
        let start = Instant::now();
        let mut own = OwnTime::new(true);
        let rounds = 10 * u32::try_from(STRETCHES).expect("it is small");
        for round in 0..rounds {
            own.goes_on(start + 5 * round * MS);
            own.stops(start + (5 * round + 2) * MS);
            let kept = own.past.as_ref().map_or(0, VecDeque::len);
            assert!(kept <= STRETCHES, "{kept}");
        }
        assert_eq!(own.since(start), 2 * rounds * MS);
        let half = own.since(start + 5 * (rounds / 2) * MS);
        assert!(half.abs_diff(rounds * MS) < rounds / 10 * MS, "{half:?}");
    }
}
