//! Latency as a curve over percentiles. Places are in nines: 1 is 90 %, 2 is 99 %, and each more leaves out
//! a tenth as many.

use super::numbers::{finite, time_value};
use crate::latency::Latency;

/// A curve and its marks.
pub(super) struct Curve<'a> {
    /// The plotted quantity. The CSS class has the same name.
    pub(super) name: &'static str,
    /// Its plural.
    pub(super) plural: &'static str,
    pub(super) latency: &'a Latency,
    pub(super) points: Vec<(f64, f64)>,
}

impl<'a> Curve<'a> {
    /// `None` if there is nothing to draw.
    pub(super) fn new(
        name: &'static str,
        plural: &'static str,
        latency: &'a Latency,
    ) -> Option<Self> {
        let points = latency.curve.iter();
        let mut points: Vec<(f64, f64)> = points
            .map(|point| (nines(point.percentile), finite(point.time)))
            // 100 % has no finite place: the longest is drawn at the edge.
            .filter(|(nines, _)| nines.is_finite())
            .collect();
        if points.is_empty() || latency.count == 0 {
            return None;
        }
        let reach = points.iter().map(|point| point.0).fold(0.0, f64::max);
        let marks = marks(latency)
            .into_iter()
            .map(|(_, nines, time)| (nines, time));
        points.extend(marks.filter(|mark| mark.0 <= reach));
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        Some(Self {
            name,
            plural,
            latency,
            points,
        })
    }

    /// The place of its last point before the longest.
    pub(super) fn reach(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.0)
    }

    pub(super) fn spread(&self) -> [f64; 3] {
        let least = self.points.first().map_or(0.0, |point| point.1);
        [least, self.latency.p50, self.latency.max]
    }

    /// A sentence on how to read it.
    pub(super) fn explained(&self) -> String {
        let Latency { p50, p99, .. } = self.latency;
        let (half, most) = (time_value(*p50), time_value(*p99));
        format!(
            "50 % of the {} took {half} or less, 99 % took {most} or less; each nine to the right leaves out a tenth as many.",
            self.plural
        )
    }

    /// A description for those who can't see it.
    pub(super) fn said(&self) -> String {
        let marks =
            marks(self.latency).map(|(name, _, time)| format!("{name} {}", time_value(time)));
        let max = time_value(self.latency.max);
        format!("{}: {}, longest {max}.", self.name, marks.join(", "))
    }
}

/// The usual percentiles, with their places and times.
pub(super) fn marks(latency: &Latency) -> [(&'static str, f64, f64); 4] {
    [
        ("p50", 50.0, latency.p50),
        ("p90", 90.0, latency.p90),
        ("p99", 99.0, latency.p99),
        ("p99.9", 99.9, latency.p999),
    ]
    .map(|(name, percentile, time)| (name, nines(percentile), finite(time)))
}

/// The place of a percentile in nines. That of 100 % is infinite.
pub(super) fn nines(percentile: f64) -> f64 {
    match percentile {
        0.0..100.0 => 2.0 - (100.0 - percentile).log10(),
        100.0.. => f64::INFINITY,
        _ => 0.0,
    }
}
