//! Which connections a look shows, and whose events are kept.

use super::*;
use crate::Capture;
use crate::event::Kind;
use eco_net::EndReason;

fn end(server: &OfServer, id: u64) {
    let ending = Ending {
        reason: EndReason::Ended,
        budget: None,
        limit: None,
        error: None,
    };
    server.ended(id, Counts::default(), ending);
}

#[test]
fn a_look_shows_the_newest_connections_and_counts_the_others() {
    let capture = Capture::default().server();
    let most = MOST_OPEN as u64;
    let ended = MOST_ENDED as u64;
    for id in 1..=most + ended + 7 {
        capture
            .0
            .open(id, "127.0.0.1:50000", "127.0.0.1:5005", Some(3));
    }
    let look = capture.look();
    assert!(
        look.open
            .iter()
            .map(|open| open.id)
            .eq((ended + 8..=most + ended + 7).rev())
    );
    assert_eq!(
        (look.others_open, look.ended.len(), look.others_ended),
        (MOST_ENDED + 7, 0, 0)
    );
    for id in 1..=ended + 5 {
        end(&capture.0, id);
    }
    let look = capture.look();
    assert_eq!((look.open.len(), look.others_open), (MOST_OPEN, 2));
    assert!(
        look.ended
            .iter()
            .map(|ended| ended.was.id)
            .eq((6..=ended + 5).rev())
    );
    assert_eq!(look.others_ended, 5);
}

#[tokio::test]
async fn who_is_followed_last_has_room_whoever_was_followed_before() {
    let whole = Capture::default();
    let (first, second) = (whole.server(), whole.server());
    first.look();
    let chunk = vec![0; 1024 * 1024];
    let received = |events: &Events| {
        let chunks = events.events.iter();
        chunks
            .filter(|event| matches!(&event.kind, Kind::Received(bytes) if bytes.kept.len() > 1000))
            .count()
    };
    // More than there is memory for, all of them open, or, in the end, over.
    let most = 2 * crate::memory::FOR_ALL / MOST_BYTES;
    let mut observers = Vec::new();
    for id in 1..=most as u64 {
        let server = if id % 2 == 0 { &first } else { &second };
        let observer = server.0.open(id, "peer", "local", None);
        for _ in 0..3 {
            // It may keep more each time that it is asked for, as after a while.
            let dialogue = server.0.dialogue(id).unwrap();
            dialogue.may_keep_more();
            server.events(id, 0, Duration::ZERO).await.unwrap();
            observer.received(&chunk);
        }
        let events = server.events(id, 0, Duration::ZERO).await.unwrap();
        assert!(received(&events) > 0, "{id}");
        assert!(whole.0.memory.left(Use::Followed) > 0);
        observers.push(observer);
        if id > most as u64 / 2 {
            end(&server.0, id);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_before_somebody_looks_and_the_end_of_what_is_kept_always() {
    let capture = Capture::default().server();
    capture.0.open(1, "peer", "local", None).received(b"unseen");
    assert!(!capture.look().open.first().unwrap().is_kept);
    let seen = capture.0.open(2, "peer", "local", None);
    seen.received(b"seen");
    assert!(capture.look().open.first().unwrap().is_kept);
    end(&capture.0, 2);
    let events = capture.events(2, 0, Duration::ZERO).await.unwrap();
    let kinds: Vec<_> = events.events.iter().map(|event| &event.kind).collect();
    assert!(
        matches!(&kinds[..], [Kind::Opened, Kind::Received(bytes), Kind::Ended { .. }] if *bytes.kept == *b"seen"),
        "{kinds:?}"
    );
    assert!(events.is_over && events.next == 3);
    assert!(capture.events(3, 0, Duration::ZERO).await.is_none());
}
