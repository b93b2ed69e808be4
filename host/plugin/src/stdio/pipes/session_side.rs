//! The session's side: it gives, takes, and says whether the program may run.

use super::{Pipes, Replies, Waits};
use crate::call::CalledFunction;
use crate::usage::Usage;
use eco_compile::Budget;
use std::time::Duration;

impl Pipes {
    /// Notes the call that begins.
    pub(crate) fn begins(&self, function: CalledFunction) {
        self.state().function = Some(function);
    }

    /// Hands over a chunk.
    pub(crate) fn give(&self, chunk: &[u8]) {
        let mut state = self.state();
        state.pace.chunks = state.pace.chunks.saturating_add(1);
        state.input.extend_from_slice(chunk);
    }

    /// There is no more input.
    pub(crate) fn end_input(&self) {
        self.state().input_ended = true;
    }

    /// Whether there is no more input.
    pub(crate) fn has_input_ended(&self) -> bool {
        self.state().input_ended
    }

    /// The peer is gone: nothing comes from it, and nothing reaches it.
    pub(crate) fn leave(&self) {
        let mut state = self.state();
        state.peer_is_gone = true;
        state.input_ended = true;
        state.output = Vec::new();
    }

    /// Whether the peer is gone.
    pub(crate) fn is_peer_gone(&self) -> bool {
        self.state().peer_is_gone
    }

    /// Says whether the program may run when it is polled.
    pub(crate) fn drive(&self, is_driven: bool) {
        self.state().is_driven = is_driven;
    }

    /// Whether the program waits for input.
    pub(crate) fn waits(&self) -> bool {
        self.state().waits != Waits::No
    }

    /// Whether something else that it waits for as well has come. `None` if it waits for nothing else.
    pub(crate) fn has_come(&self) -> Option<bool> {
        match self.state().waits {
            Waits::ForInputOr { has_come } => Some(has_come),
            Waits::ForInput | Waits::No => None,
        }
    }

    /// Has the program end, when it is polled, for this budget. A call has so much time by the clock.
    pub(crate) fn break_budget(&self, budget: Budget, deadline: Duration) {
        self.state().broken = Some((budget, deadline));
    }

    /// Whether there is something to send before the call is over.
    pub(crate) fn has_part(&self) -> bool {
        self.replies == Replies::InParts && !self.state().output.is_empty()
    }

    /// Takes all that is to be sent.
    pub(crate) fn take_output(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().output)
    }

    /// What the instance had used when its last call was over.
    pub(crate) fn usage(&self) -> Usage {
        self.state().usage
    }

    /// Whether the program has written everything after the end of its input.
    pub(crate) fn wrote_only_at_end(&self) -> bool {
        let pace = self.state().pace;
        pace.wrote_after_end && !pace.wrote_before_end
    }

    /// Whether its input came in several chunks, so that there was time for an answer.
    pub(crate) fn had_several_chunks(&self) -> bool {
        self.state().pace.chunks > 1
    }
}
