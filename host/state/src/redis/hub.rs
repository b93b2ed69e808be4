//! The members that are on this host, and what they know of those on others.
//!
//! It owns who is told what. It must not know how that came here. What Redis says of a topic has numbers in
//! one order: what came before is nothing new, and where some are missing so is what they told.

use super::event::{Kind, Piece, Told};
use crate::backend::Subscriber;
use crate::delivery::Delivery;
use crate::event::{Event, Member};
use crate::limits::Limits;
use eco_fair::Account;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// All topics that have members here.
pub(super) struct Hub {
    rooms: Mutex<HashMap<Arc<str>, Room>>,
    delivery: Delivery,
    /// How long one who is gone from Redis may take to come back before it has left: Redis may have lost
    /// all, and its host come later than this one.
    grace: Duration,
    /// Counts what is asked, so that what comes of it is told from what came of something earlier.
    tickets: AtomicU64,
    /// Pays for what the connections of other hosts make those here do.
    elsewhere: Arc<Account>,
    /// Told when a topic is doubted.
    pub(super) doubted: Notify,
    /// Bounds the members of all topics that are told of.
    told_of: Arc<Count>,
    /// Bounds those of lists that come.
    listed: Arc<Count>,
}

/// A topic with members here.
#[derive(Default)]
struct Room {
    /// Who hears it.
    here: Vec<Subscriber>,
    /// Who will, from its own `joined` on, and the ticket that this has.
    coming: Vec<(u64, Subscriber)>,
    /// Who waits for the list of the others.
    asking: Vec<Asking>,
    /// All members that are told of. `None` before Redis has listed them.
    known: Option<Members>,
    /// The number of the last event.
    last: Option<u64>,
    /// Whether the connection is another than that of the last list: what it says counts from the next list on.
    stale: bool,
    /// Whether a number came that is not the next, so that a list has to say what holds.
    doubted: bool,
    /// A list that has begun.
    listing: Option<Listing>,
    /// Members that Redis doesn't list any more, and since when.
    absent: HashMap<Arc<str>, Instant>,
}

/// The labels of members, by their ids. What there is no room for is not in it.
struct Members {
    labels: HashMap<Arc<str>, Arc<str>>,
    count: Arc<Count>,
}

/// Members of all topics together: no more than `--members`, whatever somebody publishes.
/// Test: `hub::tests::forged_members_are_bounded`.
struct Count {
    most: usize,
    now: AtomicUsize,
}

/// A list that comes piece by piece. Who comes, leaves or is named meanwhile is told in order with the pieces, so that it is
/// whole at the last of them.
struct Listing {
    ticket: u64,
    members: Members,
}

struct Asking {
    ticket: u64,
    id: Arc<str>,
    others: oneshot::Sender<Vec<Member>>,
}

