//! The buffers that chunks are read into.
//!
//! A buffer is in use from a read to the end of the plugin's call, never while a connection waits,
//! so that one or two for each worker thread serve any number of connections.

use std::cell::RefCell;
use std::ops::Deref;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};

/// Buffers that a thread keeps for later. More come together only when a call has moved to another
/// thread halfway; those beyond this are freed.
const SPARES: usize = 4;

thread_local! {
    static SPARE: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that have just arrived, 1 to the chunk size. An empty one is the peer's FIN.
pub(super) struct Chunk {
    buffer: Box<[u8]>,
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
        let mut read = ReadBuf::new(&mut chunk.buffer);
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
            buffer: spare.unwrap_or_else(|| vec![0; size].into_boxed_slice()),
            length: 0,
        }
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        // While a thread ends its store is gone; the buffer is freed then.
        let _ = SPARE.try_with(|spares| {
            if let Ok(mut spares) = spares.try_borrow_mut()
                && spares.len() < SPARES
                && !buffer.is_empty()
            {
                spares.push(buffer);
            }
        });
    }
}
