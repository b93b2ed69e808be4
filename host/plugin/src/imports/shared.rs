//! What a connection has to do with others and with time: its part in what is shared, and its timer.
//!
//! It owns when an event is due. What it can do with others is `eco_state`'s; `topics`, `store` and `timer` are
//! the imports by which a plugin asks for it.

use super::timer::Timer;
use crate::abi::Happening;
use eco_state::{Limit, Participant, Problem, SharedState};
use std::task::{Context, Poll};

/// Messages that are handed on before others have their turn. To thousands of connections they take some
/// milliseconds. Test: `topics::many_messages_of_one_call_come_all_and_in_order`.
const AT_ONCE: usize = 16;

/// A connection's part in what is shared. Nothing is made before the plugin asks for it.
pub(crate) struct Shared {
    connection: u64,
    /// `None` for a client.
    state: Option<SharedState>,
    participant: Option<Box<Participant>>,
    pub(super) timer: Timer,
    /// Whether the plugin can be told of events.
    pub(crate) listens: bool,
    /// Limits that the log has named.
    named: Vec<Limit>,
}

impl Shared {
    pub(super) fn new(connection: u64, state: Option<SharedState>, timer: Timer) -> Self {
        Self {
            connection,
            state,
            participant: None,
            timer,
            listens: false,
            named: Vec::new(),
        }
    }

    /// Its part, which begins with this.
    pub(super) fn participant(&mut self) -> Result<&mut Participant, Problem> {
        if self.participant.is_none() {
            let state = self.state.as_ref().ok_or_else(nothing_is_shared)?;
            self.participant = Some(Box::new(state.participant()));
        }
        let participant = self.participant.as_deref_mut();
        participant.ok_or_else(|| Problem::Unavailable(String::new()))
    }

    /// Whether one thing of so many bytes is within a limit. Where nothing is shared there is nothing to be done with it
    /// either.
    pub(super) fn admit(&self, limit: Limit, bytes: usize) -> Result<(), Problem> {
        let state = self.state.as_ref().ok_or_else(nothing_is_shared)?;
        limit.admit(bytes, state.limits())
    }

    /// Looks at what came of something that it did there. A limit that is reached is in the log, once for each
    /// connection.
    pub(super) fn note<T>(&mut self, result: Result<T, Problem>) -> Result<T, Problem> {
        if let Err(problem) = &result {
            self.tell(problem);
        }
        result
    }

    /// A call begins.
    pub(crate) fn begin_call(&mut self) {
        if let Some(participant) = &mut self.participant {
            participant.begin_call();
        }
    }

    /// Bytes of what the plugin has said in the running call, and what takes effect when that returns.
    pub(crate) fn pending_size(&self) -> usize {
        let participant = self.participant.as_ref();
        participant.map_or(0, |participant| participant.pending_size())
    }

    /// What the plugin has said takes effect: its call has returned well. It makes way for others now and then.
    pub(crate) async fn commit(&mut self) {
        let mut committed = 0_usize;
        while let Some(participant) = &mut self.participant
            && let Some(one) = participant.commit_one().await
        {
            if let Err(problem) = one {
                self.tell(&problem);
            }
            committed += 1;
            if committed.is_multiple_of(AT_ONCE) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The plugin has said nothing: its call has failed.
    pub(crate) fn roll_back(&mut self) {
        if let Some(participant) = &mut self.participant {
            participant.roll_back();
        }
    }

    fn tell(&mut self, problem: &Problem) {
        let (Some(limit), Some(state)) = (problem.limit(), &self.state) else {
            return;
        };
        if !self.named.contains(&limit) {
            self.named.push(limit);
            let (connection, code) = (self.connection, limit.code());
            let value = limit.value(state.limits());
            tracing::warn!(
                connection,
                limit = code,
                "the plugin reached a limit: {limit}, {value}"
            );
        }
    }

    /// Ready when an event is due; else the task is woken when one comes.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.listens {
            return Poll::Pending;
        }
        if self.timer.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match &self.participant {
            Some(participant) => participant.poll_event(cx),
            None => Poll::Pending,
        }
    }

    /// The event that is due, if there is one.
    pub(crate) fn next_event(&mut self) -> Option<Happening> {
        if self.timer.is_due() {
            return Some(Happening::Timer);
        }
        let event = self.participant.as_mut()?.next_event()?;
        Some(Happening::from(&*event))
    }
}

fn nothing_is_shared() -> Problem {
    Problem::Unavailable("only plugins that serve have what is shared".to_owned())
}
