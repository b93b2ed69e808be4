//! Any sequence of what several connections do, against a model that is a few lines: in memory, in a file, on Redis, and
//! on Redis from two hosts.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics, and one that indexes out of bounds has failed"
)]

mod redis_server;

use eco_state::{Clock, Event, Hearing, Limits, Location, Participant, Problem, SharedState};
use proptest::prelude::*;
use redis_server::RedisServer;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const CONNECTIONS: usize = 4;
const TOPICS: [&str; 2] = ["a", "b"];
const KEYS: [&str; 3] = ["k", "kk", "l"];

#[derive(Clone, Debug)]
enum Step {
    Subscribe(usize, usize, String),
    Unsubscribe(usize, usize),
    Publish(usize, usize, Vec<u8>),
    /// The call returns well, or fails.
    Returns(usize, bool),
    /// It takes all its events.
    Hears(usize),
    /// The connection ends, and another takes its place.
    Ends(usize),
    Set(usize, Vec<u8>, Option<u64>),
    CompareAndSet(usize, Option<Vec<u8>>, Option<Vec<u8>>),
    Add(usize, i64),
    Delete(usize),
    /// More keys than one call removes, for a time.
    SetMany(u64),
    Sleeps(u64),
}

/// Keys that are set together: more than a call of the store removes of what is over.
const MANY: usize = 1200;

fn step() -> impl Strategy<Value = Step> {
    let connection = 0..CONNECTIONS;
    let topic = 0..TOPICS.len();
    let key = 0..KEYS.len();
    let value = || prop_oneof![Just(b"1".to_vec()), Just(b"x".to_vec()), Just(vec![])];
    prop_oneof![
        4 => (connection.clone(), topic.clone(), "[xy]?").prop_map(|(c, t, l)| Step::Subscribe(c, t, l)),
        2 => (connection.clone(), topic.clone()).prop_map(|(c, t)| Step::Unsubscribe(c, t)),
        4 => (connection.clone(), topic, any::<Vec<u8>>()).prop_map(|(c, t, d)| Step::Publish(c, t, d)),
        6 => (connection.clone(), prop::bool::weighted(0.9)).prop_map(|(c, well)| Step::Returns(c, well)),
        4 => connection.clone().prop_map(Step::Hears),
        1 => connection.prop_map(Step::Ends),
        2 => (key.clone(), value(), prop::option::of(0..20_u64)).prop_map(|(k, v, t)| Step::Set(k, v, t)),
        2 => (key.clone(), prop::option::of(value()), prop::option::of(value()))
            .prop_map(|(k, e, n)| Step::CompareAndSet(k, e, n)),
        2 => (key.clone(), -2..3_i64).prop_map(|(k, d)| Step::Add(k, d)),
        1 => key.prop_map(Step::Delete),
        2 => (0..20_u64).prop_map(Step::Sleeps),
        1 => (1..10_u64).prop_map(Step::SetMany),
    ]
}

/// What a connection hears, with the number of the connection that it is of.
#[derive(Clone, Debug, PartialEq)]
enum Heard {
    Message(usize, u64, String, Vec<u8>),
    Joined(usize, u64, String),
    Left(usize, u64, String),
}

#[derive(Default)]
struct Model {
    /// For each connection: its number, its labels by topic, what it has said, what it is to hear.
    connections: Vec<Connection>,
    numbers: u64,
    now: u64,
    store: BTreeMap<usize, (Vec<u8>, Option<u64>)>,
    /// Of the keys that were set together: which they are, and when they are over.
    many: (usize, u64),
}

#[derive(Default)]
struct Connection {
    number: u64,
    topics: BTreeMap<usize, String>,
    pending: Vec<(usize, Option<Vec<u8>>)>,
    hears: VecDeque<Heard>,
}

impl Model {
    fn connect(&mut self) -> Connection {
        self.numbers += 1;
        Connection {
            number: self.numbers,
            ..Connection::default()
        }
    }

