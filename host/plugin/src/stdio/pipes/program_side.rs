//! The program's side: it reads, writes, and waits, in functions of WASI.

use super::{Gone, KEPT, Pipes, QUEUE, Replies};
use crate::called_function::CalledFunction;
use crate::usage::Usage;
use eco_compile::Budget;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

impl Pipes {
    /// The name of the call that begins. What it may write is counted from here, if something can be read.
    pub(crate) fn begin_call(&self) -> CalledFunction {
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

    /// As [`is_readable`](Self::is_readable), and remembers where it is not, until something is read: see
    /// [`take_asked`](Self::take_asked).
    pub(crate) fn ask(&self) -> bool {
        let mut state = self.state();
        let is_readable = state.is_readable();
        state.is_asked |= !is_readable;
        is_readable
    }

    /// Notes that somebody waits until this time of a laboratory's clock.
    pub(crate) fn ask_time(&self, until: Duration) {
        let first = &mut self.state().asked_time;
        *first = Some(first.map_or(until, |first| first.min(until)));
    }

    /// What somebody has asked for in vain since this was looked at: whether for input, and for which time.
    pub(crate) fn take_asked(&self) -> (bool, Option<Duration>) {
        let mut state = self.state();
        (std::mem::take(&mut state.is_asked), state.asked_time.take())
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
        state.is_asked &= length == 0;
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
