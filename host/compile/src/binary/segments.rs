//! Data that wasmtime copies into an instance's memories each time that it instantiates a module, counted in pages.
//!
//! wasmtime maps dense data, which costs nothing until it is used. It copies all other data, before a budget counts.
//! `plan` asks wasmtime which of the two it does; `compiler::job` decides on the result.

use wasmtime_environ::{ConstOp, MemoryInit, ModuleTranslation};

/// Bytes of a page, on most systems.
pub(crate) const PAGE: u64 = 4096;

/// Counts the pages that a module's data lies in. The data must be as it was read, and not yet arranged for mapping.
pub(super) fn pages(module: &ModuleTranslation<'_>) -> u64 {
    let MemoryInit::Unprocessed(segments) = &module.memory_init else {
        return 0;
    };
    let mut pages = 0;
    let mut last = None;
    // An empty segment copies nothing.
    for segment in segments.iter().filter(|segment| !segment.data.is_empty()) {
        let length = segment.data.len() as u64;
        // The segment's offset, if it is a constant.
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
