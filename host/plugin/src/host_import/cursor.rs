//! Goes through the parts of a script's arguments, one after the other.

use crate::imports::parts::Part;
use std::iter::Peekable;
use std::vec::IntoIter;

/// The parts of the arguments that aren't converted yet. It is public only for [`record!`](crate::record).
#[doc(hidden)]
pub struct Parts(Peekable<IntoIter<Part>>);

impl Parts {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self(parts.into_iter().peekable())
    }

    /// The next part. `wanted` is the type of its value in WIT.
    pub(super) fn next(&mut self, wanted: impl FnOnce() -> String) -> Result<Part, String> {
        let next = self.0.next();
        next.ok_or_else(|| format!("{} is missing", wanted()))
    }

    /// Takes the next part if it is `none`.
    pub(super) fn take_none(&mut self) -> bool {
        self.0.next_if_eq(&Part::None).is_some()
    }

    pub(super) fn is_empty(&mut self) -> bool {
        self.0.peek().is_none()
    }

    /// The names of the fields of a record that comes next. The values follow in this order.
    #[doc(hidden)]
    pub fn fields(&mut self, wanted: impl Fn() -> String) -> Result<Vec<String>, String> {
        match self.next(&wanted)? {
            Part::Fields(names) => Ok(names),
            // An empty table of Lua is both.
            Part::Items(0) => Ok(Vec::new()),
            other => Err(not(&wanted(), &other)),
        }
    }
}

/// The words for a value of the wrong kind.
pub(super) fn not(wanted: &str, found: &Part) -> String {
    format!("{wanted} is wanted, and it is {}", found.kind())
}
