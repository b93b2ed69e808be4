//! The standard input and output of a program, between its two sides: the program, which reads and writes in functions
//! of WASI, and its session, which drives it.
//!
//! It owns what each side must know of the other. The sides never run at the same time: the session polls the program.

use crate::usage::Usage;
use eco_compile::Budget;
use parking_lot::{Mutex, MutexGuard};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Bytes that a program may have written and its peer not taken. The program waits then, unless its replies are wanted
/// whole. It is as much as a pipe of Linux holds.
/// Test: `stdio::streams::a_program_that_writes_without_end_waits_for_its_peer`.
pub(crate) const QUEUE: usize = 64 * 1024;

/// Room that a buffer keeps while it is empty. A connection that waits holds no more.
const KEPT: usize = 1024;

/// How a session wants its replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replies {
    /// As a whole: what was written until the program waits for input, or is over.
    Whole,
    /// In parts, as soon as the program waits for something else.
    InParts,
}

/// Nobody reads any more what the program writes.
#[derive(Debug)]
pub(crate) struct Gone;

/// The two streams, and where the program is.
pub(crate) struct Pipes {
    replies: Replies,
    /// The budget of bytes that one call may write.
    most_reply: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What has arrived.
    input: Vec<u8>,
    /// Bytes of it that the program has read.
    read: usize,
    input_ended: bool,
    output: Vec<u8>,
    /// Bytes that the running call has written.
    written: usize,
    peer_is_gone: bool,
    /// The name of the call, for those who observe the engine.
    function: &'static str,
    /// Whether the program may run: its session drives it, and bounds it.
    is_driven: bool,
    /// Whether the program waits for input.
    waits: bool,
    /// Whether a poll has asked for input in vain.
    is_asked: bool,
    /// Whether something else may end the waiting, and whether it has.
    may_wake: bool,
    is_woken: bool,
    /// The budget that the program broke while it waited for something, and the time that its calls have by the clock.
    broken: Option<(Budget, Duration)>,
    usage: Usage,
    pace: Pace,
    /// The flags of the descriptors 0, 1 and 2, as the program has set them. `None` for one that it has closed.
    flags: [Option<u16>; 3],
}

/// When the program has read and written: whether its output came only with the end of its input.
#[derive(Clone, Copy, Default)]
struct Pace {
    chunks: u32,
    wrote_before_end: bool,
    wrote_after_end: bool,
}

impl State {
    fn is_readable(&self) -> bool {
        self.input_ended || self.read < self.input.len()
    }

    fn unread(&self) -> &[u8] {
        self.input.get(self.read..).unwrap_or_default()
    }
}

