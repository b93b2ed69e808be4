//! The last wait of a connection that has ended in order: for a peer that was still sending.

use super::chunk::Chunk;
use super::end::End;
use super::transport::Transport;
use super::within::within;
use eco_contract::Next;
use std::future::poll_fn;
use std::time::Duration;

/// A closing connection waits so long for the peer to take the last bytes and close too. Closing with unread bytes
/// would send a reset, which could destroy them on their way. After it the connection is closed all the same.
/// Test: `tcp::a_peer_that_never_closes_is_not_waited_for_for_ever`.
const LINGER: Duration = Duration::from_secs(2);

/// Bytes that are read and thrown away at a time while it waits.
const WASTE: usize = 4096;

/// Throws away the bytes that still come on a connection that [`serve()`](super::serve()) has ended in order, up to the
/// peer's FIN. Dropped with unread bytes, TCP would send a reset, which could overtake the last ones. A peer that is silent is
/// waited for as long as the end demands, and one that goes on sending too, for two seconds at most.
///
/// # Cancel safety
/// It can be dropped at any time. The drop of the transport may send a reset then.
pub async fn linger<T: Transport, E>(transport: &mut T, end: &End<E>) {
    let mut wait = match end {
        End::ByPlugin(Next::Reset) => return,
        End::ByPlugin(_) | End::Refused(_) | End::Unsendable(_) => LINGER,
        // Waits only if the peer was sending just now.
        End::Idle | End::Stopping => Duration::ZERO,
        // The peer's FIN was read, or it is to see a reset.
        End::Ended
        | End::Failed(_)
        | End::RepliedAfterFinish
        | End::Stalled
        | End::CutOff
        | End::PeerReset(_) => return,
    };
    let drained = async {
        loop {
            // Into a buffer of the thread, since one of its own would be every connection's.
            let waste = poll_fn(|cx| Chunk::poll_read(transport, WASTE, cx));
            match within(Some(wait), waste).await {
                Some(Ok(waste)) if !waste.is_empty() => wait = LINGER,
                _ => return,
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, drained).await;
}