/// What somebody has asked for, and where the answer comes.
pub(super) struct Ticket {
    pub(super) number: u64,
    pub(super) others: oneshot::Receiver<Vec<Member>>,
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
            tickets: AtomicU64::new(0),
            elsewhere: Arc::default(),
            doubted: Notify::new(),
            told_of: Count::new(limits.members),
            listed: Count::new(limits.members),
        }
    }

    /// Who pays for what this member makes others do.
    fn payer(&self, room: &Room, id: &str) -> Arc<Account> {
        let coming = room.coming.iter().map(|(_, who)| who);
        let mut all = room.here.iter().chain(coming);
        let payer = all.find(|who| *who.member.id == *id).map(|who| &who.payer);
        payer.unwrap_or(&self.elsewhere).clone()
    }

    /// A ticket, for what is asked from now on.
    pub(super) fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed) + 1
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
            room.listing = None;
        }
    }

    /// A member that comes: it hears the topic from its own `joined` on, which has this ticket, and is told of the others
    /// then.
    pub(super) fn enter(&self, topic: &Arc<str>, who: Subscriber) -> Ticket {
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(topic.clone()).or_default();
        let (number, id) = (self.ticket(), who.member.id.clone());
        room.coming.push((number, who));
        room.ask(number, id)
    }

    /// A member that is here asks who else is. `None` where it isn't.
    pub(super) fn ask(&self, topic: &str, id: &Arc<str>) -> Option<Ticket> {
        let mut rooms = self.rooms.lock();
        let room = rooms.get_mut(topic)?;
        Some(room.ask(self.ticket(), id.clone()))
    }

    /// A member that is gone, or doesn't come. Whether it was the last one here.
    pub(super) fn exit(&self, topic: &str, id: &str) -> bool {
        let mut rooms = self.rooms.lock();
        let Some(room) = rooms.get_mut(topic) else {
            return false;
        };
        room.here.retain(|subscriber| *subscriber.member.id != *id);
        room.coming
            .retain(|(_, subscriber)| *subscriber.member.id != *id);
        room.asking.retain(|asking| *asking.id != *id);
        let empty = room.here.is_empty() && room.coming.is_empty();
        if empty {
            rooms.remove(topic);
        }
        empty
    }

    pub(super) fn rename(&self, topic: &str, member: &Member) {
        if let Some(room) = self.rooms.lock().get_mut(topic) {
            let coming = room.coming.iter_mut().map(|(_, subscriber)| subscriber);
            for subscriber in room.here.iter_mut().chain(coming) {
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
        known.map_or(0, |known| known.labels.len())
    }

    pub(super) fn has(&self, topic: &str) -> bool {
        self.rooms.lock().contains_key(topic)
    }

    pub(super) fn topics(&self) -> Vec<Arc<str>> {
        self.rooms.lock().keys().cloned().collect()
    }

    /// All members that are here, or come; those with their tickets.
    pub(super) fn members(&self) -> Vec<(Arc<str>, Member, Option<u64>)> {
        let rooms = self.rooms.lock();
        let members = rooms.iter().flat_map(|(topic, room)| {
            let here = room.here.iter().map(|who| (who, None));
            let coming = room.coming.iter().map(|(number, who)| (who, Some(*number)));
            here.chain(coming)
                .map(|(who, ticket)| (topic.clone(), who.member.clone(), ticket))
        });
        members.collect()
    }

    /// Whether that member is here, or comes.
    pub(super) fn has_member(&self, topic: &str, id: &str) -> bool {
        let rooms = self.rooms.lock();
        rooms.get(topic).is_some_and(|room| {
            let coming = room.coming.iter().map(|(_, who)| who);
            let mut all = room.here.iter().chain(coming);
            all.any(|who| *who.member.id == *id)
        })
    }

    /// Topics whose numbers can't be trusted before they are listed.
    pub(super) fn doubtful(&self) -> Vec<Arc<str>> {
        let rooms = self.rooms.lock();
        let doubted = rooms.iter().filter(|(_, room)| room.doubted);
        doubted.map(|(topic, _)| topic.clone()).collect()
    }

    /// Something that all hosts are told.
    pub(super) fn told(&self, topic: &str, told: Told) {
        let mut rooms = self.rooms.lock();
        let Some((topic, room)) = find(&mut rooms, topic) else {
            return;
        };
        if let Some(listing) = &mut room.listing {
            listing.told(&told);
        }
        // Before the list there is nobody here yet.
        if room.known.is_none() || room.stale {
            return;
        }
        // Where nobody is here nobody misses anything: the topic may have been made anew, with other numbers.
        let is_next = room
            .last
            .is_none_or(|last| last.checked_add(1) == Some(told.number));
        if !is_next && !room.here.is_empty() {
            (room.stale, room.doubted) = (true, true);
            self.miss(&topic, room);
            self.doubted.notify_one();
            return;
        }
        room.last = Some(told.number);
        self.tell(&topic, room, told);
    }

    fn tell(&self, topic: &Arc<str>, room: &mut Room, told: Told) {
        if matches!(told.kind, Kind::Lost) {
            return self.miss(topic, room);
        }
        let payer = self.payer(room, &told.member.id);
        let Some(known) = &mut room.known else {
            return;
        };
        let Member { id, label } = &told.member;
        match told.kind {
            Kind::Message(data) => {
                let message = Event::Message {
                    topic: topic.clone(),
                    from: told.member.clone(),
                    data,
                };
                self.delivery.tell(&room.here, message, Some(id), &payer);
            }
            Kind::Lost => {}
            Kind::Joined(ticket) => {
                room.absent.remove(id);
                if known.is_new(id, label) {
                    self.delivery.tell(
                        &room.here,
                        joined(topic, told.member.clone()),
                        Some(id),
                        &payer,
                    );
                }
                room.answer(id, ticket);
            }
            Kind::Named(ticket) => {
                known.name(id, label);
                room.answer(id, ticket);
            }
            Kind::Left => {
                room.absent.remove(id);
                if known.remove(id).is_some() {
                    self.delivery.tell(
                        &room.here,
                        left(topic, told.member.clone()),
                        Some(id),
                        &payer,
                    );
                }
            }
        }
    }

    /// A piece of a list of who is in a topic.
    pub(super) fn listed(&self, piece: Piece<'_>) {
        let mut rooms = self.rooms.lock();
        let Some((topic, room)) = find(&mut rooms, piece.topic) else {
            return;
        };
        if piece.is_first {
            room.listing = Some(Listing::new(piece.ticket, &self.listed));
        }
        // Another list may have begun meanwhile: that one counts.
        let Some(listing) = room
            .listing
            .as_mut()
            .filter(|listing| listing.ticket == piece.ticket)
        else {
            return;
        };
        for Member { id, label } in &piece.members {
            listing.members.is_new(id, label);
        }
        if piece.is_last
            && let Some(listing) = room.listing.take()
        {
            let last = Some(piece.number).filter(|number| *number > 0);
            self.has_listed(&topic, room, listing, last);
        }
    }

    /// Who was in a topic when the event of that number was told.
    fn has_listed(&self, topic: &Arc<str>, room: &mut Room, list: Listing, last: Option<u64>) {
        let listed = list.members;
        (room.stale, room.doubted) = (false, false);
        let is_first = room.known.is_none();
        if is_first {
            // Nobody here has heard anything before it.
            room.last = last;
        }
        let known = room
            .known
            .get_or_insert_with(|| Members::new(&self.told_of));
        let here: HashSet<Arc<str>> = room.here.iter().map(|who| who.member.id.clone()).collect();
        let mut came = Vec::new();
        for (id, label) in &listed.labels {
            room.absent.remove(id);
            if known.is_new(id, label) && !is_first {
                came.push(Member {
                    id: id.clone(),
                    label: label.clone(),
                });
            }
        }
        for id in known.labels.keys() {
            if !listed.labels.contains_key(id) && !here.contains(id) {
                room.absent.entry(id.clone()).or_insert_with(Instant::now);
            }
        }
        // Their own `joined` was told while nobody here could hear it.
        let is_in = |number: u64, id: &str| number <= list.ticket && listed.labels.contains_key(id);
        let arrived: Vec<_> = room
            .coming
            .extract_if(.., |(number, who)| is_in(*number, &who.member.id))
            .map(|(_, who)| who)
            .collect();
        for mailbox in arrived.iter().filter_map(|who| who.hears.mailbox()) {
            mailbox.miss_unknown(topic);
        }
        if room.last != last {
            self.miss(topic, room);
        }
        room.last = last;
        for member in came {
            let id = member.id.clone();
            let payer = self.payer(room, &id);
            self.delivery
                .tell(&room.here, joined(topic, member), Some(&id), &payer);
        }
        room.here.extend(arrived);
        // Who is here already may have been answered while the list came, when nothing else counted.
        let asking = room.asking.extract_if(.., |asking| {
            here.contains(&asking.id) || is_in(asking.ticket, &asking.id)
        });
        for asking in asking.collect::<Vec<_>>() {
            asking.tell(&listed);
        }
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
                    let payer = &self.elsewhere;
                    self.delivery
                        .tell(&room.here, left(topic, member), None, payer);
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

impl Room {
    fn ask(&mut self, number: u64, id: Arc<str>) -> Ticket {
        let (sender, others) = oneshot::channel();
        self.asking.push(Asking {
            ticket: number,
            id,
            others: sender,
        });
        Ticket { number, others }
    }

    /// What a member asked for with this ticket has happened: it is here, and is told of the others.
    fn answer(&mut self, id: &str, ticket: Option<u64>) {
        let Some(ticket) = ticket else { return };
        let is_it = |number: u64, of: &str| number == ticket && of == id;
        let mut coming = self.coming.iter();
        if let Some(at) = coming.position(|(number, who)| is_it(*number, &who.member.id)) {
            let (_, who) = self.coming.swap_remove(at);
            self.here.push(who);
        }
        let mut asking = self.asking.iter();
        if let Some(at) = asking.position(|asking| is_it(asking.ticket, &asking.id))
            && let Some(known) = &self.known
        {
            self.asking.swap_remove(at).tell(known);
        }
    }
}

impl Asking {
    /// Tells it of the others. It may be gone.
    fn tell(self, members: &Members) {
        let others = members.labels.iter().filter(|(id, _)| **id != self.id);
        let others = others.map(|(id, label)| Member {
            id: id.clone(),
            label: label.clone(),
        });
        let _ = self.others.send(others.collect());
    }
}

impl Listing {
    fn new(ticket: u64, count: &Arc<Count>) -> Self {
        Self {
            ticket,
            members: Members::new(count),
        }
    }

    /// What is told between its pieces.
    fn told(&mut self, told: &Told) {
        let Member { id, label } = &told.member;
        match told.kind {
            Kind::Joined(_) | Kind::Named(_) => {
                self.members.is_new(id, label);
            }
            Kind::Left => drop(self.members.remove(id)),
            Kind::Lost | Kind::Message(_) => {}
        }
    }
}

impl Count {
    fn new(most: usize) -> Arc<Self> {
        let now = AtomicUsize::new(0);
        Arc::new(Self { most, now })
    }
}

impl Members {
    fn new(count: &Arc<Count>) -> Self {
        Self {
            labels: HashMap::new(),
            count: count.clone(),
        }
    }

    /// Puts a member in, or gives it another label. Whether it wasn't there, and there was room for it.
    fn is_new(&mut self, id: &Arc<str>, label: &Arc<str>) -> bool {
        if self.name(id, label) {
            return false;
        }
        // All who count hold the lock of the rooms.
        let has_room = self.count.now.load(Ordering::Relaxed) < self.count.most;
        if has_room {
            self.count.now.fetch_add(1, Ordering::Relaxed);
            self.labels.insert(id.clone(), label.clone());
        }
        has_room
    }

    /// Gives a member another label. Whether it is there.
    fn name(&mut self, id: &str, label: &Arc<str>) -> bool {
        let there = self.labels.get_mut(id);
        there.map(|there| there.clone_from(label)).is_some()
    }

    fn remove(&mut self, id: &str) -> Option<Arc<str>> {
        let removed = self.labels.remove(id)?;
        self.count.now.fetch_sub(1, Ordering::Relaxed);
        Some(removed)
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.count
            .now
            .fetch_sub(self.labels.len(), Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Hears;
    use crate::mailbox::Mailbox;

    fn member(id: &str) -> Member {
        Member {
            id: id.into(),
            label: "".into(),
        }
    }

    fn piece(number: u64, ticket: u64, ends: [bool; 2], ids: &[&str]) -> Piece<'static> {
        Piece {
            number,
            ticket,
            is_first: ends[0],
            is_last: ends[1],
            topic: "tea",
            members: ids.iter().map(|id| member(id)).collect(),
        }
    }

    fn told(number: u64, kind: Kind, id: &str) -> Told {
        let member = member(id);
        Told {
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

    fn hub() -> Hub {
        Hub::new(&Limits::default(), &Arc::default(), Duration::from_secs(6))
    }

    fn enter(hub: &Hub, id: &str) -> (Ticket, Arc<Mailbox>) {
        let mailbox = Arc::new(Mailbox::new(&Limits::default(), &Arc::default()));
        let who = Subscriber {
            member: member(id),
            hears: Hears::All(mailbox.clone()),
            payer: Arc::default(),
        };
        (hub.enter(&"tea".into(), who), mailbox)
    }

    #[test]
    fn a_list_that_comes_in_pieces_is_whole_whatever_happens_between_them() {
        let hub = hub();
        let (mut anna, mailbox) = enter(&hub, "anna");
        let (old, list) = (hub.ticket(), hub.ticket());
        hub.listed(piece(10, old, [true, false], &["nobody"]));
        // Another list has begun: the first comes to nothing.
        hub.listed(piece(10, list, [true, false], &["a", "b"]));
        hub.listed(piece(10, old, [false, true], &["nobody"]));
        assert!(hub.presence("tea") == Presence::New);
        hub.told("tea", told(11, Kind::Left, "a"));
        hub.told("tea", told(12, Kind::Joined(None), "e"));
        hub.listed(piece(12, list, [false, false], &["c", "e"]));
        hub.told("tea", told(13, Kind::Left, "c"));
        hub.listed(piece(13, list, [false, true], &["d"]));
        assert!(hub.presence("tea") == Presence::Listed);
        assert_eq!(others(&mut anna), None);
        hub.told("tea", told(14, Kind::Joined(Some(anna.number)), "anna"));
        assert_eq!(
            others(&mut anna).as_deref(),
            Some(&["b", "d", "e"].map(String::from)[..])
        );
        // All of that came before it was there.
        assert!(mailbox.take().is_none());
    }

    #[test]
    fn what_a_member_asked_for_earlier_is_no_answer_to_what_it_asks_now() {
        let hub = hub();
        let (first, _) = enter(&hub, "anna");
        let before = hub.ticket();
        hub.exit("tea", "anna");
        let (mut anna, mailbox) = enter(&hub, "anna");
        // The connection for events is behind that for answers.
        hub.listed(piece(10, before, [true, true], &["anna"]));
        hub.told("tea", told(11, Kind::Joined(Some(first.number)), "anna"));
        hub.told("tea", told(12, Kind::Joined(None), "ben"));
        hub.told("tea", told(13, Kind::Left, "anna"));
        assert_eq!(others(&mut anna), None);
        hub.told("tea", told(14, Kind::Joined(Some(anna.number)), "anna"));
        assert_eq!(others(&mut anna).as_deref(), Some(&["ben".to_owned()][..]));
        assert!(mailbox.take().is_none());
        hub.told("tea", told(15, Kind::Left, "ben"));
        assert!(mailbox.take().is_some());
    }

    #[test]
    fn a_number_that_is_not_the_next_is_missed_and_healed_by_a_list() {
        for forged in [u64::MAX, 13, 11, 0] {
            let hub = hub();
            let (anna, mailbox) = enter(&hub, "anna");
            hub.listed(piece(10, anna.number, [true, true], &[]));
            hub.told("tea", told(11, Kind::Joined(Some(anna.number)), "anna"));
            assert!(hub.doubtful().is_empty());
            hub.told("tea", told(forged, Kind::Joined(None), "nobody"));
            assert_eq!(hub.doubtful(), [Arc::from("tea")]);
            assert!(mailbox.take().is_some(), "{forged}: something is missed");
            hub.told("tea", told(12, Kind::Joined(None), "ben"));
            assert!(mailbox.take().is_none());
            hub.listed(piece(12, hub.ticket(), [true, true], &["anna", "ben"]));
            assert!(hub.doubtful().is_empty());
            assert_eq!(hub.audience("tea"), 2);
            while mailbox.take().is_some() {}
            hub.told("tea", told(13, Kind::Left, "ben"));
            assert!(mailbox.take().is_some(), "{forged}: ben leaves");
        }
    }

    #[test]
    fn a_topic_that_is_made_anew_before_anybody_is_in_it_is_not_doubted() {
        let hub = hub();
        let (anna, _) = enter(&hub, "anna");
        hub.listed(piece(10, anna.number, [true, true], &["ben"]));
        hub.told("tea", told(1000, Kind::Joined(Some(anna.number)), "anna"));
        assert!(hub.doubtful().is_empty());
        assert!(hub.presence("tea") == Presence::Listed);
    }

    #[test]
    fn forged_members_are_bounded() {
        let limits = Limits {
            members: 3,
            ..Limits::default()
        };
        let hub = Hub::new(&limits, &Arc::default(), Duration::from_secs(6));
        let (anna, _) = enter(&hub, "anna");
        hub.listed(piece(1, anna.number, [true, false], &["a", "b", "c", "d"]));
        assert_eq!(hub.listed.now.load(Ordering::Relaxed), 3);
        hub.listed(piece(1, anna.number, [false, true], &["e"]));
        assert_eq!(hub.listed.now.load(Ordering::Relaxed), 0);
        hub.told("tea", told(2, Kind::Joined(None), "f"));
        assert_eq!(hub.audience("tea"), 3);
        hub.exit("tea", "anna");
        assert_eq!(hub.told_of.now.load(Ordering::Relaxed), 0);
    }
}
