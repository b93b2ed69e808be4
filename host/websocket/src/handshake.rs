//! The handshake: a request of HTTP and the response to it.

use super::request::{Granted, Refusal, read};
use super::rules::Rules;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// The most bytes of a request, as servers of HTTP have it: cookies make it long. A longer one is answered with 431.
/// Test: `websocket::handshake::a_request_that_never_ends_is_refused_at_its_bound`.
const REQUEST: usize = 8 * 1024;

/// A peer that has broken the protocol, or whose request is refused, has so long to take what it is told and to close.
/// Closed at once, with bytes of its own unread, the connection would be reset, which could overtake what it is told.
/// After it the connection is closed all the same.
/// Test: `websocket::protocol::a_peer_that_goes_on_after_a_violation_is_not_waited_for_for_ever`.
pub(crate) const FAREWELL: Duration = Duration::from_secs(2);

/// Reads the request and answers it. It gives what has come after it.
///
/// # Errors
/// The request is refused, and its sender told why; or the stream failed, or ended.
pub(crate) async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    rules: &Rules,
) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(REQUEST);
    let granted = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the peer has ended the connection within its request",
            ));
        }
        match read(&bytes, rules) {
            Ok(Some(granted)) => break Ok(granted),
            Ok(None) if bytes.len() < REQUEST => {}
            Ok(None) => break Err(Refusal::TooLong),
            Err(refusal) => break Err(refusal),
        }
    };
    match granted {
        Ok(Granted { length, response }) => {
            stream.write_all(response.as_bytes()).await?;
            stream.flush().await?;
            Ok(bytes.get(length..).unwrap_or_default().to_vec())
        }
        Err(refusal) => {
            // Whether it is heard or not.
            let _ = timeout(FAREWELL, tell(stream, &refusal.response())).await;
            Err(io::Error::new(io::ErrorKind::InvalidData, refusal))
        }
    }
}

/// Sends the last words, and reads until the peer closes.
async fn tell<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, words: &str) -> io::Result<()> {
    stream.write_all(words.as_bytes()).await?;
    stream.shutdown().await?;
    let mut waste = [0; 1024];
    while stream.read(&mut waste).await? > 0 {}
    Ok(())
}