    fn tell(&mut self, topic: usize, but: u64, heard: &Heard) {
        for connection in &mut self.connections {
            if connection.topics.contains_key(&topic) && connection.number != but {
                connection.hears.push_back(heard.clone());
            }
        }
    }

    fn leave(&mut self, index: usize, topic: usize) {
        let number = self.connections[index].number;
        if let Some(label) = self.connections[index].topics.remove(&topic) {
            let of = |heard: &Heard| match heard {
                Heard::Message(topic, ..) | Heard::Joined(topic, ..) | Heard::Left(topic, ..) => {
                    *topic
                }
            };
            self.connections[index]
                .hears
                .retain(|heard| of(heard) != topic);
            self.tell(topic, number, &Heard::Left(topic, number, label));
        }
    }

    fn value(&mut self, key: usize) -> Option<Vec<u8>> {
        let now = self.now;
        let (value, _) = self
            .store
            .get(&key)
            .filter(|(_, ends)| ends.is_none_or(|ends| ends > now))?;
        Some(value.clone())
    }
}

/// Time that the test moves.
trait Hands: Send + Sync {
    /// What a step of the model is.
    fn step(&self) -> Duration;
    /// So many steps pass.
    fn moves(&self, steps: u64);
}

/// Of a clock: milliseconds.
#[derive(Default)]
struct ClockHands(AtomicU64);

impl Clock for ClockHands {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl Hands for ClockHands {
    fn step(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn moves(&self, steps: u64) {
        self.0.fetch_add(steps, Ordering::Relaxed);
    }
}

/// Of a Redis: hours, which pass as all that has a time is over earlier.
struct RedisHands {
    port: u16,
    namespace: String,
}

impl Hands for RedisHands {
    fn step(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn moves(&self, steps: u64) {
        let by = u128::from(steps) * self.step().as_millis();
        let script = format!(
            "local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') for at = 1, #all, 2 do redis.call('ZADD', KEYS[1], tonumber(all[at + 1]) - {by}, all[at]) end return 'ok'"
        );
        let key = format!("eco:{{{}}}:expires", self.namespace);
        assert_eq!(
            redis_server::ask(self.port, &["EVAL", &script, "1", &key]),
            "$2"
        );
    }
}

/// What is tried: the connections, those of each host in turn, and the model of them.
struct Trial {
    hosts: Vec<SharedState>,
    real: Vec<Participant>,
    /// The model's numbers of connections, by their ids.
    numbers: BTreeMap<Arc<str>, u64>,
    model: Model,
    /// The time, where it can be moved.
    hands: Option<Arc<dyn Hands>>,
}

/// No event takes this long unless it is lost.
const PATIENCE: Duration = Duration::from_secs(20);

impl Trial {
    fn new(hosts: Vec<SharedState>, hands: Option<Arc<dyn Hands>>) -> Self {
        let mut trial = Self {
            hosts,
            real: Vec::new(),
            numbers: BTreeMap::new(),
            model: Model::default(),
            hands,
        };
        for index in 0..CONNECTIONS {
            let connection = trial.model.connect();
            trial.model.connections.push(connection);
            let participant = trial.participant(index);
            trial.real.push(participant);
        }
        trial
    }

    fn participant(&mut self, index: usize) -> Participant {
        let participant = self.hosts[index % self.hosts.len()].participant();
        self.numbers
            .insert(participant.id().clone(), self.model.numbers);
        participant
    }

    fn heard(&self, event: &Event) -> Heard {
        let topic = |topic: &str| {
            let found = TOPICS.iter().position(|known| *known == topic);
            found.expect("it is known")
        };
        let number = |id| self.numbers[id];
        match event {
            Event::Message {
                topic: of,
                from,
                data,
            } => Heard::Message(
                topic(of),
                number(&from.id),
                from.label.to_string(),
                data.to_vec(),
            ),
            Event::Joined { topic: of, member } => {
                Heard::Joined(topic(of), number(&member.id), member.label.to_string())
            }
            Event::Left { topic: of, member } => {
                Heard::Left(topic(of), number(&member.id), member.label.to_string())
            }
            Event::Missed { .. } => panic!("there is room for all"),
        }
    }

