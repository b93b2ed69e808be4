//! Programs that know nothing of eco: they read standard input, and write standard output.
//!
//! A core module with `_start` is one (WASI preview 1), and a component that exports `wasi:cli/run` (WASI 0.2). Each
//! instance runs once, from its beginning to its exit. This room owns the calls that such a run is divided into: one ends
//! where a read has to wait, and the next begins when something has come. `stdio` has the streams between both sides.

mod between_calls;
mod flush_hint;
mod instance;
mod load;
mod preview1;
mod preview2;
mod template;

pub(crate) use instance::ProgramInstance;
pub(crate) use load::{Program, is_program, load};
pub(crate) use preview1::imported;
