//! The choice of a process that compiles: this one, or a helper that can be killed.
//!
//! `job` owns the steps of compiling, and `helper` the limits of a helper.

#[cfg(feature = "compile")]
mod causes;
#[cfg(feature = "compile")]
mod form;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod helper;
pub(crate) mod image;
#[cfg(feature = "compile")]
mod in_helper;
#[cfg(feature = "compile")]
mod in_process;
#[cfg(feature = "compile")]
pub(crate) mod job;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod settings;
#[cfg(feature = "compile")]
mod snapshot;

use crate::budget::Budgets;
use crate::cache::entry::Entry;
use crate::error::CompileError;
use eco_isolated::Program;
#[cfg(feature = "compile")]
pub use in_helper::if_helper;
use request::Job;
use std::fs::Metadata;
#[cfg(feature = "compile")]
use std::io;
use std::time::UNIX_EPOCH;

/// The process that turns the bytes of plugins into machine code.
///
/// wasmtime's promises for untrusted code do not cover compiling. Some small files overflow the stack of its parser,
/// which ends the process; others take it hours, or all memory.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Compiler {
    /// This process, for plugins that are trusted. A plugin can end the process, take all of its memory, and keep its
    /// threads for hours: [`Budgets::compile_memory`] is not enforced, and [`Budgets::compile`] only ends the waiting.
    ///
    /// Each compilation has as many threads as there are processors, `eco-compile-0` and so on, which end with it, and
    /// one of tokio's threads for blocking work. rayon's global pool is left to the embedder.
    #[cfg(feature = "compile")]
    InProcess,
    /// A helper, started for each plugin that is not in the cache, and killed when it takes too much: this program
    /// ([`this_program`](Self::this_program)), or another one that calls [`if_helper`] first, as `eco` does.
    ///
    /// While it runs, one of tokio's threads for blocking work talks with it.
    Helper(Program),
}

/// Version of the facts and the code in the cache. It changes when the same compiler would make others from the same
/// bytes.
const FORMAT: u32 = 4;

impl Compiler {
    /// This program as the helper. Its `main` begins with [`if_helper`]. The program of a test harness has no such `main`:
    /// tests of trusted plugins take [`InProcess`](Self::InProcess).
    ///
    /// # Errors
    /// The system doesn't tell the program's path.
    #[cfg(feature = "compile")]
    pub fn this_program() -> io::Result<Self> {
        Program::this().map(Self::Helper)
    }

    /// Compiles within the budgets.
    pub(crate) async fn compile(
        &self,
        job: Job,
        bytes: Vec<u8>,
        budgets: &Budgets,
    ) -> Result<Entry, CompileError> {
        match self {
            #[cfg(feature = "compile")]
            Self::InProcess => in_process::compile(job, bytes, budgets).await,
            Self::Helper(program) => helper::compile(program, job, bytes, budgets).await,
        }
    }

    /// Identity of the compiler. Code that another one made is not used.
    pub(crate) fn version(&self) -> String {
        let program = match self {
            Self::Helper(program) => program.path().metadata().ok(),
            #[cfg(feature = "compile")]
            Self::InProcess => this_program(),
        };
        // During development the program changes and its version stays.
        let changed = |program: Metadata| {
            let since = program.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            Some((program.len(), since.as_nanos()))
        };
        let changed = program.and_then(changed);
        format!("{FORMAT} {} {changed:?}", env!("CARGO_PKG_VERSION"))
    }
}

#[cfg(feature = "compile")]
fn this_program() -> Option<Metadata> {
    std::env::current_exe().ok()?.metadata().ok()
}
