//! Which data is copied into a module's memory each time that it is instantiated, page by page.
//!
//! wasmtime maps what lies dense, so that it costs nothing until it is used, and copies the rest
//! before a budget counts. It reads the binary format and decides nothing; `scan`, `detect` and `load` do.

use wasmparser::{
    BinaryReaderError, ConstExpr, DataKind, DataSectionReader, ImportSectionReader, Operator,
    TypeRef,
};

/// Data whose places lie in so many bytes is mapped however little of it there is, from an image of
/// them all; beyond that it must fill half of them. wasmtime's own rule, which the engine sets.
pub(crate) const MAPPED: u64 = 16 * 1024 * 1024;

/// So many pages are copied in no time. A plugin with more is not called directly, and makes way for
/// others as it starts. Test: `detect::tests::what_could_run_for_long_is_not_direct`, and
/// `sharing::a_start_that_copies_much_holds_up_nobody`.
pub(crate) const FEW: u64 = 64;

/// Bytes of a page, as most systems have them.
pub(crate) const PAGE: u64 = 4096;

/// The data of the module that is being read.
#[derive(Default)]
pub(crate) struct Segments {
    imports_memory: bool,
}

impl Segments {
    /// The module's imports, which come before its data.
    pub(crate) fn imports(
        &mut self,
        section: ImportSectionReader<'_>,
    ) -> Result<(), BinaryReaderError> {
        for import in section.into_imports() {
            self.imports_memory |= matches!(import?.ty, TypeRef::Memory(_));
        }
        Ok(())
    }

    /// How many pages are copied.
    pub(crate) fn copied(&self, section: DataSectionReader<'_>) -> Result<u64, BinaryReaderError> {
        let (mut first, mut end) = (u64::MAX, 0);
        let (mut bytes, mut pages) = (0, 0);
        let mut last = None;
        let mut known = !self.imports_memory;
        for segment in section {
            let segment = segment?;
            let DataKind::Active {
                memory_index,
                offset_expr,
            } = segment.kind
            else {
                continue;
            };
            let length = segment.data.len() as u64;
            known &= memory_index == 0;
            match constant(&offset_expr) {
                // Nothing is copied, and nothing ends before it starts.
                _ if length == 0 => {}
                Some(start) => {
                    first = first.min(start);
                    end = end.max(start + length);
                    bytes += length;
                    let from = start / PAGE;
                    let to = (start + length - 1) / PAGE;
                    pages += to - from + 1 - u64::from(last == Some(from));
                    last = Some(to);
                }
                None => {
                    known = false;
                    pages += length.div_ceil(PAGE) + 1;
                    last = None;
                }
            }
        }
        let extent = end.saturating_sub(first);
        let mapped = known && (extent < MAPPED || extent < bytes * 2);
        Ok(if mapped { 0 } else { pages })
    }
}

/// Where a segment goes, if that is known beforehand.
fn constant(place: &ConstExpr<'_>) -> Option<u64> {
    let mut operators = place.get_operators_reader();
    match (operators.read().ok()?, operators.read().ok()?) {
        (Operator::I32Const { value }, Operator::End) => Some(u64::from(value.cast_unsigned())),
        _ => None,
    }
}
