//! Numbers as the page writes them, whatever they are.

pub(super) use crate::units::finite;
use crate::units::{grouped, time_text};

/// A measured time in microseconds, with three digits.
pub(super) fn time_value(microseconds: f64) -> String {
    time_text(finite(microseconds))
}

/// A time in microseconds beside an axis, with the digits it needs.
pub(super) fn time_mark(microseconds: f64) -> String {
    let text = time_value(microseconds);
    match text.split_once(' ') {
        Some(("0.00", _)) => "0".to_owned(),
        Some((value, unit)) => format!("{} {unit}", trimmed(value)),
        None => text,
    }
}

/// A number beside an axis, with so much between its marks.
pub(super) fn mark(number: f64, step: f64) -> String {
    let (number, step) = (finite(number), finite(step));
    let (unit, letter) = match number {
        0.0..1e6 => (1.0, ""),
        1e6..1e9 => (1e6, " M"),
        1e9..1e12 => (1e9, " G"),
        _ => (1e12, " T"),
    };
    match number {
        0.0 => "0".to_owned(),
        _ if step >= 1.0 && number < 1e6 => grouped(number.round() as u64),
        _ => {
            let digits = (-(step / unit).max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize;
            let value = format!("{:.digits$}", number / unit);
            format!("{}{letter}", trimmed(&value))
        }
    }
}

/// Cuts zeros that say nothing.
fn trimmed(value: &str) -> &str {
    if value.contains('.') {
        value.trim_end_matches('0').trim_end_matches('.')
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_have_the_digits_they_need() {
        assert_eq!(time_mark(0.0), "0");
        assert_eq!(time_mark(100.0), "100 µs");
        assert_eq!(time_mark(2_500.0), "2.5 ms");
        assert_eq!(mark(0.0, 0.5), "0");
        assert_eq!(mark(1.5, 0.5), "1.5");
        assert_eq!(mark(0.006, 0.002), "0.006");
        assert_eq!(mark(50_000.0, 10_000.0), "50,000");
        assert_eq!(mark(1_500_000.0, 500_000.0), "1.5 M");
        assert_eq!(mark(f64::INFINITY, f64::INFINITY), "1000000 T");
    }
}
