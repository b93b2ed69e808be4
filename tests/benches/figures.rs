//! Figures of several rounds, and what they come to.

use anyhow::Result;
use std::borrow::Borrow;
use std::time::Duration;

/// Whether the benchmark is to show that it works, and nothing more: with few rounds, and without writing a page.
pub fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// So many rounds, in each of which every server is measured for so long.
#[derive(Clone, Copy)]
pub struct Rounds {
    /// Their number, without the one that warms up.
    pub count: usize,
    /// The time of each server in a round.
    pub slice: Duration,
}

impl Rounds {
    /// So many of half a second each; or a few short ones where that is to be [quick](is_quick).
    pub fn new(count: usize) -> Self {
        let (count, slice) = match is_quick() {
            true => (2, Duration::from_millis(50)),
            false => (count, Duration::from_millis(500)),
        };
        Self { count, slice }
    }

    /// The figures of so many servers in each round. `sample` measures the server at a place. In each round another one is the
    /// first.
    ///
    /// # Errors
    /// Those of `sample`.
    pub fn measure<const SERVERS: usize>(
        self,
        mut sample: impl FnMut(usize) -> Result<f64>,
    ) -> Result<Vec<[f64; SERVERS]>> {
        let mut rows = Vec::new();
        for round in 0..=self.count {
            let mut row = [0.0; SERVERS];
            for turn in 0..SERVERS {
                let place = (round + turn) % SERVERS;
                row[place] = sample(place)?;
            }
            if round > 0 {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// The figure in the middle; of an even number, the upper one. NaN of none.
pub fn median(figures: impl IntoIterator<Item: Borrow<f64>>) -> f64 {
    quantile(figures, 0.5)
}

/// The figure below which such a share of them lies, 0 to 1. NaN of none.
pub fn quantile(figures: impl IntoIterator<Item: Borrow<f64>>, share: f64) -> f64 {
    let figures = figures.into_iter();
    let mut sorted: Vec<f64> = figures.map(|figure| *figure.borrow()).collect();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
