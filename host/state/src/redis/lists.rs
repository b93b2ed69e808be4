//! Asks for the lists of topics, which Redis publishes for this host alone.

use super::host::Host;
use super::link::Fault;
use super::published::ID;
use super::sizes::{LISTED, MEMBER, PIECE, TOGETHER};
use redis::from_redis_value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The pause between two lists that are asked for since a number is not the next.
/// Test: `state::redis_attacks::members::a_number_that_nobody_gave_silences_no_topic`.
const DOUBT: Duration = Duration::from_secs(1);

/// Has Redis publish the members of these topics.
pub(super) async fn list(host: &Host, topics: &[Arc<str>]) -> Result<(), Fault> {
    let ticket = host.local.ticket();
    let room = (PIECE / (host.limits.label + MEMBER)).clamp(1, LISTED);
    let (mut left, mut cursor) = (topics, "0".to_owned());
    while !left.is_empty() {
        let some = left.get(..left.len().min(TOGETHER)).unwrap_or_default();
        let listing = host.run_own(&host.scripts.list, |call| {
            call.arg(ticket).arg(room).arg(&cursor);
            call.arg(ID).arg(host.limits.label);
            for topic in some {
                call.arg(&**topic);
            }
        });
        // A word, where the connection is another by now.
        let (done, next): (usize, String) =
            from_redis_value(listing.await?).map_err(|_| Fault::Refused)?;
        left = left.get(done..).unwrap_or_default();
        cursor = next;
    }
    Ok(())
}

/// Asks for the lists of topics whose numbers can't be trusted, no more often than once in [`DOUBT`]: anybody can
/// publish a wrong number.
pub(super) async fn list_doubtful(host: Arc<Host>) {
    loop {
        host.local.doubted().notified().await;
        // A failure is tried again, or all topics are listed over the next connection.
        let listed = list(&host, &host.local.doubtful()).await;
        sleep(DOUBT).await;
        if listed.is_err() {
            host.local.doubted().notify_one();
        }
    }
}