/// The session's side.
impl Pipes {
    pub(crate) fn new(replies: Replies, most_reply: usize) -> Self {
        Self {
            replies,
            most_reply,
            state: Mutex::new(State {
                flags: [Some(0); 3],
                ..State::default()
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Names the call that begins.
    pub(crate) fn calls(&self, function: &'static str) {
        self.state().function = function;
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
        self.state().waits
    }

    /// Whether something else than input may end its waiting.
    pub(crate) fn may_wake(&self) -> bool {
        self.state().may_wake
    }

    /// Whether that has come.
    pub(crate) fn is_woken(&self) -> bool {
        self.state().is_woken
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

    /// Whether the program has read its input over several chunks, and written everything after its end.
    pub(crate) fn wrote_only_at_end(&self) -> bool {
        let Pace {
            chunks,
            wrote_before_end,
            wrote_after_end,
        } = self.state().pace;
        chunks > 1 && wrote_after_end && !wrote_before_end
    }
}

/// The program's side.
impl Pipes {
    /// The name of the call that begins. What it may write is counted from here, if something can be read.
    pub(crate) fn begin_call(&self) -> &'static str {
        let mut state = self.state();
        if state.is_readable() {
            state.written = 0;
        }
        state.function
    }

    /// The flags of a descriptor. `None` if it is closed, or is none.
    pub(crate) fn flags(&self, descriptor: usize) -> Option<u16> {
        self.state().flags.get(descriptor).copied().flatten()
    }

    /// Sets the flags of a descriptor, or closes it.
    pub(crate) fn set_flags(&self, descriptor: usize, flags: Option<u16>) {
        if let Some(place) = self.state().flags.get_mut(descriptor) {
            *place = flags;
        }
    }

    /// Notes what the instance has used.
    pub(crate) fn used(&self, usage: Usage) {
        self.state().usage = usage;
    }

    /// The budget that it broke while it waited, and the time that its calls have by the clock.
    pub(crate) fn broken(&self) -> Option<(Budget, Duration)> {
        self.state().broken
    }

    /// Whether a read would wait for nothing.
    pub(crate) fn is_readable(&self) -> bool {
        self.state().is_readable()
    }

    /// As [`is_readable`](Self::is_readable), and remembers where it is not: see [`take_asked`](Self::take_asked).
    pub(crate) fn ask(&self) -> bool {
        let mut state = self.state();
        let is_readable = state.is_readable();
        state.is_asked |= !is_readable;
        is_readable
    }

    /// Whether somebody has asked in vain since this was looked at.
    pub(crate) fn take_asked(&self) -> bool {
        std::mem::take(&mut self.state().is_asked)
    }

    /// Bytes that can be read now. `None` at the end of the input.
    pub(crate) fn unread(&self) -> Option<usize> {
        let state = self.state();
        let unread = state.unread().len();
        (unread > 0 || !state.input_ended).then_some(unread)
    }

    /// Reads what is there, as far as it fits.
    pub(crate) fn read(&self, to: &mut [u8]) -> usize {
        let mut state = self.state();
        let unread = state.unread();
        let length = unread.len().min(to.len());
        if let (Some(to), Some(from)) = (to.get_mut(..length), unread.get(..length)) {
            to.copy_from_slice(from);
        }
        state.read += length;
        if state.read == state.input.len() {
            state.read = 0;
            state.input.clear();
            state.input.shrink_to(KEPT);
        }
        length
    }

    /// Bytes that can be written now.
    ///
    /// # Errors
    /// Nobody reads them.
    pub(crate) fn room(&self) -> Result<usize, Gone> {
        let state = self.state();
        if state.peer_is_gone {
            return Err(Gone);
        }
        Ok(match self.replies {
            Replies::Whole => QUEUE,
            Replies::InParts => QUEUE.saturating_sub(state.output.len()),
        })
    }

    /// Waits until there is room, or nobody reads any more.
    pub(crate) async fn has_room(&self) {
        poll_fn(|_| match self.room() {
            // The session takes what is there, and polls again.
            Ok(0) => Poll::Pending,
            Ok(_) | Err(Gone) => Poll::Ready(()),
        })
        .await;
    }

    /// Writes bytes for which there is room.
    ///
    /// # Errors
    /// They are beyond what one call may write.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Budget> {
        let mut state = self.state();
        state.written = state.written.saturating_add(bytes.len());
        if state.written > self.most_reply {
            return Err(Budget::Reply);
        }
        match state.input_ended {
            true => state.pace.wrote_after_end |= !bytes.is_empty(),
            false => state.pace.wrote_before_end |= !bytes.is_empty(),
        }
        state.output.extend_from_slice(bytes);
        Ok(())
    }

    /// Waits for input, or for something `other` that may come first. The program goes on when its session drives it.
    pub(crate) async fn wait<T>(
        &self,
        may_wake: bool,
        other: impl Future<Output = T>,
    ) -> Option<T> {
        let mut other = pin!(other);
        let mut came = None;
        {
            let mut state = self.state();
            state.waits = true;
            state.may_wake = may_wake;
        }
        let came = poll_fn(|cx| {
            if came.is_none()
                && let Poll::Ready(other) = other.as_mut().poll(cx)
            {
                came = Some(other);
            }
            let mut state = self.state();
            state.is_woken = came.is_some();
            if state.is_driven && (came.is_some() || state.is_readable()) {
                return Poll::Ready(came.take());
            }
            Poll::Pending
        })
        .await;
        let mut state = self.state();
        (state.waits, state.may_wake, state.is_woken) = (false, false, false);
        came
    }
}
