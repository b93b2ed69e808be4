//! A stream in memory whose bytes come in pieces, sometimes after a wait.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(crate) struct Pieces {
    rest: Vec<u8>,
    /// How much is handed out at a time, again and again; 0 is a wait.
    pieces: Vec<u8>,
    turn: usize,
}

impl Pieces {
    /// The other end says these bytes, in these pieces, and then finishes.
    pub(crate) fn new(bytes: &[u8], pieces: &[u8]) -> Self {
        Self {
            rest: bytes.to_vec(),
            pieces: pieces.to_vec(),
            turn: 0,
        }
    }

    /// The number of bytes that were not read yet.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    fn piece(&mut self, cx: &Context<'_>) -> Poll<usize> {
        let piece = match self.pieces.len() {
            0 => u8::MAX,
            length => self.pieces[self.turn % length],
        };
        self.turn += 1;
        // Never two waits in a row.
        if piece == 0 && self.turn.is_multiple_of(2) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(match piece {
            0 => 1,
            128.. => usize::from(piece) * 64,
            _ => piece.into(),
        })
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Poll::Ready(piece) = self.piece(cx) else {
            return Poll::Pending;
        };
        let length = piece.min(to.remaining()).min(self.rest.len());
        to.put_slice(&self.rest[..length]);
        self.rest.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.piece(cx).map(|piece| Ok(piece.min(from.len())))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
