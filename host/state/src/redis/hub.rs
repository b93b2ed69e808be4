//! The members that are on this host, and what they know of those on others.
//!
//! It owns who is told what. It must not know how that came here. What Redis says of a topic has numbers in
//! one order: what came before is nothing new, and where some are missing so is what they told.

use super::event::{Kind, List, Told};
use crate::backend::Subscriber;
use crate::delivery::Delivery;
use crate::event::{Event, Member};
use crate::limits::Limits;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

/// All topics that have members here.
pub(super) struct Hub {
    rooms: Mutex<HashMap<Arc<str>, Room>>,
    delivery: Delivery,
    /// How long one who is gone from Redis may take to come back before it has left: Redis may have lost
    /// all, and its host come later than this one.
    grace: Duration,
}

/// A topic with members here.
#[derive(Default)]
struct Room {
    /// Who hears it.
    here: Vec<Subscriber>,
    /// Who will, from its own `joined` on.
    coming: Vec<Subscriber>,
    /// All members that are told of. `None` before Redis has listed them.
    known: Option<HashMap<Arc<str>, Arc<str>>>,
    /// The number of the last event.
    last: Option<u64>,
    /// Whether the connection is another than that of the last list: what it says counts from the next list on.
    stale: bool,
    /// Members that Redis doesn't list any more, and since when.
    absent: HashMap<Arc<str>, Instant>,
}

/// What there is of a topic here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It has to be subscribed to.
    New,
    /// Redis has listed its members.
    Listed,
}

impl Hub {
    pub(super) fn new(limits: &Limits, waiting: &Arc<AtomicUsize>, grace: Duration) -> Self {
        Self {
            rooms: Mutex::default(),
            delivery: Delivery::new(limits, waiting),
            grace,
        }
    }

    pub(super) fn presence(&self, topic: &str) -> Presence {
        match self.rooms.lock().get(topic) {
            Some(room) if room.known.is_some() && !room.stale => Presence::Listed,
            _ => Presence::New,
        }
    }

    /// The connection is a new one.
    pub(super) fn forget_lists(&self) {
        for room in self.rooms.lock().values_mut() {
            room.stale = true;
        }
    }

    /// A member that comes: it hears the topic from its own `joined` on.
    pub(super) fn enter(&self, topic: &Arc<str>, who: Subscriber) {
        let mut rooms = self.rooms.lock();
        rooms.entry(topic.clone()).or_default().coming.push(who);
    }

    /// A member that is gone, or doesn't come. Whether it was the last one here.
    pub(super) fn exit(&self, topic: &str, id: &str) -> bool {
        let mut rooms = self.rooms.lock();
        let Some(room) = rooms.get_mut(topic) else {
            return false;
        };
        room.here.retain(|subscriber| *subscriber.member.id != *id);
        room.coming
            .retain(|subscriber| *subscriber.member.id != *id);
        let empty = room.here.is_empty() && room.coming.is_empty();
        if empty {
            rooms.remove(topic);
        }
        empty
    }

    pub(super) fn rename(&self, topic: &str, member: &Member) {
        if let Some(room) = self.rooms.lock().get_mut(topic) {
            for subscriber in room.here.iter_mut().chain(&mut room.coming) {
                if subscriber.member.id == member.id {
                    subscriber.member.label.clone_from(&member.label);
                }
            }
        }
    }

    /// Members that are told of, here and on other hosts.
    pub(super) fn audience(&self, topic: &str) -> usize {
        let rooms = self.rooms.lock();
        let known = rooms.get(topic).and_then(|room| room.known.as_ref());
        known.map_or(0, HashMap::len)
    }

    pub(super) fn has(&self, topic: &str) -> bool {
        self.rooms.lock().contains_key(topic)
    }

    pub(super) fn topics(&self) -> Vec<Arc<str>> {
        self.rooms.lock().keys().cloned().collect()
    }

    /// All members that are here, or come.
    pub(super) fn members(&self) -> Vec<(Arc<str>, Member)> {
        let rooms = self.rooms.lock();
        let members = rooms.iter().flat_map(|(topic, room)| {
            let all = room.here.iter().chain(&room.coming);
            all.map(|who| (topic.clone(), who.member.clone()))
        });
        members.collect()
    }

    /// Whether that member is here, or comes.
    pub(super) fn has_member(&self, topic: &str, id: &str) -> bool {
        let rooms = self.rooms.lock();
        rooms.get(topic).is_some_and(|room| {
            let mut all = room.here.iter().chain(&room.coming);
            all.any(|who| *who.member.id == *id)
        })
    }

