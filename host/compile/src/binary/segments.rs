//! Which data is copied into the memories of an instance each time that a module is instantiated, page by page.
//!
//! wasmtime maps what lies dense, so that it costs nothing until it is used, and copies the rest before a budget
//! counts. Which of the two it does, it says itself. This decides nothing; `plan` and `compiler::job` do.

use wasmtime_environ::{ConstOp, MemoryInit, ModuleTranslation};

/// Data whose places lie in so many bytes is mapped however little of it there is, from an image of
/// them all; beyond that it must fill half of them. wasmtime's own rule, which the engine sets.
pub(crate) const MAPPED: u64 = 16 * 1024 * 1024;

/// So many pages are copied in no time. A plugin with more is not called directly, and makes way for
/// others as it starts. Test: `hostile_plugins::memory::data_that_is_strewn_over_the_memory_is_refused`, and
/// `fairness::processors::a_start_that_copies_much_holds_up_nobody`.
pub const FEW: u64 = 64;

/// Bytes of a page, as most systems have them.
pub(crate) const PAGE: u64 = 4096;

/// How many pages all the data of a module lies in, as it was read: not yet arranged for mapping.
pub(super) fn pages(module: &ModuleTranslation<'_>) -> u64 {
    let MemoryInit::Unprocessed(segments) = &module.memory_init else {
        return 0;
    };
    let mut pages = 0;
    let mut last = None;
    // Nothing is copied where there is nothing.
    for segment in segments.iter().filter(|segment| !segment.data.is_empty()) {
        let length = segment.data.len() as u64;
        // Where it goes, if that is known beforehand.
        let start = match segment.offset.ops() {
            [ConstOp::I32Const(start)] => Some(u64::from(start.cast_unsigned())),
            _ => None,
        };
        match start {
            Some(start) => {
                let (from, to) = (start / PAGE, (start + length - 1) / PAGE);
                let is_same = last == Some((segment.memory_index, from));
                pages += to - from + 1 - u64::from(is_same);
                last = Some((segment.memory_index, to));
            }
            None => {
                pages += length.div_ceil(PAGE) + 1;
                last = None;
            }
        }
    }
    pages
}
