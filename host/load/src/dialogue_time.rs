//! The duration of a dialogue: from its first write, or its due time, to the arrival of its last reply.
//!
//! The client's own time between two turns is part of it, if the server is waited for again. It owns the two
//! ends.

use std::time::{Duration, Instant};

/// The time of the dialogue under way.
#[derive(Default)]
pub(super) struct DialogueTime {
    /// Its start and end, once there was a turn.
    ends: Option<(Instant, Instant)>,
    /// Whether anything was sent, received or waited for.
    has_traffic: bool,
}

/// The duration of a finished dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Took {
    Time(Duration),
    /// Nothing was sent, received or waited for.
    Nothing,
}

impl DialogueTime {
    /// Adds a turn that began so late after it was due. Its reply arrived at `arrived`; `None` if it was
    /// there with the one before. `has_traffic` says whether anything was sent, received or waited for.
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

    /// The duration so far of the dialogue under way. Without a turn, it has waited since `since`.
    pub(super) fn up_to(&self, now: Instant, since: Instant) -> Duration {
        let from = self.ends.map_or(since, |(from, _)| from);
        now.saturating_duration_since(from)
    }

    /// Ends the dialogue, and gives its duration. `None` if it had no turn.
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
