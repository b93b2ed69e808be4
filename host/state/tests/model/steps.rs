//! The steps of a sequence, and their strategy.

use proptest::prelude::*;

pub(crate) const CONNECTIONS: usize = 4;
pub(crate) const TOPICS: [&str; 2] = ["a", "b"];
pub(crate) const KEYS: [&str; 3] = ["k", "kk", "l"];

#[derive(Clone, Debug)]
pub(crate) enum Step {
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
pub(crate) const MANY: usize = 1200;

/// Any step.
pub(crate) fn step() -> impl Strategy<Value = Step> {
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

/// A step that needs no time to pass.
pub(crate) fn timeless(step: Step) -> Step {
    match step {
        Step::Set(key, value, _) => Step::Set(key, value, None),
        Step::Sleeps(_) | Step::SetMany(_) => Step::Hears(0),
        step => step,
    }
}
