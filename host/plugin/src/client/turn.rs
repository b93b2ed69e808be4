//! The turns of a dialogue, as its caller sees them.
//!
//! It owns their rules, and converts them from the types of `wit/client.wit`.

use crate::abi::{self, Bytes};
use crate::error::Error;
use crate::instance::Instance;
use eco_contract::Expect;
use std::borrow::Cow;

/// One turn: bytes to send, borrowed from the dialogue, and the reply to read then.
#[derive(Debug)]
#[non_exhaustive]
pub struct Turn<'a> {
    /// The bytes to send, which may be none.
    pub send: Cow<'a, [u8]>,
    /// The reply that must follow.
    pub expect: Expect,
}

/// A mistake in a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The mistake in words, for a person.
    pub reason: String,
    /// The position in the reply, counted from 0, if the mistake has one.
    pub offset: Option<u64>,
}

/// The answer to a reply: the three of `step` in `wit/client.wit`, to which none can come in this version of the
/// interface.
#[derive(Debug)]
pub enum Step<'a> {
    /// The dialogue goes on.
    Next(Turn<'a>),
    /// The dialogue is over, and all replies were right.
    Done,
    /// The dialogue is over, because the reply was wrong.
    Wrong(Fault),
}

impl<'a> Turn<'a> {
    /// Checks a turn that a call returned.
    pub(super) fn check(turn: &abi::Turn<Bytes>) -> Result<(), Error> {
        match &turn.expect {
            abi::Expect::Through(end) if end.is_empty() => {
                let why = "it expects a reply through an empty sequence";
                Err(Error::Plugin(why.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Lends the turn that a call of this instance returned.
    pub(super) fn lend(turn: abi::Turn<Bytes>, instance: &'a Instance) -> Self {
        let expect = match turn.expect {
            abi::Expect::Exactly(bytes) => Expect::Exactly(bytes),
            abi::Expect::Through(end) => Expect::Through(end),
            abi::Expect::ToEnd => Expect::ToEnd,
            abi::Expect::Nothing => Expect::Nothing,
        };
        let send = turn.send.read(&instance.store);
        Self { send, expect }
    }
}

impl<'a> Step<'a> {
    /// Checks a step that a call returned.
    pub(super) fn check(step: &abi::Step<Bytes>) -> Result<(), Error> {
        match step {
            abi::Step::Next(turn) => Turn::check(turn),
            abi::Step::Done | abi::Step::Wrong(_) => Ok(()),
        }
    }

    /// Lends the step that a call of this instance returned.
    pub(super) fn lend(step: abi::Step<Bytes>, instance: &'a Instance) -> Self {
        match step {
            abi::Step::Next(turn) => Self::Next(Turn::lend(turn, instance)),
            abi::Step::Done => Self::Done,
            abi::Step::Wrong(abi::Fault { reason, offset }) => {
                Self::Wrong(Fault { reason, offset })
            }
        }
    }
}
