//! A sequence of steps, done by real connections and by the model.

use crate::expected::{Heard, Model};
use crate::hands::Hands;
use crate::steps::{CONNECTIONS, KEYS, MANY, Step, TOPICS};
use eco_state::{Event, Hearing, Participant, Problem, SharedState};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

/// The real connections, those of each host in turn, and the model of them.
pub(crate) struct Trial {
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
    pub(crate) fn new(hosts: Vec<SharedState>, hands: Option<Arc<dyn Hands>>) -> Self {
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
            _ => panic!("there is room for all"),
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
            let page = self.real[1].store().keys("m", more.as_deref(), 1000).await;
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

    pub(crate) async fn run(mut self, steps: Vec<Step>) -> Result<(), TestCaseError> {
        for step in steps {
            self.step(&step).await?;
            for (index, key) in KEYS.iter().enumerate() {
                let expected = self.model.value(index);
                let expected = expected.map(Into::into);
                prop_assert_eq!(
                    self.real[0].store().get(key).await,
                    Ok(expected),
                    "{:?}",
                    step
                );
            }
            let keys = self.real[0]
                .store()
                .keys("k", None, 10)
                .await
                .expect("it can");
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

impl Trial {
    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
        match step.clone() {
            Step::Subscribe(index, topic, label) => self.subscribe(index, topic, label).await?,
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
            Step::Returns(index, well) => self.returns(index, well).await?,
            Step::Ends(index) => self.ends(index).await?,
            Step::Set(key, value, ttl) => self.set(key, value, ttl).await?,
            Step::CompareAndSet(key, expected, new) => {
                self.compare_and_set(key, expected, new).await?;
            }
            Step::Add(key, delta) => self.add(key, delta).await?,
            Step::Delete(key) => {
                let had = model.value(key).is_some();
                model.store.remove(&key);
                prop_assert_eq!(real[3].store().delete(KEYS[key]).await, Ok(had));
            }
            Step::Hears(index) => self.hear(index).await?,
            Step::Sleeps(time) => {
                model.now += time;
                let hands = self.hands.as_ref().expect("it can be moved");
                hands.moves(time);
            }
            Step::SetMany(steps) => self.set_many(steps).await?,
        }
        Ok(())
    }

    async fn subscribe(
        &mut self,
        index: usize,
        topic: usize,
        label: String,
    ) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
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
        Ok(())
    }

    async fn returns(&mut self, index: usize, well: bool) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
        let pending = std::mem::take(&mut model.connections[index].pending);
        if !well {
            real[index].roll_back();
            return Ok(());
        }
        real[index].commit().await.expect("there is room");
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
        self.hosts[index % self.hosts.len()].flush().await;
        Ok(())
    }

    async fn ends(&mut self, index: usize) -> Result<(), TestCaseError> {
        let Self { model, .. } = self;
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
        Ok(())
    }

    async fn set(
        &mut self,
        key: usize,
        value: Vec<u8>,
        ttl: Option<u64>,
    ) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
        let step = self.hands.as_ref().map(|hands| hands.step());
        let time = |steps: u64| step.unwrap_or_default() * u32::try_from(steps).expect("few");
        let time = ttl.map(time);
        prop_assert_eq!(real[0].store().set(KEYS[key], &value, time).await, Ok(()));
        let ends = ttl.map(|ttl| model.now + ttl);
        model.store.insert(key, (value, ends));
        Ok(())
    }

    async fn compare_and_set(
        &mut self,
        key: usize,
        expected: Option<Vec<u8>>,
        new: Option<Vec<u8>>,
    ) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
        let had = model.value(key) == expected;
        if had {
            match new.clone() {
                Some(value) => drop(model.store.insert(key, (value, None))),
                None => drop(model.store.remove(&key)),
            }
        }
        let found = real[1]
            .store()
            .compare_and_set(KEYS[key], expected.as_deref(), new.as_deref())
            .await;
        prop_assert_eq!(found, Ok(had));
        Ok(())
    }

    async fn add(&mut self, key: usize, delta: i64) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
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
        prop_assert_eq!(real[2].store().add(KEYS[key], delta).await, expected);
        Ok(())
    }

    async fn set_many(&mut self, steps: u64) -> Result<(), TestCaseError> {
        let Self { model, real, .. } = self;
        // Others where those before are over, and the same where they aren't.
        let (generation, ends) = model.many;
        let generation = generation + usize::from(ends <= model.now);
        let hands = self.hands.as_ref().expect("it can be moved");
        let time = hands.step() * u32::try_from(steps).expect("few");
        for number in 0..MANY {
            let key = format!("m{generation}-{number}");
            prop_assert_eq!(real[0].store().set(&key, b"5", Some(time)).await, Ok(()));
        }
        model.many = (generation, model.now + steps);
        Ok(())
    }
}
