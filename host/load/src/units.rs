//! Figures for people.

pub(super) use eco_text::number::{grouped, many};

/// No measured figure is larger, and sums of such figures are still numbers.
const MOST: f64 = 1e18;

/// The number, or the nearest one that can be drawn and written.
pub(crate) fn finite(number: f64) -> f64 {
    if number.is_nan() {
        0.0
    } else {
        number.clamp(0.0, MOST)
    }
}

/// A time in microseconds as text, in the unit that suits it, with three digits that matter.
pub fn time_text(microseconds: f64) -> String {
    let (value, unit) = match microseconds {
        0.0..1e3 => (microseconds, "µs"),
        1e3..1e6 => (microseconds / 1e3, "ms"),
        _ => (microseconds / 1e6, "s"),
    };
    let digits = match value {
        0.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// A share as text, in percent. A share above 0 never reads as 0.
pub fn share_text(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.005 => "< 0.01 %".to_owned(),
        percent => format!("{percent:.2} %"),
    }
}

/// A share as text, in whole percent.
pub(super) fn percent_text(share: f64) -> String {
    format!("{:.0} %", finite(share) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_so_that_a_person_reads_them() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(finite(f64::NAN), 0.0);
        assert_eq!(percent_text(0.987), "99 %");
        assert_eq!(time_text(7.123), "7.12 µs");
        assert_eq!(time_text(12_345.0), "12.3 ms");
        assert_eq!(time_text(1_234_567.0), "1.23 s");
    }
}
