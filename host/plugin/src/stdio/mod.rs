//! What a program has of the world: its standard input and output, its arguments and its environment.
//!
//! It knows neither WebAssembly nor WASI: `imports` and `program` show these to the program.

mod descriptor;
mod pipes;
mod settings;
mod variables;

pub(crate) use descriptor::{Descriptor, Mode};
pub(crate) use pipes::{Gone, Pipes, QUEUE, Replies};
pub use settings::ProgramSettings;
pub(crate) use variables::variables;

use std::sync::Arc;

/// Who tells people of an exit code other than 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ExitReport {
    /// The log.
    #[default]
    Log,
    /// The caller, who asks for the code.
    Caller,
}

/// What the session of a program tells it of its connection, and how it wants its replies and its exit code.
#[derive(Default)]
pub(crate) struct SessionSettings {
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) replies: Replies,
    pub(crate) exit_report: ExitReport,
}

/// The standard streams of one instance of a program, with its arguments and its environment. Clones are the same.
#[derive(Clone)]
pub(crate) struct Stdio {
    pub(crate) pipes: Arc<Pipes>,
    /// The first is the name of the program.
    pub(crate) arguments: Arc<[String]>,
    pub(crate) environment: Arc<[(String, String)]>,
}
