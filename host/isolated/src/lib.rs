//! A process of its own for work on a stranger's bytes, which may make a parser or a compiler overflow its stack, take
//! all memory, or never end.
//!
//! The crate owns the start of such a process, its limits, the protocol with it, and the reasons why it ends. The work
//! is the caller's: [`run`] starts a program that calls [`if_helper`] with the function for it. As a rule that is the
//! same program, started anew.

mod ended;
mod helper;
mod limits;
mod mark;
#[cfg(not(unix))]
#[path = "pipes/other.rs"]
mod pipes;
#[cfg(unix)]
#[path = "pipes/unix.rs"]
mod pipes;
mod places;
mod process;
mod wire;

pub use ended::Ended;
pub use helper::if_helper;
pub use limits::{Limits, Priority, is_short_of};
pub use mark::end_if_helper;
pub use process::{Clock, Program, Task, run, run_blocking};
// For the fuzz targets, which read a helper's answers.
#[doc(hidden)]
pub use wire::{Answer, read_answer, say_panicked, write_answer};
