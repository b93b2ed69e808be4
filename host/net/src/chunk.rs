//! The buffers that chunks are read into.
//!
//! A buffer is in use from a read to the end of the plugin's call, never while a connection waits,
//! so that one or two for each worker thread serve any number of connections.

use super::page_offset::Buffer;
use std::cell::RefCell;
use std::ops::Deref;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};

/// Buffers that a thread keeps for later. More come together only when a call has moved to another
/// thread halfway; those beyond this are freed.
const SPARES: usize = 4;

thread_local! {
    static SPARE: RefCell<Vec<Buffer>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that have just arrived, 1 to the chunk size. An empty one is the peer's FIN.
pub(super) struct Chunk {
    buffer: Buffer,
    length: usize,
}

impl Chunk {
    /// Reads the bytes that are there, up to `size`. While there are none it holds no buffer.
    pub(super) fn poll_read<T: AsyncRead + Unpin>(
        transport: &mut T,
        size: usize,
        cx: &mut Context<'_>,
    ) -> Poll<std::io::Result<Self>> {
        let mut chunk = Self::take(size);
        let mut read = ReadBuf::new(chunk.buffer.bytes_mut());
        let result = std::pin::Pin::new(transport).poll_read(cx, &mut read);
        chunk.length = read.filled().len();
        // Unless it is ready, the buffer goes back here, in `drop`.
        result.map_ok(|()| chunk)
    }

    fn take(size: usize) -> Self {
        let spare = SPARE.with_borrow_mut(|spares| {
            let place = spares.iter().position(|spare| spare.len() == size)?;
            Some(spares.swap_remove(place))
        });
        Self {
            buffer: spare.unwrap_or_else(|| Buffer::new(size)),
            length: 0,
        }
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.buffer.bytes().get(..self.length).unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        // While a thread ends its store is gone; the buffer is freed then.
        let _ = SPARE.try_with(|spares| {
            if let Ok(mut spares) = spares.try_borrow_mut()
                && spares.len() < SPARES
                && buffer.len() > 0
            {
                spares.push(buffer);
            }
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_chunk_lie_in_the_middle_of_a_page_in_a_buffer_that_is_used_again() {
        let read = |size: usize| {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            let mut peer: &[u8] = b"some bytes";
            match Chunk::poll_read(&mut peer, size, &mut cx) {
                Poll::Ready(chunk) => chunk.unwrap(),
                Poll::Pending => unreachable!("they are there"),
            }
        };
        for size in [64 * 1024, 64 * 1024 + 1, 16 * 1024 * 1024] {
            let first = read(size);
            assert_eq!(*first, *b"some bytes");
            let address = first.as_ptr().addr();
            assert_eq!(address % 4096, 2048, "{size}");
            drop(first);
            assert_eq!(read(size).as_ptr().addr(), address, "{size}");
        }
        assert_eq!(*read(1), *b"s");
    }
}
