//! Compiling: from a stranger's bytes to code that may be run.
//!
//! It owns the sources of plugins, the languages of scripts, the checks of a component before it is compiled, the
//! compiler with its limits, and the cache of compiled code. All `unsafe` of eco is here, in `cache/code.rs`, since
//! only the compiler and the cache decide which bytes are native code.
//!
//! It does not depend on the crates that run the code. The entry point is [`CodeCache::compile`].

#[cfg(feature = "compile")]
mod binary;
mod bounds;
mod budget;
mod cache;
mod code_cache;
mod compiler;
mod error;
mod facts;
mod interpreter;
#[cfg(all(test, feature = "compile"))]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod interpreter_memory;
#[cfg_attr(
    not(all(feature = "javascript", feature = "lua", feature = "python")),
    allow(
        dead_code,
        unused_macros,
        reason = "some of it is for one language alone"
    )
)]
mod script;
mod source;
mod total_memory;

pub use bounds::{FEW_PAGES, HELD, PARTS};
pub use budget::{Budget, Budgets, TICK};
pub use cache::{Cache, check_python_folder, keep_python};
pub use code_cache::{CodeCache, Compiled, Snapshot};
pub use compiler::Compiler;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use compiler::fuzzing;
#[cfg(feature = "compile")]
pub use compiler::if_helper;
pub use compiler::image::{ACCESS, Global, Image, State};
pub use compiler::settings::{Settings, Target, WHOLE_MEMORY, Work};
pub use eco_isolated::Program;
pub use error::{CompileError, changed_with};
pub use facts::DirectNames;
pub use script::absent::Absent;
pub use script::functions::{self, Caller, FUNCTIONS};
pub use script::languages::Language;
pub use script::misspelt::Misspelt;
pub use script::{Hints, Script};
pub use source::{BUILT_IN_CLIENTS, BUILT_IN_SERVERS, BuiltIn, Source};
pub use total_memory::{
    Code, Counted, CountedComponent, CountedModule, InUse, KEPT_PART, Reservation, Scope,
    SharedMemory, TotalMemory,
};
