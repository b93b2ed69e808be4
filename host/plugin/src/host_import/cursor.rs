//! Goes through the parts of a script's arguments, one after the other.

use crate::imports::parts::Part;
use std::iter::Peekable;
use std::vec::IntoIter;

/// The parts of the arguments that aren't converted yet, and the room for the lists that are made of them. It is public
/// only for [`record!`](crate::record).
#[doc(hidden)]
pub struct Parts {
    parts: Peekable<IntoIter<Part>>,
    most: usize,
    /// Bytes of `most` that no list has taken.
    left: usize,
}

impl Parts {
    /// The lists that are made of the parts take at most so many bytes, without their texts.
    pub(super) fn new(parts: Vec<Part>, most: usize) -> Self {
        Self {
            parts: parts.into_iter().peekable(),
            most,
            left: most,
        }
    }

    /// Bytes that lists have taken so far.
    pub(super) fn taken(&self) -> usize {
        self.most - self.left
    }

    /// Room for the items of a list. A part may be much smaller than the item that is made of it, so items have a bound
    /// of their own. The list has a part for each item, or the first missing one is an error. So a count of 4 billion
    /// allocates nothing.
    pub(super) fn room<V>(&mut self, count: u32) -> Result<Vec<V>, String> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let count = count.min(self.parts.len());
        let bytes = count.saturating_mul(size_of::<V>().max(1));
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| {
            format!(
                "the items of lists are beyond the bound of {} bytes",
                self.most
            )
        })?;
        Ok(Vec::with_capacity(count))
    }

    /// The next part. `wanted` is the type of its value in WIT.
    pub(super) fn next(&mut self, wanted: impl FnOnce() -> String) -> Result<Part, String> {
        let next = self.parts.next();
        next.ok_or_else(|| format!("{} is missing", wanted()))
    }

    /// Takes the next part if it is `none`.
    pub(super) fn take_none(&mut self) -> bool {
        self.parts.next_if_eq(&Part::None).is_some()
    }

    pub(super) fn is_empty(&mut self) -> bool {
        self.parts.peek().is_none()
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
