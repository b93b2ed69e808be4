//! Systems that eco gets no timestamps from.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;

pub(super) fn ask<T>(_: &T) {}

#[derive(Debug)]
pub(super) struct Stamps;

impl Stamps {
    pub(super) fn of(_: &TcpStream) -> Self {
        Self
    }

    pub(super) fn poll_read(
        &mut self,
        stream: &mut TcpStream,
        _: &mut Option<Duration>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_read(cx, buffer)
    }
}
