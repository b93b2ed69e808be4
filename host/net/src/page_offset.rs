//! Buffers whose offset within a page makes copies fast.
//!
//! Linux and glibc copy by the instruction `rep movsb`. Some processors (AMD's family 25 among them) take up to 30
//! times as long for it where the target lies 1 to 31 bytes behind the source, both counted within their pages of 4
//! KiB: the instruction is slow since it compares no more of the addresses.
//! <https://sourceware.org/bugzilla/show_bug.cgi?id=30994> describes it. What counts is the difference of two offsets,
//! at each copy: from the kernel to a buffer, from there to a plugin's memory, and back to the kernel.
//!
//! The kernel's copy of a message mostly begins at a page, and what allocators hand out, those of plugins too, mostly
//! begins a few bytes behind the beginning of a page or of a block. So where every place is a multiple of 64, no
//! difference is from 1 to 31; and a large buffer of ours begins in the middle of a page, away from where plugins that
//! don't keep to that have theirs. The module knows nothing of what buffers are for.

/// Bytes of a page, which the processor compares addresses within.
const PAGE: usize = 4096;
/// The alignment of the bytes of a buffer: a line of the processor's cache.
const ALIGNMENT: usize = 64;
/// The offset within a page of the bytes of a large buffer.
const OFFSET: usize = PAGE / 2;
/// Bytes of a large buffer, for which a page more is little.
const LARGE: usize = 64 * 1024;

/// Bytes at a chosen offset within a page. Its allocation is larger by less than a page.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    allocation: Box<[u8]>,
    begin: usize,
    length: usize,
}

impl Buffer {
    /// One of so many zeros. A large one begins in the middle of a page, and a smaller one at a multiple of 64.
    pub(super) fn new(length: usize) -> Self {
        if length == 0 {
            return Self::default();
        }
        let (alignment, offset) = if length >= LARGE {
            (PAGE, OFFSET)
        } else {
            (ALIGNMENT, 0)
        };
        let allocation = vec![0; length + alignment - 1].into_boxed_slice();
        let address = allocation.as_ptr().addr();
        let begin = offset.wrapping_sub(address) % alignment;
        Self {
            allocation,
            begin,
            length,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// All of it.
    pub(super) fn bytes(&self) -> &[u8] {
        let bytes = self.allocation.get(self.begin..).unwrap_or_default();
        bytes.get(..self.length).unwrap_or_default()
    }

    /// All of it.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        let bytes = self.allocation.get_mut(self.begin..).unwrap_or_default();
        bytes.get_mut(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_of_every_size_is_whole_and_begins_where_copies_are_fast() {
        let sizes = [
            1,
            2,
            63,
            64,
            65,
            1023,
            1024,
            4096,
            4097,
            16 * 1024,
            LARGE - 1,
        ];
        let large = [LARGE, LARGE + 1, 16 * 1024 * 1024];
        // Others between them, so that the allocations begin at many places.
        let mut others = Vec::new();
        for round in 1..20 {
            for size in sizes.into_iter().chain(large) {
                let buffer = Buffer::new(size);
                assert_eq!((buffer.len(), buffer.bytes().len()), (size, size));
                let address = buffer.bytes().as_ptr().addr();
                if size >= LARGE {
                    assert_eq!(address % PAGE, OFFSET, "{size}");
                } else {
                    assert_eq!(address % ALIGNMENT, 0, "{size}");
                }
                others.push(vec![0; 24 * round]);
            }
        }
    }

    #[test]
    fn a_buffer_holds_what_is_written_into_it_and_an_empty_one_is_empty() {
        let mut buffer = Buffer::new(5000);
        buffer.bytes_mut().fill(7);
        assert_eq!(buffer.bytes(), [7; 5000]);
        assert!(Buffer::new(0).bytes().is_empty());
    }
}
