//! Components from the products of a language's tools, in a process of its own: the sources are a stranger's, and so is all
//! that comes of them.
//!
//! It owns the limits of that process. `eco_isolated` runs it, and `component` is its work.

use super::component;
use super::error::BuildError;
use super::form::{Form, Refusal};
use eco_files::read_at_most;
use eco_isolated::{Clock, Limits, Priority, Program, Task};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Bytes of a text or a module: as many as a plugin's file may have. Those of toolchains have some megabytes, also with what
/// debuggers read. A larger one is refused. Test: `commands::build_attacks::a_module_that_is_too_large_for_a_component_is_refused`.
const MOST: usize = 32 * 1024 * 1024;
/// Bytes of a component that is made: what it is made of, and what translates WASI for it. A process that makes a larger one
/// has gone wrong. No test hits it: that would be such a process.
const MOST_MADE: u64 = MOST as u64 + 16 * 1024 * 1024;
/// Memory of the process, in bytes. A component takes four times what it is made of. What takes more is no plugin.
/// Test: `commands::build_attacks::a_module_that_takes_too_much_to_make_a_component_of_is_refused`.
const MEMORY: u64 = 512 * 1024 * 1024;
/// Processor time of the process, as compiling has it by default. What takes more is no plugin.
/// No test hits it: that would take as long.
const TIME: Duration = Duration::from_secs(30);

/// The name of this work.
const WORK: &str = "make";

/// If this process is a helper that makes components, makes the component of what comes on stdin, answers on stdout, and
/// exits the process. Else it returns at once.
///
/// A program that [`Project::build`](crate::Project::build) is given calls this first in its `main`. See
/// [`eco_isolated::if_helper`].
pub fn if_helper() {
    let nothing = || Ok(());
    eco_isolated::if_helper(WORK, nothing, |form: Form, bytes| {
        match component::of(&form, bytes) {
            Ok(component) => (Ok(()), vec![component]),
            Err(refusal) => (Err(refusal.cut()), Vec::new()),
        }
    });
}

/// What is in the file: a text, or a module.
///
/// # Errors
/// It can't be read, or is too large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    let file = open(path)?;
    let length = file.metadata().map_err(BuildError::file(path))?.len();
    let too_large = || BuildError::TooLarge {
        path: path.to_owned(),
        most: MOST,
    };
    // It may grow while it is read.
    if length > MOST as u64 {
        return Err(too_large());
    }
    let bytes = read_at_most(file, MOST).map_err(BuildError::file(path))?;
    if bytes.len() > MOST {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Opens a file, and nothing that only looks like one.
///
/// # Errors
/// It can't be opened.
pub(super) fn open(path: &Path) -> Result<File, BuildError> {
    eco_files::open(path).map_err(|error| BuildError::file(path)(error.into()))
}

/// Makes a component of what was read from `path`, unless it is a program. `output` is what messages call it.
///
/// # Errors
/// It is not right, or takes too much.
pub(super) fn component(
    maker: &Program,
    form: Form,
    bytes: Vec<u8>,
    path: &Path,
    output: &Path,
) -> Result<Vec<u8>, BuildError> {
    let task = Task {
        work: WORK,
        request: form,
        bytes,
        limits: Limits {
            memory: Some(MEMORY),
            cpu: Some(TIME),
            priority: Priority::Lowest,
        },
        // The component.
        blocks: 1,
        most: MOST_MADE,
        clock: Clock::Patience,
        waits: true,
    };
    let ran = eco_isolated::run_blocking(maker, task);
    let (answer, made): (Result<(), Refusal>, _) = ran.map_err(|ended| BuildError::Unmade {
        path: path.to_owned(),
        ended,
    })?;
    answer.map_err(|refusal| refusal.of(path, output))?;
    Ok(made.into_iter().next().unwrap_or_default())
}