    /// Something that all hosts are told.
    pub(super) fn told(&self, topic: &str, told: Told) {
        let mut rooms = self.rooms.lock();
        let Some((topic, room)) = find(&mut rooms, topic) else {
            return;
        };
        // Before the list there is nobody here yet.
        if room.known.is_none() || room.stale || room.last.is_some_and(|last| told.number <= last) {
            return;
        }
        let before = room.last.replace(told.number);
        if before != told.number.checked_sub(1) {
            self.miss(&topic, room);
        }
        self.tell(&topic, room, told);
    }

    fn tell(&self, topic: &Arc<str>, room: &mut Room, told: Told) {
        if matches!(told.kind, Kind::Lost) {
            return self.miss(topic, room);
        }
        let known = room.known.get_or_insert_default();
        let Member { id, label } = &told.member;
        match told.kind {
            Kind::Message(data) => {
                let message = Event::Message {
                    topic: topic.clone(),
                    from: told.member.clone(),
                    data,
                };
                self.delivery.tell(&room.here, message, Some(id), None);
            }
            Kind::Lost => {}
            Kind::Joined => {
                room.absent.remove(id);
                if known.insert(id.clone(), label.clone()).is_none() {
                    self.delivery.tell(
                        &room.here,
                        joined(topic, told.member.clone()),
                        Some(id),
                        None,
                    );
                }
                if let Some(at) = room.coming.iter().position(|who| who.member.id == *id) {
                    let who = room.coming.swap_remove(at);
                    room.here.push(who);
                }
            }
            Kind::Left => {
                room.absent.remove(id);
                if known.remove(id).is_some() {
                    self.delivery.tell(
                        &room.here,
                        left(topic, told.member.clone()),
                        Some(id),
                        None,
                    );
                }
            }
        }
    }

    /// Who is in a topic at the moment.
    pub(super) fn listed(&self, list: List<'_>) {
        let mut rooms = self.rooms.lock();
        let Some((topic, room)) = find(&mut rooms, list.topic) else {
            return;
        };
        let last = Some(list.number).filter(|number| *number > 0);
        let members = list
            .members
            .iter()
            .map(|member| (member.id.clone(), member.label.clone()));
        room.stale = false;
        let known = room.known.get_or_insert_with(|| {
            // The first list: nobody here has heard anything before it.
            room.last = last;
            members.clone().collect()
        });
        let here: HashSet<Arc<str>> = room.here.iter().map(|who| who.member.id.clone()).collect();
        let listed: HashMap<Arc<str>, Arc<str>> = members.collect();
        let mut came = Vec::new();
        for (id, label) in &listed {
            room.absent.remove(id);
            if known.insert(id.clone(), label.clone()).is_none() {
                came.push(Member {
                    id: id.clone(),
                    label: label.clone(),
                });
            }
        }
        for id in known.keys() {
            if !listed.contains_key(id) && !here.contains(id) {
                room.absent.entry(id.clone()).or_insert_with(Instant::now);
            }
        }
        // Their own `joined` was told while nobody here could hear it.
        let arrived = room
            .coming
            .extract_if(.., |who| listed.contains_key(&who.member.id));
        let arrived: Vec<_> = arrived.collect();
        for mailbox in arrived.iter().filter_map(|who| who.hears.mailbox()) {
            mailbox.miss_unknown(&topic);
        }
        if room.last != last {
            self.miss(&topic, room);
        }
        room.last = last;
        for member in came {
            let id = member.id.clone();
            self.delivery
                .tell(&room.here, joined(&topic, member), Some(&id), None);
        }
        room.here.extend(arrived);
    }

    /// Those who have not come back in time have left.
    pub(super) fn sweep(&self) {
        for (topic, room) in &mut *self.rooms.lock() {
            let Some(known) = &mut room.known else {
                continue;
            };
            let gone = |since: &mut Instant| since.elapsed() >= self.grace;
            for (id, _) in room.absent.extract_if(|_, since| gone(since)) {
                if let Some(label) = known.remove(&id) {
                    let member = Member { id, label };
                    self.delivery
                        .tell(&room.here, left(topic, member), None, None);
                }
            }
        }
    }

    /// Something was told that nobody here has heard.
    fn miss(&self, topic: &Arc<str>, room: &Room) {
        for mailbox in room.here.iter().filter_map(|who| who.hears.mailbox()) {
            mailbox.miss_unknown(topic);
        }
    }
}

/// With the name as whoever subscribed gave it.
fn find<'a>(
    rooms: &'a mut HashMap<Arc<str>, Room>,
    topic: &str,
) -> Option<(Arc<str>, &'a mut Room)> {
    let name = rooms.get_key_value(topic)?.0.clone();
    Some((name, rooms.get_mut(topic)?))
}

fn joined(topic: &Arc<str>, member: Member) -> Event {
    let topic = topic.clone();
    Event::Joined { topic, member }
}

fn left(topic: &Arc<str>, member: Member) -> Event {
    let topic = topic.clone();
    Event::Left { topic, member }
}
