//! The events of a server, and who observes them.

use super::{Does, Notes, Peers, Pipes, Word, in_time, patient, pipes, word};
use eco_host::contract::Origin;
use eco_host::net::{
    Accepted, Arriving, EndReason, Limit, Listener, Refusal, Server, ServerEvent, ServerHandle,
};
use std::io;
use std::num::NonZeroUsize;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

/// The server of one test, with all its events.
struct Observed {
    server: ServerHandle,
    peers: Peers,
    events: Notes<ServerEvent>,
}

/// All its connections are of one peer.
struct OnePeer(Pipes);

impl Listener for OnePeer {
    type Transport = super::Pipe;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<super::Pipe>>> {
        let accepted = self.0.poll_accept(cx);
        accepted.map_ok(|accepted| accepted.with_origin(Origin(1)))
    }
}

fn observed(
    sessions: impl Fn(&Arriving) -> Option<Word> + Send + Sync + 'static,
    observer: impl Fn(&ServerEvent) + Send + Sync + 'static,
) -> Observed {
    let (listener, peers) = pipes();
    let events = Notes::none();
    let notes = events.clone();
    let mut limits = patient();
    limits.grace = Duration::from_secs(1);
    limits.idle_timeout = Some(Duration::from_secs(100));
    limits.write_timeout = Some(Duration::from_secs(10));
    limits.max_connections_per_peer = NonZeroUsize::new(1);
    let server = Server::builder(limits)
        .listen(OnePeer(listener), sessions)
        .observe(observer)
        .observe(move |event| notes.note(event.clone()))
        .start();
    Observed {
        server,
        peers,
        events,
    }
}

/// Reads to the end, whatever that is.
async fn rest(peer: &mut DuplexStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let _ = in_time(peer.read_to_end(&mut rest)).await;
    rest
}

#[tokio::test(start_paused = true)]
async fn each_end_has_exactly_one_event_with_its_reason_bytes_and_budget() {
    // What the peer sends, or has to; the reason; the error; the bytes.
    for (sends, reason, error, sent) in [
        ("", EndReason::Ended, None, 5),
        ("c", EndReason::ByPlugin, None, 6),
        ("x", EndReason::Failed, Some("it was told\\nto fail"), 5),
        (
            "p",
            EndReason::Dropped,
            Some("the task of this connection was dropped"),
            5,
        ),
        ("idle", EndReason::Idle, None, 9),
        ("stop", EndReason::Stopping, None, 9),
        ("wait", EndReason::CutOff, None, 5),
        ("much", EndReason::Stalled, None, 64),
    ] {
        let Observed {
            server,
            peers,
            events,
        } = observed(word("hello"), |_| {});
        let mut peer = peers.connect();
        let mut received = sends.len();
        match sends {
            "" => peer.shutdown().await.expect("it is open"),
            "much" => {
                // The pipe has room for 64 bytes, and the greeting is in it.
                received = 60;
                peer.write_all(&[b'm'; 60]).await.expect("it is open");
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
            _ => peer.write_all(sends.as_bytes()).await.expect("it is open"),
        }
        if matches!(sends, "stop" | "wait") {
            // It has read that.
            tokio::time::sleep(Duration::from_secs(1)).await;
            in_time(server.stop()).await;
        }
        rest(&mut peer).await;
        drop(peer);
        let summary = in_time(server.stop()).await;
        assert_eq!(summary.served, 1);
        let events = events.take();
        let [
            ServerEvent::Opened {
                connection,
                version: Some(7),
                ..
            },
            ServerEvent::Ended {
                id: 1,
                version: Some(7),
                reason: was,
                counts,
                duration,
                budget,
                limit,
                error: said,
                ..
            },
        ] = &events[..]
        else {
            panic!("{sends}: {events:#?}")
        };
        assert_eq!((connection.id, &*connection.peer), (1, "a pipe"));
        assert_eq!(connection.local, "the server");
        assert_eq!((*was, said.as_deref()), (reason, error), "{sends}");
        assert_eq!(counts.received, received as u64, "{sends}");
        assert_eq!(counts.sent, sent, "{sends}");
        assert_eq!(*budget, (sends == "x").then_some("patience"));
        let reached = match sends {
            "idle" => Some(Limit::IdleTimeout),
            "much" => Some(Limit::WriteTimeout),
            _ => None,
        };
        assert_eq!(*limit, reached, "{sends}");
        if sends == "idle" {
            assert_eq!(duration.as_secs(), 100);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_exactly_one_event() {
    for (why, handshake) in [
        (Refusal::NoSession, Does::Well),
        (Refusal::Dropped, Does::Well),
        (
            Refusal::HandshakeTimedOut(Duration::from_secs(10)),
            Does::Never,
        ),
    ] {
        let panics = why == Refusal::Dropped;
        let Observed {
            server,
            mut peers,
            events,
        } = observed(
            move |_| {
                assert!(!panics, "it was told to panic");
                None
            },
            |_| {},
        );
        peers.handshake = handshake;
        rest(&mut peers.connect()).await;
        let counts = server.counts();
        assert_eq!((counts.accepted, counts.refused), (1, 1));
        in_time(server.stop()).await;
        match &events.take()[..] {
            [
                ServerEvent::Refused {
                    id: 1, why: was, ..
                },
            ] => assert_eq!(*was, why),
            events => panic!("{events:#?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_of_a_peer_and_a_session_that_refuses_are_told_apart() {
    let Observed {
        server,
        peers,
        events,
    } = observed(word("no!!!"), |_| {});
    let _first = peers.connect();
    rest(&mut peers.connect()).await;
    match &events.take()[..] {
        [
            ServerEvent::Refused { id: 2, why, .. },
            ServerEvent::Opened { .. },
        ]
        | [
            ServerEvent::Opened { .. },
            ServerEvent::Refused { id: 2, why, .. },
        ] => assert_eq!(*why, Refusal::TooMany(NonZeroUsize::MIN)),
        events => panic!("{events:#?}"),
    }
    in_time(server.stop()).await;
    let Observed {
        server,
        peers,
        events,
    } = observed(word("no"), |_| {});
    rest(&mut peers.connect()).await;
    in_time(server.stop()).await;
    match &events.take()[..] {
        [
            ServerEvent::Opened { .. },
            ServerEvent::Ended {
                reason: EndReason::Refused,
                error: Some(error),
                ..
            },
        ] => assert!(error.contains("not you"), "{error}"),
        events => panic!("{events:#?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_takes_nobody_with_it() {
    let Observed {
        server,
        peers,
        events,
    } = observed(word("hello"), |event| panic!("{event:?}"));
    // This one during a panic of the session.
    for sends in ["p", "c"] {
        let mut peer = peers.connect();
        peer.write_all(sends.as_bytes()).await.expect("it is open");
        rest(&mut peer).await;
        drop(peer);
        while server.counts().open > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    let summary = in_time(server.stop()).await;
    assert_eq!((summary.served, events.take().len()), (2, 4));
}

#[test]
fn a_connection_that_its_runtime_drops_has_an_event_too() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (events, _server, _peer) = runtime.block_on(async {
        let observed = observed(word("hello"), |_| {});
        let mut peer = observed.peers.connect();
        let mut said = [0; 5];
        in_time(peer.read_exact(&mut said))
            .await
            .expect("it is served");
        (observed.events, observed.server, peer)
    });
    drop(runtime);
    match &events.take()[..] {
        [
            ServerEvent::Opened { .. },
            ServerEvent::Ended {
                reason: EndReason::Dropped,
                ..
            },
        ] => {}
        events => panic!("{events:#?}"),
    }
}
