//! Listeners and limits that change while a server runs.

use super::{Peers, patient, pipes, word};
use crate::harness::assert_same;
use eco_host::net::{Limits, Server};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::timeout;

/// Reads the greeting, if one comes within an hour.
async fn greeted(peer: &mut DuplexStream, greeting: &str) -> bool {
    let mut came = vec![0; greeting.len()];
    let reading = peer.read_exact(&mut came);
    let is_greeted = timeout(Duration::from_secs(3600), reading).await.is_ok();
    if is_greeted {
        assert_same(&came, greeting.as_bytes());
    }
    is_greeted
}

async fn end(mut peer: DuplexStream) {
    peer.write_all(b"c").await.expect("it is open");
    let mut rest = Vec::new();
    peer.read_to_end(&mut rest).await.expect("a pipe");
    assert_same(&rest, b"c");
}

fn at_most(connections: usize) -> Limits {
    patient().max_connections(connections)
}

#[tokio::test(start_paused = true)]
async fn listeners_come_and_go_and_their_connections_stay() {
    let server = Server::builder(patient()).start();
    let (listener, one) = pipes();
    let first = server.listen(listener, word("one"));
    let (listener, two) = pipes();
    // It stays with the server.
    drop(server.listen(listener, word("two")));
    let mut open = one.connect();
    assert!(greeted(&mut open, "one").await);
    first.close().await;
    assert!(one.to.is_closed(), "nobody accepts there any more");
    assert!(greeted(&mut two.connect(), "two").await);
    open.write_all(b"still").await.expect("it is open");
    assert!(greeted(&mut open, "still").await);
    server.stop().await;
    let (listener, late) = pipes();
    server.listen(listener, word("late")).close().await;
    assert!(late.to.is_closed(), "a server that has stopped takes none");
}

#[tokio::test(start_paused = true)]
async fn other_limits_are_for_connections_to_come_and_those_that_are_there_count() {
    let (listener, peers) = pipes();
    let server = Server::builder(at_most(1))
        .listen(listener, word("hello"))
        .start();
    let connect = |peers: &Peers| peers.connect();
    let (mut first, mut second) = (connect(&peers), connect(&peers));
    assert!(greeted(&mut first, "hello").await);
    assert!(!greeted(&mut second, "hello").await, "there is one place");
    server.set_limits(at_most(2));
    assert!(greeted(&mut second, "hello").await);
    server.set_limits(at_most(1));
    let mut third = connect(&peers);
    end(second).await;
    assert!(
        !greeted(&mut third, "hello").await,
        "the first has the place"
    );
    server.set_limits(at_most(1).idle_timeout(Some(Duration::from_secs(60))));
    first
        .write_all(b"here")
        .await
        .expect("it has no such limit");
    assert!(greeted(&mut first, "here").await);
    end(first).await;
    assert!(greeted(&mut third, "hello").await);
    let mut rest = Vec::new();
    let idle = timeout(Duration::from_secs(61), third.read_to_end(&mut rest)).await;
    idle.expect("it came when there was a limit")
        .expect("a pipe");
    assert_eq!(server.stop().await.served, 3);
}
