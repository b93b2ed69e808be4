//! A row of a table of limits, and the macro that makes types of a table.

use super::value::Value;
use std::fmt;

/// A limit of a table. `limits!` implements this.
pub trait Limit: Copy + 'static {
    /// The values of all limits of the table.
    type Limits;

    /// Its row.
    fn row(self) -> &'static Row;

    /// Its value among these.
    fn get(self, limits: &Self::Limits) -> Value;

    /// Sets its value. The value must have the limit's unit, as [`Row::parse`] returns it.
    fn set(self, limits: &mut Self::Limits, value: Value);
}

/// A row of a table: one limit.
#[derive(Debug)]
pub struct Row {
    /// A stable word for the limit: logs have it, and its flag is named so.
    pub code: &'static str,
    /// The limit's name in a message or a table: `memory per instance`. A row without one has its code here.
    pub words: &'static str,
    /// The limit in a line of help.
    pub help: &'static str,
    /// Its value unless somebody sets another, in its unit.
    pub default: Value,
    /// The values that it may be set to.
    pub range: Range,
}

impl Row {
    /// Parses a value of this limit that a person typed. The range is not checked.
    ///
    /// # Errors
    /// The text is no such value; the error says why.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        self.default.parse(text)
    }
}

/// The values that a limit may be set to.
#[derive(Clone, Copy, Debug)]
pub enum Range {
    /// All values of its unit.
    Any,
    /// From the first to the last.
    FromTo(Value, Value),
    /// This much or more, and why.
    AtLeast(Value, &'static str),
}

impl Range {
    /// Whether this value is in it.
    pub fn contains(self, value: Value) -> bool {
        match self {
            Self::Any => true,
            Self::FromTo(least, most) => least <= value && value <= most,
            Self::AtLeast(least, _) => least <= value,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::FromTo(least, most) => write!(f, "{} to {}", least.typed(), most.typed()),
            Self::AtLeast(least, _) => write!(f, "{} or more", least.typed()),
        }
    }
}

/// Makes the types of a table of limits, as in [the example](crate):
///
/// - the struct with the value of each limit: a field for each row, and the further fields that are listed in it. It has
///   [`Default`], and a method of each field's name that sets it, so that a new row breaks no user of the struct;
/// - the enum that names a limit: a variant for each row, displayed as the row's `words`.
///
/// A row has the field with its unit and default, and the parts of a [`Row`]. The first line of its comment is the
/// limit's help. Its `reason` is that of the default, and its `test` the one that hits the limit; the field's
/// documentation has both, with the unit and the default.
#[macro_export]
macro_rules! limits {
    (
        $(#[$of_struct:meta])*
        pub struct $Limits:ident {
            $($(#[$of_other:meta])* pub $other:ident: $Other:ty = $value:expr,)*
        }

        $(#[$of_enum:meta])*
        pub enum $Limit:ident {
            $(
                #[doc = $help:literal]
                $(#[doc = $more:literal])*
                $Row:ident {
                    $field:ident: $Unit:ident = $default:expr,
                    code: $code:literal,
                    $(words: $words:literal,)?
                    $(range: $range:expr,)?
                    reason: $reason:literal,
                    test: $test:literal,
                }
            )*
        }
    ) => {
        $(#[$of_struct])*
        ///
        /// It begins as `default()`, and a method of each field's name sets that field. A value is not checked against
        /// the range that a field's text names.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct $Limits {
            $(
                #[doc = concat!($help, ".")]
                $(#[doc = $more])*
                #[doc = concat!(
                    "\n\nIn ", $crate::limits!(@unit $Unit), ", by default `", stringify!($default), "`. ", $reason,
                    "\n\nThe test that hits it: `", $test, "`."
                )]
                pub $field: $crate::$Unit,
            )*
            $($(#[$of_other])* pub $other: $Other,)*
        }

        impl $Limits {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self#structfield.", stringify!($field), "), in ",
                    $crate::limits!(@unit $Unit), ": ", $help, ".")]
                #[must_use]
                pub fn $field(mut self, value: $crate::$Unit) -> Self {
                    self.$field = value;
                    self
                }
            )*
            $(
                #[doc = concat!("Sets [`", stringify!($other), "`](Self#structfield.", stringify!($other), ").")]
                #[must_use]
                pub fn $other(mut self, value: $Other) -> Self {
                    self.$other = value;
                    self
                }
            )*
        }

        impl Default for $Limits {
            /// The default of each field.
            fn default() -> Self {
                Self { $($field: $default,)* $($other: $value,)* }
            }
        }

        $(#[$of_enum])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $Limit {
            $(#[doc = concat!($help, ".")] $Row,)*
        }

        impl $Limit {
            /// All limits, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$Row,)*];

            /// A stable word for the limit: logs and tests use it, and its flag is named so.
            pub fn code(self) -> &'static str {
                $crate::Limit::row(self).code
            }
        }

        impl $crate::Limit for $Limit {
            type Limits = $Limits;

            fn row(self) -> &'static $crate::Row {
                match self {
                    $(Self::$Row => const {
                        &$crate::Row {
                            code: $code,
                            words: $crate::limits!(@or $code; $($words)?),
                            help: $help.trim_ascii(),
                            default: $crate::Value::$Unit($default),
                            range: $crate::limits!(@or $crate::Range::Any; $($range)?),
                        }
                    },)*
                }
            }

            fn get(self, limits: &$Limits) -> $crate::Value {
                match self {
                    $(Self::$Row => $crate::Value::$Unit(limits.$field),)*
                }
            }

            fn set(self, limits: &mut $Limits, value: $crate::Value) {
                match (self, value) {
                    $((Self::$Row, $crate::Value::$Unit(value)) => limits.$field = value,)*
                    _ => unreachable!("{self} has not the unit of {value:?}"),
                }
            }
        }

        impl std::fmt::Display for $Limit {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::Limit::row(*self).words)
            }
        }
    };
    (@unit Time) => { "time" };
    (@unit Timeout) => { "time, where `None` is never" };
    (@unit Size) => { "bytes" };
    (@unit Count) => { "number" };
    (@unit Cap) => { "number, where `None` is no limit" };
    (@unit Elements) => { "elements" };
    (@unit Units) => { "units of work" };
    (@or $default:expr;) => { $default };
    (@or $default:expr; $given:expr) => { $given };
}
