//! Delivers events of topics, and the differences between lists and known members.
//!
//! Redis numbers the events of a topic in one order. A number that is not the next means that some are missing, and
//! then the members are told so.

use super::listing::Listing;
use super::members::MemberList;
use super::topic::Topic;
use super::topics::LocalTopics;
use crate::backend::Subscriber;
use crate::delivery::deliver;
use crate::event::{Event, Member};
use crate::redis::published::{Kind, ListPiece, TopicEvent};
use eco_fair::Account;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

impl LocalTopics {
    /// Pays for the work that this member causes others.
    fn payer(&self, topic: &Topic, id: &str) -> Arc<Account> {
        topic.payer(id).unwrap_or(&self.elsewhere).clone()
    }

    /// An event of a topic.
    pub(in crate::redis) fn event(&self, name: &str, event: TopicEvent) {
        let mut topics = self.topics.lock();
        let Some((name, topic)) = find(&mut topics, name) else {
            return;
        };
        if let Some(listing) = &mut topic.listing {
            listing.event(&event);
        }
        // Before the list there is nobody here yet.
        if topic.known.is_none() || topic.stale {
            return;
        }
        // Without members here nobody misses anything: the topic may have been made anew, with other numbers.
        let is_next = topic
            .last
            .is_none_or(|last| last.checked_add(1) == Some(event.number));
        if !is_next && !topic.here.is_empty() {
            (topic.stale, topic.doubted) = (true, true);
            miss(&name, &topic.here);
            self.doubted.notify_one();
            return;
        }
        topic.last = Some(event.number);
        self.tell(&name, topic, event);
    }

    fn tell(&self, name: &Arc<str>, topic: &mut Topic, event: TopicEvent) {
        if matches!(event.kind, Kind::Lost) {
            return miss(name, &topic.here);
        }
        let payer = self.payer(topic, &event.member.id);
        let Some(known) = &mut topic.known else {
            return;
        };
        let Member { id, label } = &event.member;
        match event.kind {
            Kind::Message(data) => {
                let message = Event::Message {
                    topic: name.clone(),
                    from: event.member.clone(),
                    data,
                };
                tell(topic, message, Some(id), &payer);
            }
            Kind::Lost => {}
            Kind::Joined(ticket) => {
                topic.absent.remove(id);
                if known.insert(id, label) {
                    tell(topic, joined(name, event.member.clone()), Some(id), &payer);
                }
                topic.answer(id, ticket);
            }
            Kind::Named(ticket) => {
                known.rename(id, label);
                topic.answer(id, ticket);
            }
            Kind::Left => {
                topic.absent.remove(id);
                if known.remove(id).is_some() {
                    tell(topic, left(name, event.member.clone()), Some(id), &payer);
                }
            }
        }
    }

    /// A piece of a topic's list.
    pub(in crate::redis) fn piece(&self, piece: ListPiece<'_>) {
        let mut topics = self.topics.lock();
        let Some((name, topic)) = find(&mut topics, piece.topic) else {
            return;
        };
        if piece.is_first {
            topic.listing = Some(Listing::new(piece.ticket, &self.listing_count));
        }
        // Another list may have begun meanwhile: that one counts.
        let Some(listing) = topic
            .listing
            .as_mut()
            .filter(|listing| listing.ticket == piece.ticket)
        else {
            return;
        };
        listing.piece(&piece);
        if piece.is_last
            && let Some(listing) = topic.listing.take()
        {
            let last = Some(piece.number).filter(|number| *number > 0);
            self.listed(&name, topic, listing, last);
        }
    }

    /// The whole list of a topic's members, as of the event of that number.
    fn listed(&self, name: &Arc<str>, topic: &mut Topic, list: Listing, last: Option<u64>) {
        let listed = list.members;
        (topic.stale, topic.doubted) = (false, false);
        let is_first = topic.known.is_none();
        if is_first {
            // Nobody here has heard anything before it.
            topic.last = last;
        }
        let known = topic
            .known
            .get_or_insert_with(|| MemberList::new(&self.known_count));
        let here: HashSet<Arc<str>> = topic.here.iter().map(|who| who.member.id.clone()).collect();
        let mut came = Vec::new();
        for (id, label) in listed.labels() {
            topic.absent.remove(id);
            if known.insert(id, label) && !is_first {
                came.push(Member {
                    id: id.clone(),
                    label: label.clone(),
                });
            }
        }
        for (id, _) in known.labels() {
            if !listed.has(id) && !here.contains(id) {
                topic.absent.entry(id.clone()).or_insert_with(Instant::now);
            }
        }
        // Their own `joined` was told while nobody here could hear it.
        let is_in = |number: u64, id: &str| number <= list.ticket && listed.has(id);
        let arrived: Vec<_> = topic
            .coming
            .extract_if(.., |(number, who)| is_in(*number, &who.member.id))
            .map(|(_, who)| who)
            .collect();
        miss(name, &arrived);
        if topic.last != last {
            miss(name, &topic.here);
        }
        topic.last = last;
        for member in came {
            let id = member.id.clone();
            let payer = self.payer(topic, &id);
            tell(topic, joined(name, member), Some(&id), &payer);
        }
        topic.here.extend(arrived);
        // The answer to a member that is here already may have come with the list, when nothing else counted.
        let asking = topic.asking.extract_if(.., |asking| {
            here.contains(&asking.id) || is_in(asking.ticket, &asking.id)
        });
        for asking in asking.collect::<Vec<_>>() {
            asking.tell(&listed);
        }
    }

    /// Members that have not come back in time have left.
    pub(in crate::redis) fn sweep(&self) {
        for (name, topic) in &mut *self.topics.lock() {
            let Some(known) = &mut topic.known else {
                continue;
            };
            let gone = |since: &mut Instant| since.elapsed() >= self.grace;
            for (id, _) in topic.absent.extract_if(|_, since| gone(since)) {
                if let Some(label) = known.remove(&id) {
                    let gone = left(name, Member { id, label });
                    let _ = deliver(gone, &topic.here, None, &self.elsewhere);
                }
            }
        }
    }
}

/// A topic, and its name as its first member gave it.
fn find<'a>(
    topics: &'a mut HashMap<Arc<str>, Topic>,
    name: &str,
) -> Option<(Arc<str>, &'a mut Topic)> {
    let key = topics.get_key_value(name)?.0.clone();
    Some((key, topics.get_mut(name)?))
}

/// An event was told that these have not heard.
fn miss(name: &Arc<str>, members: &[Subscriber]) {
    for member in members {
        member.miss(name);
    }
}

/// Tells the members here. Those without room are told that they missed it; the speaker may be on another host.
fn tell(topic: &Topic, event: Event, but: Option<&Arc<str>>, payer: &Arc<Account>) {
    let _ = deliver(event, &topic.here, but, payer);
}

fn joined(name: &Arc<str>, member: Member) -> Event {
    let topic = name.clone();
    Event::Joined { topic, member }
}

fn left(name: &Arc<str>, member: Member) -> Event {
    let topic = name.clone();
    Event::Left { topic, member }
}
