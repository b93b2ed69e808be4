//! A process of its own for work on a stranger's bytes: a parser or a compiler that such bytes may have overflow its
//! stack, take all memory, or never end.
//!
//! It owns how such a process is started, what it takes from itself, what goes to it and comes back, and why it ended.
//! It must not know what the work is: [`run`] has it done, in a program that calls [`run_helper`] with what it does.
//! Both are of the same program, as a rule, which is started anew with another argument.

mod ended;
mod helper;
mod limits;
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
pub use helper::run_helper;
pub use limits::{Limits, Priority, is_short_of};
pub use process::{Clock, Program, Task, run, run_blocking};
// For the fuzz targets, which read what a helper says.
#[doc(hidden)]
pub use wire::{Answer, read_answer, say_panicked, write_answer};
