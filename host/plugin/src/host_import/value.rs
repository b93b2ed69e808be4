//! The types that pass between a plugin and a function of the embedder's.
//!
//! It owns the traits. `basic` and `compound` implement them, and `record!` does for records.

use super::cursor::Parts;
use super::reader::Reader;
use crate::imports::parts::Part;
use wasmtime::component::{ComponentType, Lift, Lower};

/// A type that passes between a plugin and a function of a [`HostImport`](crate::HostImport).
///
/// | Rust | WIT |
/// |---|---|
/// | `bool` | `bool` |
/// | `u8`, `u16`, `u32`, `u64` | the same |
/// | `i8`, `i16`, `i32`, `i64` | `s8`, `s16`, `s32`, `s64` |
/// | `String` | `string` |
/// | `Vec<u8>` | `list<u8>` |
/// | `Vec<T>` | `list<T>` |
/// | `Option<T>` | `option<T>` |
/// | `Result<T, E>` | `result<T, E>`, with `()` for `_` |
/// | a tuple of 2 to 8 values | `tuple<..>` |
/// | a struct of [`record!`](crate::record) | a record |
///
/// Scripts pass values of their own language. They have no `Option`: it is nothing, or the value itself. Bytes may be
/// given as a text and a text as bytes of UTF-8, since not every language tells them apart. A `Result` within another
/// value is an object with one field, `ok` or `error`; the `Result` of a function is its value, or an exception with
/// the error.
///
/// The trait is sealed: only types of this crate and records implement it.
pub trait Value: Wire {}

/// The way of a value out of a plugin and into one.
#[doc(hidden)]
pub trait Wire: Sized + Send + 'static {
    /// The value where it lies in the plugin's memory. Lifting it copies nothing that has a length.
    type Unread: ComponentType + Lift + Send + Sync + 'static;
    /// The value as wasmtime writes it into the plugin's memory.
    type Written: ComponentType + Lower + Send + Sync + 'static;

    /// Copies the value out of the plugin, within the bound of the reader.
    fn read<T: 'static>(unread: Self::Unread, reader: &mut Reader<'_, T>)
    -> wasmtime::Result<Self>;

    /// Bytes that the host holds for the value beside its own size: those of texts and lists.
    fn length(&self) -> usize;

    /// Hands the value over.
    fn written(self) -> Self::Written;

    /// Converts a value that a script gives. The error says what is wrong with it.
    fn take(parts: &mut Parts) -> Result<Self, String>;

    /// Appends the value's parts, for a script.
    fn put(self, parts: &mut Vec<Part>);

    /// The value that a script means by giving none.
    fn missing() -> Option<Self> {
        None
    }

    /// Its type in WIT.
    fn wit() -> String;
}

/// A type of which one value is a parameter or a result. A tuple as such is several.
#[doc(hidden)]
pub trait Single: Wire {}

/// A type of the items of a list. Bytes are not among them: a list of bytes is copied as a whole.
#[doc(hidden)]
pub trait Item: Wire {}
