//! How long a dialogue takes: from its first write, or when it was due, to the arrival of its last reply.
//!
//! What the client takes between two turns is in it, where the server is waited for again: that is what a dialogue of
//! them takes. It owns the two ends.

use std::time::{Duration, Instant};

/// The time of the dialogue that is under way.
#[derive(Default)]
pub(super) struct DialogueTime {
    /// From when to when, as far as there was a turn.
    ends: Option<(Instant, Instant)>,
    /// Whether anything went to or fro, or was waited for.
    has_traffic: bool,
}

/// A dialogue that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Took {
    Time(Duration),
    /// Nothing was sent, received or waited for.
    Nothing,
}

impl DialogueTime {
    /// A turn began so late after it was due, and its reply arrived then: `None` where that was there with the one before.
    /// `has_traffic` says whether anything was sent, received or waited for.
    pub(super) fn turn_took(
        &mut self,
        began: Instant,
        late: Duration,
        arrived: Option<Instant>,
        has_traffic: bool,
    ) {
        let (from, to) = self.ends.unwrap_or_else(|| {
            let due = began.checked_sub(late).unwrap_or(began);
            (due, began)
        });
        self.ends = Some((from, arrived.unwrap_or(to)));
        self.has_traffic |= has_traffic;
    }

    /// What a dialogue has taken up to now that is under way, and where it has had no turn yet, waits since then.
    pub(super) fn up_to(&self, now: Instant, since: Instant) -> Duration {
        let from = self.ends.map_or(since, |(from, _)| from);
        now.saturating_duration_since(from)
    }

    /// What the dialogue took, which is over with this. `None` where it had no turn.
    pub(super) fn take(&mut self) -> Option<Took> {
        let Self { ends, has_traffic } = std::mem::take(self);
        let (from, to) = ends?;
        Some(match has_traffic {
            true => Took::Time(to.saturating_duration_since(from)),
            false => Took::Nothing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_dialogue_takes_from_when_it_was_due_to_its_last_reply() {
        let start = Instant::now();
        let mut time = DialogueTime::default();
        assert_eq!(time.take(), None);
        assert_eq!(time.up_to(start + 5 * MS, start), 5 * MS);
        time.turn_took(start + 5 * MS, 3 * MS, Some(start + 7 * MS), true);
        assert_eq!(time.up_to(start + 9 * MS, start), 7 * MS);
        time.turn_took(start + 9 * MS, Duration::ZERO, Some(start + 10 * MS), false);
        time.turn_took(start + 11 * MS, Duration::ZERO, None, true);
        assert_eq!(time.take(), Some(Took::Time(8 * MS)));
        // Nothing of it is in the next.
        time.turn_took(start + 12 * MS, Duration::ZERO, None, false);
        assert_eq!(time.take(), Some(Took::Nothing));
    }
}
