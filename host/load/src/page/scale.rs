//! Scales: from figures to places in a plot, with round figures for the marks beside an axis.

use super::numbers::finite;

/// If the longest is this many times the median, a linear scale would flatten the rest.
const STEEP: f64 = 20.0;
/// The shortest time that a plot tells from others, in microseconds.
const LEAST: f64 = 0.01;
/// More decades leave no room for marks between them.
const FEW_DECADES: f64 = 3.5;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ScaleKind {
    Linear,
    Logarithmic,
}

/// The least, the typical and the greatest of some figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) typical: f64,
    pub(super) most: f64,
}

impl Spread {
    /// Of the figures above 0, as all measured times are.
    pub(super) fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.map(finite).filter(|figure| *figure > 0.0).collect();
        figures.sort_by(f64::total_cmp);
        let at = |place: usize| figures.get(place).copied().unwrap_or(0.0);
        Self {
            least: at(0),
            typical: at(figures.len() / 2),
            most: at(figures.len().saturating_sub(1)),
        }
    }
}

/// A map from a range of figures to a range of the plot.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub(super) kind: ScaleKind,
    from: f64,
    to: f64,
    /// Between marks, if it is linear.
    pub(super) step: f64,
    pub(super) start: f64,
    pub(super) end: f64,
}

impl Scale {
    /// From 0 to exactly `to`, with about so many marks.
    pub(super) fn exact(to: f64, marks: u32, (start, end): (f64, f64)) -> Self {
        let to = match finite(to) {
            0.0 => 1.0,
            to => to,
        };
        Self {
            kind: ScaleKind::Linear,
            from: 0.0,
            to,
            step: round_up(to / f64::from(marks)),
            start,
            end,
        }
    }

    /// From 0 to a mark at or above `most`.
    pub(super) fn linear(most: f64, marks: u32, ends: (f64, f64)) -> Self {
        let exact = Self::exact(most, marks, ends);
        let to = (exact.to / exact.step - 1e-9).ceil() * exact.step;
        Self { to, ..exact }
    }

    fn logarithmic(least: f64, most: f64, (start, end): (f64, f64)) -> Self {
        let from = round_down(finite(least).max(LEAST));
        let to = round_up(finite(most).max(from * 1.5));
        Self {
            kind: ScaleKind::Logarithmic,
            from,
            to,
            step: 0.0,
            start,
            end,
        }
    }

    /// For times: linear from 0, unless that would hide the typical ones.
    pub(super) fn times(spread: Spread, marks: u32, ends: (f64, f64)) -> Self {
        if spread.most > STEEP * spread.typical {
            Self::logarithmic(spread.least, spread.most, ends)
        } else {
            Self::linear(spread.most, marks, ends)
        }
    }

    /// The place of a figure. One beyond the scale is at its end.
    pub(super) fn at(&self, figure: f64) -> f64 {
        let figure = finite(figure).clamp(self.from, self.to);
        let share = match self.kind {
            ScaleKind::Linear => figure / self.to,
            ScaleKind::Logarithmic => (figure / self.from).ln() / (self.to / self.from).ln(),
        };
        self.start + share * (self.end - self.start)
    }

    /// The round figures on it, those that matter most first.
    pub(super) fn marks(&self) -> Vec<f64> {
        let last = self.to * (1.0 + 1e-9);
        match self.kind {
            ScaleKind::Linear => (0..100)
                .map(|mark| f64::from(mark) * self.step)
                .take_while(|mark| *mark <= last)
                .collect(),
            ScaleKind::Logarithmic => {
                let round =
                    std::iter::successors(Some(self.from), |mark| Some(round_up(mark * 1.5)));
                let round = round.take_while(|mark| *mark <= last);
                let (mut marks, between): (Vec<_>, Vec<_>) =
                    round.partition(|mark| is_decade(*mark));
                if (self.to / self.from).log10() <= FEW_DECADES {
                    marks.extend(between)
                } else {
                    marks.extend([self.from, self.to])
                }
                marks
            }
        }
    }
}

/// The least of 1, 2 or 5 times a power of ten that is not below.
fn round_up(figure: f64) -> f64 {
    let power = power(figure);
    let mut round = [1.0, 2.0, 5.0].map(|digit| digit * power).into_iter();
    round
        .find(|round| *round >= figure * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

fn round_down(figure: f64) -> f64 {
    let power = power(figure);
    let mut round = [5.0, 2.0, 1.0].map(|digit| digit * power).into_iter();
    round
        .find(|round| *round <= figure * (1.0 + 1e-9))
        .unwrap_or(power)
}

fn power(figure: f64) -> f64 {
    10f64.powf((figure.log10() + 1e-9).floor())
}

fn is_decade(figure: f64) -> bool {
    figure / power(figure) < 1.5
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: (f64, f64) = (100.0, 0.0);

    fn of(times: &[f64]) -> Scale {
        Scale::times(Spread::of(times.iter().copied()), 5, ENDS)
    }

    #[test]
    fn marks_are_round() {
        let scale = Scale::linear(47.0, 5, ENDS);
        assert_eq!(scale.marks(), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        let scale = of(&[10.0, 10.0, 10.0, 700.0]);
        let marks: Vec<i64> = scale
            .marks()
            .iter()
            .map(|mark| mark.round() as i64)
            .collect();
        assert_eq!(marks, [10, 100, 1000, 20, 50, 200, 500]);
        let scale = of(&[0.3, 0.4, 0.5, 9e6]);
        assert_eq!(scale.marks().len(), 10);
    }

    #[test]
    fn the_place_of_anything_is_on_the_scale() {
        let odd = [0.0, -1.0, 1e-300, 7.0, 1e300, f64::INFINITY, f64::NAN];
        for times in [&[][..], &[0.0], &[5.0], &[5.0, 5.0], &odd] {
            let scale = of(times);
            assert!((1..100).contains(&scale.marks().len()), "{times:?}");
            for figure in odd.into_iter().chain(scale.marks()) {
                assert!(
                    (0.0..=100.0).contains(&scale.at(figure)),
                    "{times:?} {figure}"
                );
            }
        }
    }
}
