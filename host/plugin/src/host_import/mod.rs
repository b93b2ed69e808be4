//! Imports of the embedding program's own: Rust closures for the functions of a WIT package.
//!
//! It owns the conversion of values between closures, plugins and scripts, and the linking of the closures. The bounds of
//! a call are those of `imports::host_functions`. No type of wasmtime is in a signature that an embedder writes.

mod all;
mod arguments;
mod basic;
mod compound;
mod cursor;
mod function;
mod import;
mod names;
mod reader;
mod record;
mod returned;
#[cfg(test)]
mod tests;
mod types;
mod value;

pub(crate) use all::HostImports;
pub use arguments::Arguments;
pub use import::{HostImport, MOST_BYTES};
pub use returned::{Returned, Trap};
pub use value::Value;

/// What the code of [`record!`](crate::record) needs. Nobody else should.
#[doc(hidden)]
pub mod private {
    pub use super::cursor::Parts;
    pub use super::reader::Reader;
    pub use super::record::{field, given, is_name, unknown};
    pub use super::value::{Item, Single, Value, Wire};
    pub use crate::imports::parts::Part;
    pub use wasmtime;
}
