//! Latencies: the percentiles of measured times, and the curve between them.
//!
//! Percentiles come from a histogram of nanoseconds. Reports have microseconds.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The distribution of some times, in microseconds.
#[derive(Serialize)]
pub struct Latency {
    /// The number of times.
    pub count: u64,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The 99.9th percentile.
    #[serde(rename = "p99.9")]
    pub p999: f64,
    /// The longest.
    pub max: f64,
    /// The percentiles between them, each step nearer to 100 %.
    pub curve: Vec<Point>,
}

/// A point of the latency curve.
#[derive(Clone, Copy, Serialize)]
pub struct Point {
    /// In percent.
    pub percentile: f64,
    /// In microseconds.
    pub time: f64,
}

/// Steps of the curve for each halving of the distance to 100 %.
const STEPS: u32 = 5;

impl Latency {
    /// The percentiles of times in nanoseconds.
    pub(super) fn of(times: &Histogram<u64>) -> Self {
        let at = |quantile| microseconds(times.value_at_quantile(quantile));
        let points = times.iter_quantiles(STEPS).map(|step| Point {
            percentile: decimal(step.quantile_iterated_to() * 100.0),
            time: microseconds(step.value_iterated_to()),
        });
        Self {
            count: times.len(),
            mean: microseconds(times.mean().round() as u64),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: microseconds(times.max()),
            curve: points.collect(),
        }
    }
}

/// Rounds a percentile, but joins no two steps of the curve. Binary fractions make 30.000000000000004 of 30.
fn decimal(percentile: f64) -> f64 {
    const PARTS: f64 = 1e9;
    (percentile * PARTS).round() / PARTS
}

pub(super) fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e3
}
