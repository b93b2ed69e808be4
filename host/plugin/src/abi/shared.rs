//! What connections share, and time: the types of `wit/topics.wit`, `wit/store.wit` and `wit/events.wit`.

use eco_state::{Event, Problem};
use std::sync::Arc;
use wasmtime::component::{ComponentType, Lower};

/// `member` of `wit/topics.wit`.
#[derive(Clone, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Member {
    id: Arc<str>,
    label: Arc<str>,
}

impl From<&eco_state::Member> for Member {
    fn from(member: &eco_state::Member) -> Self {
        Self {
            id: member.id.clone(),
            label: member.label.clone(),
        }
    }
}

/// `problem` of `wit/topics.wit`.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(crate) enum TopicProblem {
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "too-large")]
    TooLarge,
    #[component(name = "too-many")]
    TooMany,
}

impl From<Problem> for TopicProblem {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unavailable(lack) => Self::Unavailable(lack.to_string()),
            Problem::TooLarge(_) => Self::TooLarge,
            Problem::TooMany(_) => Self::TooMany,
            // Topics count nothing.
            Problem::NotANumber => Self::Unavailable(problem.to_string()),
        }
    }
}

/// `problem` of `wit/store.wit`.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(crate) enum StoreProblem {
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "too-large")]
    TooLarge,
    #[component(name = "too-many")]
    TooMany,
    #[component(name = "not-a-number")]
    NotANumber,
}

impl From<Problem> for StoreProblem {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unavailable(lack) => Self::Unavailable(lack.to_string()),
            Problem::TooLarge(_) => Self::TooLarge,
            Problem::TooMany(_) => Self::TooMany,
            Problem::NotANumber => Self::NotANumber,
        }
    }
}

/// `page` of `wit/store.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Page {
    keys: Vec<String>,
    more: Option<String>,
}

impl From<eco_state::Page> for Page {
    fn from(page: eco_state::Page) -> Self {
        Self {
            keys: page.keys,
            more: page.more,
        }
    }
}

/// `message` of `wit/events.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Message {
    topic: Arc<str>,
    from: Member,
    data: Arc<[u8]>,
}

/// `presence` of `wit/events.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Presence {
    topic: Arc<str>,
    member: Member,
}

/// `missed` of `wit/events.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Missed {
    topic: Arc<str>,
    count: Option<u64>,
}

/// `happening` of `wit/events.wit`.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Happening {
    #[component(name = "message")]
    Message(Message),
    #[component(name = "joined")]
    Joined(Presence),
    #[component(name = "left")]
    Left(Presence),
    #[component(name = "missed")]
    Missed(Missed),
    #[component(name = "timer")]
    Timer,
}

impl From<&Event> for Happening {
    fn from(event: &Event) -> Self {
        match event {
            Event::Message { topic, from, data } => Self::Message(Message {
                topic: topic.clone(),
                from: from.into(),
                data: data.clone(),
            }),
            Event::Joined { topic, member } => Self::Joined(Presence {
                topic: topic.clone(),
                member: member.into(),
            }),
            Event::Left { topic, member } => Self::Left(Presence {
                topic: topic.clone(),
                member: member.into(),
            }),
            Event::Missed { topic, count } => Self::Missed(Missed {
                topic: topic.clone(),
                count: *count,
            }),
        }
    }
}
