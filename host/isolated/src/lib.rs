//! A process of its own for work on a stranger's bytes: a parser or a compiler that such bytes may have overflow its
//! stack, take all memory, or never end.
//!
//! It owns how such a process is started and limits itself, the protocol with it, and why it ended.
//! It must not know the work: [`run`] has it done, in a program that calls [`run_helper`] with the function for it.
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
// For the fuzz targets, which read a helper's answers.
#[doc(hidden)]
pub use wire::{Answer, read_answer, say_panicked, write_answer};
