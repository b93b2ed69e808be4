//! Any sequence of what several connections do, against a model that is a few lines.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics, and one that indexes out of bounds has failed"
)]

use eco_state::{Clock, Event, Limits, Participant, Problem, SharedState};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
    Sleeps(u64),
}

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
        1 => (0..20_u64).prop_map(Step::Sleeps),
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

/// Milliseconds that the test moves.
#[derive(Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

fn heard(event: &Event) -> Heard {
    let topic = |topic: &str| {
        TOPICS
            .iter()
            .position(|known| *known == topic)
            .expect("it is known")
    };
    let number = |id: &str| {
        id.trim_start_matches("p-")
            .parse()
            .expect("it has a number")
    };
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

proptest! {
    #[test]
    fn what_connections_do_is_what_the_model_does(steps in prop::collection::vec(step(), 1..120)) {
        let hands = Arc::new(Hands::default());
        let limits = Limits { messages_per_second: 1 << 30, bytes_per_second: 1 << 30, ..Limits::default() };
        let state = SharedState::in_memory(limits, hands.clone(), "p-");
        let mut model = Model::default();
        let mut real: Vec<Participant> = Vec::new();
        for _ in 0..CONNECTIONS {
            real.push(state.participant());
            let connection = model.connect();
            model.connections.push(connection);
        }
        for step in steps {
            run(&step, &mut model, &mut real, &state, &hands)?;
            if let Step::Hears(index) = step {
                hear(index, &mut model, &mut real)?;
            }
            for (index, key) in KEYS.iter().enumerate() {
                prop_assert_eq!(real[0].get(key), Ok(model.value(index)), "{:?}", step);
            }
            let keys: BTreeSet<String> = real[0].keys("k", None, 10).expect("it can").keys.into_iter().collect();
            let expected = (0..2).filter(|key| model.value(*key).is_some());
            prop_assert_eq!(keys, expected.map(|key| KEYS[key].to_owned()).collect());
        }
        for index in 0..CONNECTIONS {
            hear(index, &mut model, &mut real)?;
        }
    }
}

fn hear(index: usize, model: &mut Model, real: &mut [Participant]) -> Result<(), TestCaseError> {
    while let Some(event) = real[index].next_event() {
        let expected = model.connections[index].hears.pop_front();
        prop_assert_eq!(Some(heard(&event)), expected);
    }
    prop_assert!(model.connections[index].hears.is_empty());
    Ok(())
}

fn run(
    step: &Step,
    model: &mut Model,
    real: &mut [Participant],
    state: &SharedState,
    hands: &Hands,
) -> Result<(), TestCaseError> {
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
                .subscribe(TOPICS[topic], &label, true)
                .expect("it can");
            let number_of = |id: &str| id.trim_start_matches("p-").parse().expect("a number");
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
            real[index].commit().expect("there is room");
            for (topic, said) in pending {
                let connection = &model.connections[index];
                let (number, label) = (connection.number, connection.topics.get(&topic).cloned());
                match said {
                    Some(data) => {
                        let said = Heard::Message(topic, number, label.unwrap_or_default(), data);
                        model.tell(topic, number, &said);
                    }
                    None => model.leave(index, topic),
                }
            }
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
            real[index] = state.participant();
            for (participant, expected) in real.iter_mut().zip(hears) {
                let mut said: Vec<Heard> = std::iter::from_fn(|| participant.next_event())
                    .map(|event| heard(&event))
                    .collect();
                let mut expected = Vec::from(expected);
                let order = |heard: &Heard| format!("{heard:?}");
                said.sort_by_key(order);
                expected.sort_by_key(order);
                prop_assert_eq!(said, expected);
            }
            let connection = model.connect();
            model.connections[index] = connection;
        }
        Step::Set(key, value, ttl) => {
            let time = ttl.map(Duration::from_millis);
            prop_assert_eq!(real[0].set(KEYS[key], &value, time), Ok(()));
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
            let found = real[1].compare_and_set(KEYS[key], expected.as_deref(), new.as_deref());
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
            prop_assert_eq!(real[2].add(KEYS[key], delta), expected);
        }
        Step::Delete(key) => {
            let had = model.value(key).is_some();
            model.store.remove(&key);
            prop_assert_eq!(real[3].delete(KEYS[key]), Ok(had));
        }
        Step::Hears(_) => {}
        Step::Sleeps(time) => {
            model.now += time;
            hands.0.fetch_add(time, Ordering::Relaxed);
        }
    }
    Ok(())
}
