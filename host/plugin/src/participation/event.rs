//! Events that a plugin is called for: the types of `wit/events.wit`, which it exports. They borrow what connections
//! share: one event may be on its way to thousands, on all processors, and each count of references is one for all.

use eco_state::Event;
use std::sync::Arc;
use wasmtime::component::{ComponentType, Lower};

/// `member` of `wit/topics.wit`: with texts of its own, or borrowed ones.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Member<Text> {
    id: Text,
    label: Text,
}

impl From<eco_state::Member> for Member<Arc<str>> {
    fn from(member: eco_state::Member) -> Self {
        Self {
            id: member.id,
            label: member.label,
        }
    }
}

impl<'a> From<&'a eco_state::Member> for Member<&'a str> {
    fn from(member: &'a eco_state::Member) -> Self {
        Self {
            id: &member.id,
            label: &member.label,
        }
    }
}

/// `message` of `wit/events.wit`.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Message<'a> {
    topic: &'a str,
    from: Member<&'a str>,
    data: &'a [u8],
}

/// `presence` of `wit/events.wit`.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Presence<'a> {
    topic: &'a str,
    member: Member<&'a str>,
}

/// `missed` of `wit/events.wit`.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Missed<'a> {
    topic: &'a str,
    count: Option<u64>,
}

/// `happening` of `wit/events.wit`.
#[derive(Clone, Copy, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Happening<'a> {
    #[component(name = "message")]
    Message(Message<'a>),
    #[component(name = "joined")]
    Joined(Presence<'a>),
    #[component(name = "left")]
    Left(Presence<'a>),
    #[component(name = "missed")]
    Missed(Missed<'a>),
    #[component(name = "timer")]
    Timer,
}

impl<'a> From<&'a Event> for Happening<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Message { topic, from, data } => Self::Message(Message {
                topic,
                from: from.into(),
                data,
            }),
            Event::Joined { topic, member } => Self::Joined(Presence {
                topic,
                member: member.into(),
            }),
            Event::Left { topic, member } => Self::Left(Presence {
                topic,
                member: member.into(),
            }),
            Event::Missed { topic, count } => Self::Missed(Missed {
                topic,
                count: *count,
            }),
            // Plugins have no type for others.
            other => Self::Missed(Missed {
                topic: other.topic(),
                count: None,
            }),
        }
    }
}
