//! A place for topics and one for a store, as somebody else would write them: with what the crate shows alone.

use eco_state::{
    Account, Answer, Clock, Event, EventKind, Limit, Member, Page, Problem, StoreBackend,
    Subscriber, TopicCounts, TopicsBackend, deliver,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

fn now<'a, T: Send + 'a>(answer: Result<T, Problem>) -> Answer<'a, T> {
    Box::pin(std::future::ready(answer))
}

/// The members of topics, behind one lock, which orders all that they hear.
#[derive(Default)]
pub(crate) struct OwnTopics(Mutex<BTreeMap<Arc<str>, Vec<Subscriber>>>);

impl OwnTopics {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Vec<Subscriber>>> {
        self.0.lock().expect("nobody panics")
    }
}

fn members(of: &[Subscriber], but: &str) -> Vec<Member> {
    let members = of.iter().map(|who| &who.member);
    members.filter(|who| *who.id != *but).cloned().collect()
}

impl TopicsBackend for OwnTopics {
    fn join<'a>(&'a self, topic: &'a Arc<str>, who: Subscriber) -> Answer<'a, Vec<Member>> {
        let mut topics = self.lock();
        let all = topics.entry(topic.clone()).or_default();
        let others = members(all, "");
        let (topic, member) = (topic.clone(), who.member.clone());
        let told = deliver(Event::Joined { topic, member }, &*all, None, &who.payer);
        told.expect("there is room");
        all.push(who);
        now(Ok(others))
    }

    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>> {
        let mut topics = self.lock();
        let Some(all) = topics.get_mut(topic) else {
            return now(Ok(Vec::new()));
        };
        let it = all.iter_mut().find(|who| who.member.id == member.id);
        it.expect("it is a member").member = member.clone();
        now(Ok(members(all, &member.id)))
    }

    fn counts(&self) -> TopicCounts {
        let topics = self.lock();
        TopicCounts {
            topics: topics.len(),
            members: topics.values().map(Vec::len).sum(),
        }
    }

    fn audience(&self, topic: &str, event: EventKind) -> usize {
        let topics = self.lock();
        let all = topics.get(topic).into_iter().flatten();
        all.filter(|who| who.hearing.includes(event)).count()
    }

    fn publish<'a>(
        &'a self,
        topic: &'a Arc<str>,
        from: Member,
        data: Arc<[u8]>,
        payer: &'a Arc<Account>,
    ) -> Answer<'a, ()> {
        let topics = self.lock();
        let (speaker, topic) = (from.id.clone(), topic.clone());
        let all = topics.get(&topic).into_iter().flatten();
        let message = Event::Message { topic, from, data };
        now(deliver(message, all, Some(&speaker), payer))
    }

    fn leave(&self, topic: &Arc<str>, id: &Arc<str>) {
        let mut topics = self.lock();
        let Some(all) = topics.get_mut(topic) else {
            return;
        };
        let Some(at) = all.iter().position(|who| who.member.id == *id) else {
            return;
        };
        let Subscriber { member, payer, .. } = all.remove(at);
        let topic = topic.clone();
        let left = Event::Left { topic, member };
        deliver(left, &*all, None, &payer).expect("there is room");
        topics.retain(|_, all| !all.is_empty());
    }
}

/// Values by their keys, and when they expire.
pub(crate) struct OwnStore {
    entries: Mutex<Entries>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Entries {
    all: BTreeMap<String, Entry>,
    now: Duration,
}

type Entry = (Arc<[u8]>, Option<Duration>);

impl Entries {
    /// An entry that has not expired.
    fn get(&self, key: &str) -> Option<&Entry> {
        let entry = self.all.get(key)?;
        entry.1.is_none_or(|ends| ends > self.now).then_some(entry)
    }
}

impl OwnStore {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let entries = Mutex::default();
        Self { entries, clock }
    }

    /// The entries, as of now.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        let mut entries = self.entries.lock().expect("nobody panics");
        entries.now = self.clock.now();
        entries
    }
}

impl StoreBackend for OwnStore {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>> {
        let entries = self.entries();
        now(Ok(entries.get(key).map(|(value, _)| value.clone())))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        let mut entries = self.entries();
        if entries.all.len() > 1_000_000 {
            return now(Err(Problem::TooMany(Limit::Keys)));
        }
        let ends = ttl.map(|ttl| entries.now + ttl);
        entries.all.insert(key.to_owned(), (value.into(), ends));
        now(Ok(()))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool> {
        let mut entries = self.entries();
        let had = entries.get(key).map(|(value, _)| &**value) == expected;
        if had {
            entries.all.remove(key);
            let new = new.map(|value| (key.to_owned(), (value.into(), None)));
            entries.all.extend(new);
        }
        now(Ok(had))
    }

    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64> {
        let mut entries = self.entries();
        let (value, ends) = match entries.get(key) {
            Some((value, ends)) => (value.clone(), *ends),
            None => (Arc::from(*b"0"), None),
        };
        let number = std::str::from_utf8(&value).ok();
        let number = number.and_then(|text| text.parse::<i64>().ok());
        let Some(sum) = number.and_then(|number| number.checked_add(delta)) else {
            return now(Err(Problem::NotANumber));
        };
        let value = sum.to_string().into_bytes().into();
        entries.all.insert(key.to_owned(), (value, ends));
        now(Ok(sum))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        let mut entries = self.entries();
        let had = entries.get(key).is_some();
        entries.all.remove(key);
        now(Ok(had))
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        more: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Page> {
        let entries = self.entries();
        let is_next = |key: &&String| {
            let is_after = more.is_none_or(|last| key.as_str() > last);
            is_after && key.starts_with(prefix) && entries.get(key).is_some()
        };
        let keys = entries.all.keys().filter(is_next).take(limit);
        let keys: Vec<String> = keys.cloned().collect();
        let more = keys.last().filter(|_| keys.len() == limit).cloned();
        now(Ok(Page { keys, more }))
    }
}
