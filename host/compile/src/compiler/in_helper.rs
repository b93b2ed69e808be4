//! The helper's side of a compilation.

use super::helper::{Answer, WORK};
use super::job::{self, Product};
use super::refusal::Refusal;
use super::request::Job;
use std::io;

/// If this process is a helper that compiles, compiles the plugin that comes on stdin, answers on stdout, and exits the
/// process. Else it returns at once, and costs a look at the environment.
///
/// A program that is a [`Compiler::Helper`](crate::Compiler), as that of
/// [`Compiler::this_program`](crate::Compiler::this_program) is, calls this first in its `main`: before it starts a
/// thread, reads its arguments or its stdin, or writes to its stdout. A helper has an empty environment but for the
/// variable `ECO_HELPER`, which says that it is one, and no files but its pipes. Without this line, loading a plugin
/// fails, and says so.
pub fn if_helper() {
    // wasmtime compiles on these threads, and the process is the helper's own. A system without free threads shows
    // here, before a plugin is blamed.
    let prepare = || {
        let threads = rayon::ThreadPoolBuilder::new().build_global();
        threads.map_err(io::Error::other)
    };
    eco_isolated::if_helper(WORK, prepare, |job: Job, bytes| {
        said(job::compile(&job, bytes))
    });
}

/// Turns a product or a refusal into the answer to eco.
pub(super) fn said(compiled: Result<Product, Refusal>) -> (Answer, Vec<Vec<u8>>) {
    match compiled {
        Ok(product) => {
            let code = [Some(product.code), product.module];
            (Ok(product.facts), code.into_iter().flatten().collect())
        }
        Err(refusal) => (Err(refusal), Vec::new()),
    }
}
