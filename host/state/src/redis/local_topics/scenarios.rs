//! The local topics, as Redis tells them of events and lists.

use super::{LocalTopics, Ticket};
use crate::backend::{Hearing, Subscriber};
use crate::event::Member;
use crate::limits::Limits;
use crate::mailbox::Mailbox;
use crate::redis::published::{Kind, ListPiece, TopicEvent};
use crate::waiting::Total;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn member(id: &str) -> Member {
    Member {
        id: id.into(),
        label: "".into(),
    }
}

fn piece(number: u64, ticket: u64, ends: [bool; 2], ids: &[&str]) -> ListPiece<'static> {
    ListPiece {
        number,
        ticket,
        is_first: ends[0],
        is_last: ends[1],
        topic: "tea",
        members: ids.iter().map(|id| member(id)).collect(),
    }
}

fn event(number: u64, kind: Kind, id: &str) -> TopicEvent {
    let member = member(id);
    TopicEvent {
        number,
        kind,
        member,
    }
}

/// The ids of the others, sorted; nothing where no answer has come.
fn others(ticket: &mut Ticket) -> Option<Vec<String>> {
    let others = ticket.others.try_recv().ok()?;
    let mut ids: Vec<_> = others.iter().map(|other| other.id.to_string()).collect();
    ids.sort_unstable();
    Some(ids)
}

fn topics() -> LocalTopics {
    LocalTopics::new(&Limits::default(), Duration::from_secs(6))
}

fn enter(topics: &LocalTopics, id: &str) -> (Ticket, Arc<Mailbox>) {
    let limits = Limits::default();
    let mailbox = Arc::new(Mailbox::new(&limits, &Total::new(&limits)));
    let who = Subscriber {
        member: member(id),
        hearing: Hearing::All,
        mailbox: mailbox.clone(),
        payer: Arc::default(),
    };
    (topics.enter(&"tea".into(), who), mailbox)
}

#[test]
fn a_list_that_comes_in_pieces_is_whole_whatever_happens_between_them() {
    let topics = topics();
    let (mut anna, mailbox) = enter(&topics, "anna");
    let (old, list) = (topics.ticket(), topics.ticket());
    topics.piece(piece(10, old, [true, false], &["nobody"]));
    // Another list has begun: the first comes to nothing.
    topics.piece(piece(10, list, [true, false], &["a", "b"]));
    topics.piece(piece(10, old, [false, true], &["nobody"]));
    assert!(!topics.is_listed("tea"));
    topics.event("tea", event(11, Kind::Left, "a"));
    topics.event("tea", event(12, Kind::Joined(None), "e"));
    topics.piece(piece(12, list, [false, false], &["c", "e"]));
    topics.event("tea", event(13, Kind::Left, "c"));
    topics.piece(piece(13, list, [false, true], &["d"]));
    assert!(topics.is_listed("tea"));
    assert_eq!(others(&mut anna), None);
    topics.event("tea", event(14, Kind::Joined(Some(anna.number)), "anna"));
    assert_eq!(
        others(&mut anna).as_deref(),
        Some(&["b", "d", "e"].map(String::from)[..])
    );
    // All of that came before it was there.
    assert!(mailbox.take().is_none());
}

#[test]
fn what_a_member_asked_for_earlier_is_no_answer_to_what_it_asks_now() {
    let topics = topics();
    let (first, _) = enter(&topics, "anna");
    let before = topics.ticket();
    topics.exit("tea", "anna");
    let (mut anna, mailbox) = enter(&topics, "anna");
    // The connection for events is behind that for answers.
    topics.piece(piece(10, before, [true, true], &["anna"]));
    topics.event("tea", event(11, Kind::Joined(Some(first.number)), "anna"));
    topics.event("tea", event(12, Kind::Joined(None), "ben"));
    topics.event("tea", event(13, Kind::Left, "anna"));
    assert_eq!(others(&mut anna), None);
    topics.event("tea", event(14, Kind::Joined(Some(anna.number)), "anna"));
    assert_eq!(others(&mut anna).as_deref(), Some(&["ben".to_owned()][..]));
    assert!(mailbox.take().is_none());
    topics.event("tea", event(15, Kind::Left, "ben"));
    assert!(mailbox.take().is_some());
}

#[test]
fn a_number_that_is_not_the_next_is_missed_and_healed_by_a_list() {
    for forged in [u64::MAX, 13, 11, 0] {
        let topics = topics();
        let (anna, mailbox) = enter(&topics, "anna");
        topics.piece(piece(10, anna.number, [true, true], &[]));
        topics.event("tea", event(11, Kind::Joined(Some(anna.number)), "anna"));
        assert!(topics.doubtful().is_empty());
        topics.event("tea", event(forged, Kind::Joined(None), "nobody"));
        assert_eq!(topics.doubtful(), [Arc::from("tea")]);
        assert!(mailbox.take().is_some(), "{forged}: something is missed");
        topics.event("tea", event(12, Kind::Joined(None), "ben"));
        assert!(mailbox.take().is_none());
        topics.piece(piece(12, topics.ticket(), [true, true], &["anna", "ben"]));
        assert!(topics.doubtful().is_empty());
        assert_eq!(topics.audience("tea"), 2);
        while mailbox.take().is_some() {}
        topics.event("tea", event(13, Kind::Left, "ben"));
        assert!(mailbox.take().is_some(), "{forged}: ben leaves");
    }
}

#[test]
fn a_topic_that_is_made_anew_before_anybody_is_in_it_is_not_doubted() {
    let topics = topics();
    let (anna, _) = enter(&topics, "anna");
    topics.piece(piece(10, anna.number, [true, true], &["ben"]));
    topics.event("tea", event(1000, Kind::Joined(Some(anna.number)), "anna"));
    assert!(topics.doubtful().is_empty());
    assert!(topics.is_listed("tea"));
}

#[test]
fn forged_members_are_bounded() {
    let limits = Limits {
        members: 3,
        ..Limits::default()
    };
    let topics = LocalTopics::new(&limits, Duration::from_secs(6));
    let (anna, _) = enter(&topics, "anna");
    topics.piece(piece(1, anna.number, [true, false], &["a", "b", "c", "d"]));
    assert_eq!(topics.listing_count.now.load(Ordering::Relaxed), 3);
    topics.piece(piece(1, anna.number, [false, true], &["e"]));
    assert_eq!(topics.listing_count.now.load(Ordering::Relaxed), 0);
    topics.event("tea", event(2, Kind::Joined(None), "f"));
    assert_eq!(topics.audience("tea"), 3);
    topics.exit("tea", "anna");
    assert_eq!(topics.known_count.now.load(Ordering::Relaxed), 0);
}
