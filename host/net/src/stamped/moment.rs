//! A moment by two clocks.
//!
//! Timestamps of arrivals are times of the wall clock, which somebody may set. So both clocks are looked at before and
//! after: where one has gone further than the other, an age is not known.

use std::time::{Duration, Instant, UNIX_EPOCH};

/// A moment by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Since 1970, by the clock of the timestamps.
    wall: Duration,
    /// By the clock that only goes forward.
    steady: Instant,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            // A clock before 1970 is not set, and its timestamps say nothing either.
            wall: UNIX_EPOCH.elapsed().unwrap_or_default(),
            steady: Instant::now(),
        }
    }

    /// The age of a timestamp, at most since `before`. `None` where somebody has set the wall clock between the two.
    pub(super) fn age(&self, arrived: Duration, before: &Self) -> Option<Duration> {
        let steady = self.steady.duration_since(before.steady);
        let wall = self.wall.checked_sub(before.wall)?;
        let drift = steady / DRIFT + SLACK;
        let age = self.wall.checked_sub(arrived)?;
        (wall.abs_diff(steady) <= drift).then(|| age.min(steady))
    }
}

/// The system slews a clock by one part in so many at most (adjtimex(2) has 500 parts in a million). A larger
/// difference means that somebody has set it, and the timestamp is not used.
/// Test: `an_age_over_which_the_clock_was_set_is_not_told`.
const DRIFT: u32 = 1000;
/// The time that may lie between a look at one clock and at the other. Where it is more, as another process had its
/// turn just then, one timestamp is not used. Test: `an_age_over_which_the_clock_was_set_is_not_told`.
const SLACK: Duration = Duration::from_micros(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_over_which_the_clock_was_set_is_not_told() {
        const SECOND: Duration = Duration::from_secs(1);
        const MS: Duration = Duration::from_millis(1);
        let before = Moment::now();
        // After a second, the wall clock shows so much more, and the stamp is of 10 ms ago by it.
        let age = |wall: Duration| {
            let now = Moment {
                wall: before.wall + wall,
                steady: before.steady + SECOND,
            };
            now.age(now.wall.saturating_sub(10 * MS), &before)
        };
        for wall in [SECOND, SECOND + MS / 2, SECOND - MS / 2] {
            assert_eq!(age(wall), Some(10 * MS), "{wall:?}");
        }
        for wall in [
            SECOND + 2 * MS,
            SECOND - 2 * MS,
            3600 * SECOND,
            Duration::ZERO,
        ] {
            assert_eq!(age(wall), None, "{wall:?}");
        }
        let now = Moment {
            wall: before.wall + SECOND,
            steady: before.steady + SECOND,
        };
        // Set back since the stamp, or before the first look at it.
        assert_eq!(now.age(now.wall + MS, &before), None);
        let earlier = Moment {
            wall: before.wall - 3600 * SECOND,
            ..now
        };
        assert_eq!(earlier.age(earlier.wall, &before), None);
        // What was there before anybody asked is no older than that.
        assert_eq!(now.age(before.wall - 60 * SECOND, &before), Some(SECOND));
    }
}
