//! The units of limits, and how their values are written and read.

use bytesize::ByteSize;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// A time.
pub type Time = Duration;
/// A time after which something ends. `None`: never.
pub type Timeout = Option<Duration>;
/// Bytes.
pub type Size = usize;
/// How many there may be.
pub type Count = usize;
/// How many there may be. `None`: as many as there are.
pub type Cap = Option<NonZeroUsize>;
/// Elements of tables.
pub type Elements = usize;
/// Units of work.
pub type Units = u64;

/// A value of a limit, in its unit. [`Display`](fmt::Display) is for messages and pages: `64.0 KiB`, `1m 30s`,
/// `100000 elements`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Value {
    /// A time.
    Time(Time),
    /// A time, or never.
    Timeout(Timeout),
    /// Bytes.
    Size(Size),
    /// How many there may be.
    Count(Count),
    /// How many there may be, or no limit.
    Cap(Cap),
    /// Elements of tables.
    Elements(Elements),
    /// Units of work.
    Units(Units),
}

impl Value {
    /// The value as a person types it: `64KiB`, `100000`.
    pub fn typed(self) -> String {
        match self {
            Self::Size(_) => self.to_string().replace(".0 ", ""),
            Self::Elements(number) => number.to_string(),
            Self::Units(number) => number.to_string(),
            Self::Time(_) | Self::Timeout(_) | Self::Count(_) | Self::Cap(_) => self.to_string(),
        }
    }

    /// The value as a number of its unit. `None` for a time, and for no limit.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Size(number) | Self::Count(number) | Self::Elements(number) => {
                Some(number as u64)
            }
            Self::Units(number) => Some(number),
            Self::Cap(cap) => cap.map(|cap| cap.get() as u64),
            Self::Time(_) | Self::Timeout(_) => None,
        }
    }

    /// Parses another value of the same unit that a person typed. A timeout of 0 means never. A size that no machine
    /// has becomes the largest size.
    ///
    /// # Errors
    /// The text is no such value; the error says why.
    pub fn parse(self, text: &str) -> Result<Self, String> {
        let time = || humantime::parse_duration(text).map_err(said);
        let number = || text.parse().map_err(said);
        match self {
            Self::Time(_) => time().map(Self::Time),
            Self::Timeout(_) if text == "0" || text == "never" => Ok(Self::Timeout(None)),
            Self::Timeout(_) => Ok(Self::Timeout(Some(time()?).filter(|time| !time.is_zero()))),
            Self::Size(_) => {
                let bytes = text.parse::<ByteSize>()?.as_u64();
                Ok(Self::Size(usize::try_from(bytes).unwrap_or(usize::MAX)))
            }
            Self::Count(_) => number().map(Self::Count),
            Self::Cap(_) => text.parse().map(|cap| Self::Cap(Some(cap))).map_err(said),
            Self::Elements(_) => number().map(Self::Elements),
            Self::Units(_) => text.parse().map(Self::Units).map_err(said),
        }
    }
}

fn said(error: impl fmt::Display) -> String {
    error.to_string()
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) | Self::Timeout(Some(time)) => {
                humantime::format_duration(*time).fmt(f)
            }
            Self::Timeout(None) => f.write_str("never"),
            Self::Size(bytes) => ByteSize(*bytes as u64).fmt(f),
            Self::Count(number) => number.fmt(f),
            Self::Cap(Some(number)) => number.fmt(f),
            Self::Cap(None) => f.write_str("no limit"),
            Self::Elements(number) => write!(f, "{number} elements"),
            Self::Units(number) => write!(f, "{number} units"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_written_and_read() {
        for (value, written, typed) in [
            (Value::Time(Duration::from_secs(90)), "1m 30s", "1m 30s"),
            (Value::Timeout(None), "never", "never"),
            (Value::Size(64 << 10), "64.0 KiB", "64KiB"),
            (Value::Size(256), "256 B", "256 B"),
            (Value::Count(64), "64", "64"),
            (Value::Cap(NonZeroUsize::new(7)), "7", "7"),
            (Value::Elements(100_000), "100000 elements", "100000"),
            (Value::Units(7), "7 units", "7"),
        ] {
            assert_eq!((&*value.to_string(), &*value.typed()), (written, typed));
            assert_eq!(value.parse(typed), Ok(value));
            assert!(value.parse("x").is_err(), "{value}");
        }
        assert_eq!(Value::Timeout(None).parse("0s"), Ok(Value::Timeout(None)));
        let most = Value::Size(0).parse("99999999999999GiB");
        assert_eq!(most, Ok(Value::Size(usize::MAX)));
    }
}