    async fn next(&mut self, index: usize) -> Heard {
        let participant = &self.real[index];
        tokio::time::timeout(PATIENCE, poll_fn(|cx| participant.poll_event(cx)))
            .await
            .expect("an event is missing");
        let event = self.real[index].next_event().expect("one waits");
        self.heard(&event)
    }

    /// How many there are of the keys that were set together.
    async fn count_many(&self) -> usize {
        let (mut found, mut more) = (0, None);
        loop {
            let page = self.real[1].keys("m", more.as_deref(), 1000).await;
            let page = page.expect("it can");
            found += page.keys.len();
            more = page.more;
            if more.is_none() {
                return found;
            }
        }
    }

    async fn hear(&mut self, index: usize) -> Result<(), TestCaseError> {
        while let Some(expected) = self.model.connections[index].hears.pop_front() {
            prop_assert_eq!(self.next(index).await, expected);
        }
        Ok(())
    }

    async fn run(mut self, steps: Vec<Step>) -> Result<(), TestCaseError> {
        for step in steps {
            self.step(&step).await?;
            for (index, key) in KEYS.iter().enumerate() {
                let expected = self.model.value(index);
                let expected = expected.map(Into::into);
                prop_assert_eq!(self.real[0].get(key).await, Ok(expected), "{:?}", step);
            }
            let keys = self.real[0].keys("k", None, 10).await.expect("it can");
            let keys: BTreeSet<String> = keys.keys.into_iter().collect();
            let expected = (0..2).filter(|key| self.model.value(*key).is_some());
            prop_assert_eq!(keys, expected.map(|key| KEYS[key].to_owned()).collect());
            let many = if self.model.many.1 > self.model.now {
                MANY
            } else {
                0
            };
            prop_assert_eq!(self.count_many().await, many, "{:?}", step);
        }
        // One more event for all: nothing else came before it.
        for topic in 0..TOPICS.len() {
            self.step(&Step::Ends(0)).await?;
            self.step(&Step::Subscribe(0, topic, String::new())).await?;
        }
        for index in 0..CONNECTIONS {
            self.hear(index).await?;
            prop_assert!(self.real[index].next_event().is_none());
        }
        for host in &self.hosts {
            host.close().await;
        }
        Ok(())
    }
}

fn limits() -> Limits {
    Limits {
        messages_per_second: 1 << 30,
        bytes_per_second: 1 << 30,
        // With labels as long as that, a piece of a list has one member.
        label: 1 << 20,
        // What is over takes no room.
        keys: MANY + KEYS.len(),
        ..Limits::default()
    }
}

/// Tries so many sequences. `hosts` makes the hosts of each.
fn holds(cases: u32, hosts: impl AsyncFn(u32) -> (Vec<SharedState>, Option<Arc<dyn Hands>>)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let config = ProptestConfig {
        cases,
        ..ProptestConfig::default()
    };
    let numbers = std::cell::Cell::new(0);
    proptest!(config, |(steps in prop::collection::vec(step(), 1..120))| {
        numbers.set(numbers.get() + 1);
        runtime.block_on(async {
            let (hosts, hands) = hosts(numbers.get()).await;
            let steps: Vec<Step> = match hands {
                Some(_) => steps,
                // Time that can't be moved would have to be waited for.
                None => steps.into_iter().map(timeless).collect(),
            };
            Trial::new(hosts, hands).run(steps).await
        })?;
    });
}

fn timeless(step: Step) -> Step {
    match step {
        Step::Set(key, value, _) => Step::Set(key, value, None),
        Step::Sleeps(_) | Step::SetMany(_) => Step::Hears(0),
        step => step,
    }
}

fn namespace(case: u32) -> String {
    format!("case-{case}")
}

async fn open(location: &Location, case: u32, host: &str) -> SharedState {
    let namespace = namespace(case);
    let opening = SharedState::open(location, &namespace, limits(), host);
    opening.await.expect("it opens")
}

#[test]
fn what_connections_do_is_what_the_model_does_in_memory() {
    holds(256, async |_| {
        let hands = Arc::new(ClockHands::default());
        let state = SharedState::in_memory(limits(), hands.clone(), "p-");
        (vec![state], Some(hands as Arc<dyn Hands>))
    });
}

#[test]
fn what_connections_do_is_what_the_model_does_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = Location::File(folder.path().join("state"));
    holds(24, async |case| {
        (vec![open(&location, case, "p-").await], None)
    });
}

fn hands(redis: &RedisServer, case: u32) -> Option<Arc<dyn Hands>> {
    Some(Arc::new(RedisHands {
        port: redis.port,
        namespace: namespace(case),
    }))
}

#[test]
fn what_connections_do_is_what_the_model_does_on_redis() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    holds(20, async |case| {
        let state = open(&redis.location(), case, "p-").await;
        (vec![state], hands(&redis, case))
    });
}

/// No hash is so small that Redis hands it out as a whole, so that lists come piece by piece.
#[test]
fn what_connections_do_is_what_the_model_does_on_two_hosts() {
    let pieces = ["--hash-max-listpack-entries", "0"];
    let Some(redis) = RedisServer::start_with(|port, _| {
        let port = ["--port".to_owned(), port.to_string()];
        port.into_iter().chain(pieces.map(str::to_owned)).collect()
    }) else {
        return;
    };
    holds(20, async |case| {
        let one = open(&redis.location(), case, "p-").await;
        let other = open(&redis.location(), case, "q-").await;
        (vec![one, other], hands(&redis, case))
    });
}

impl Trial {
    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
        match step.clone() {
            Step::Subscribe(index, topic, label) => {
                let number = model.connections[index].number;
                let others = model
                    .connections
                    .iter()
                    .filter(|other| other.number != number);
                let others: BTreeSet<(u64, String)> = others
                    .filter_map(|other| Some((other.number, other.topics.get(&topic)?.clone())))
                    .collect();
                let is_there = model.connections[index].topics.contains_key(&topic);
                if !is_there {
                    model.tell(topic, number, &Heard::Joined(topic, number, label.clone()));
                }
                let pending = &mut model.connections[index].pending;
                pending.retain(|(of, said)| said.is_some() || *of != topic);
                model.connections[index].topics.insert(topic, label.clone());
                let found = real[index]
                    .subscribe(TOPICS[topic], &label, Hearing::All)
                    .await
                    .expect("it can");
                let number_of = |id| self.numbers[id];
                let found = found
                    .iter()
                    .map(|member| (number_of(&member.id), member.label.to_string()));
                prop_assert_eq!(found.collect::<BTreeSet<(u64, String)>>(), others);
            }
            Step::Unsubscribe(index, topic) => {
                if model.connections[index].topics.contains_key(&topic) {
                    model.connections[index].pending.push((topic, None));
                }
                real[index].unsubscribe(TOPICS[topic]);
            }
            Step::Publish(index, topic, data) => {
                real[index].publish(TOPICS[topic], &data).expect("it can");
                model.connections[index].pending.push((topic, Some(data)));
            }
            Step::Returns(index, well) => {
                let pending = std::mem::take(&mut model.connections[index].pending);
                if !well {
                    real[index].roll_back();
                    return Ok(());
                }
                real[index].commit().await.expect("there is room");
                for (topic, said) in pending {
                    let connection = &model.connections[index];
                    let (number, label) =
                        (connection.number, connection.topics.get(&topic).cloned());
                    match said {
                        Some(data) => {
                            let said =
                                Heard::Message(topic, number, label.unwrap_or_default(), data);
                            model.tell(topic, number, &said);
                        }
                        None => model.leave(index, topic),
                    }
                }
                self.hosts[index % self.hosts.len()].flush().await;
            }
            Step::Ends(index) => {
                for topic in 0..TOPICS.len() {
                    model.leave(index, topic);
                }
                // Topics are left in any order: each of the others hears of one, at most, as they are told apart.
                let hears: Vec<_> = model
                    .connections
                    .iter_mut()
                    .map(|other| std::mem::take(&mut other.hears))
                    .collect();
                let connection = model.connect();
                model.connections[index] = connection;
                let participant = self.participant(index);
                self.real[index] = participant;
                self.hosts[index % self.hosts.len()].flush().await;
                for (other, expected) in hears.into_iter().enumerate() {
                    if other == index {
                        continue;
                    }
                    let mut said = Vec::new();
                    for _ in 0..expected.len() {
                        said.push(self.next(other).await);
                    }
                    let mut expected = Vec::from(expected);
                    let order = |heard: &Heard| format!("{heard:?}");
                    said.sort_by_key(order);
                    expected.sort_by_key(order);
                    prop_assert_eq!(said, expected);
                }
            }
            Step::Set(key, value, ttl) => {
                let step = self.hands.as_ref().map(|hands| hands.step());
                let time =
                    |steps: u64| step.unwrap_or_default() * u32::try_from(steps).expect("few");
                let time = ttl.map(time);
                prop_assert_eq!(real[0].set(KEYS[key], &value, time).await, Ok(()));
                let ends = ttl.map(|ttl| model.now + ttl);
                model.store.insert(key, (value, ends));
            }
            Step::CompareAndSet(key, expected, new) => {
                let had = model.value(key) == expected;
                if had {
                    match new.clone() {
                        Some(value) => drop(model.store.insert(key, (value, None))),
                        None => drop(model.store.remove(&key)),
                    }
                }
                let found = real[1]
                    .compare_and_set(KEYS[key], expected.as_deref(), new.as_deref())
                    .await;
                prop_assert_eq!(found, Ok(had));
            }
            Step::Add(key, delta) => {
                let value = model.value(key);
                let ends = value.is_some().then(|| model.store[&key].1).flatten();
                let number = match value {
                    None => Some(0),
                    Some(value) => std::str::from_utf8(&value)
                        .ok()
                        .and_then(|text| text.parse::<i64>().ok()),
                };
                let expected = number
                    .map(|number| number + delta)
                    .ok_or(Problem::NotANumber);
                if let Ok(sum) = expected {
                    model
                        .store
                        .insert(key, (sum.to_string().into_bytes(), ends));
                }
                prop_assert_eq!(real[2].add(KEYS[key], delta).await, expected);
            }
            Step::Delete(key) => {
                let had = model.value(key).is_some();
                model.store.remove(&key);
                prop_assert_eq!(real[3].delete(KEYS[key]).await, Ok(had));
            }
            Step::Hears(index) => self.hear(index).await?,
            Step::Sleeps(time) => {
                model.now += time;
                let hands = self.hands.as_ref().expect("it can be moved");
                hands.moves(time);
            }
            Step::SetMany(steps) => {
                // Others where those before are over, and the same where they aren't.
                let (generation, ends) = model.many;
                let generation = generation + usize::from(ends <= model.now);
                let hands = self.hands.as_ref().expect("it can be moved");
                let time = hands.step() * u32::try_from(steps).expect("few");
                for number in 0..MANY {
                    let key = format!("m{generation}-{number}");
                    prop_assert_eq!(real[0].set(&key, b"5", Some(time)).await, Ok(()));
                }
                model.many = (generation, model.now + steps);
            }
        }
        Ok(())
    }
}
