//! The program's side: it reads, writes, and waits, in functions of WASI.

use super::{Gone, KEPT, Pipes, QUEUE, Replies, Waits};
use crate::call::CalledFunction;
use crate::stdio::descriptor::{Descriptor, Mode};
use crate::usage::Usage;
use eco_compile::Budget;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

impl Pipes {
    /// The function of the call that begins. What it may write is counted from here, if something can be read.
    pub(crate) fn begin_call(&self) -> Option<CalledFunction> {
        let mut state = self.state();
        if state.is_readable() {
            state.written = 0;
        }
        state.function
    }

    /// The mode of a stream. `None` if the program has closed it.
    pub(crate) fn mode(&self, of: Descriptor) -> Option<Mode> {
        self.state().mode(of)
    }

    /// Sets the mode of a stream, or closes it.
    pub(crate) fn set_mode(&self, of: Descriptor, mode: Option<Mode>) {
        if let Some(place) = self.state().modes.get_mut(of as usize) {
            *place = mode;
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
    /// Nobody reads them, or the program has closed its output.
    pub(crate) fn room(&self) -> Result<usize, Gone> {
        let state = self.state();
        if state.peer_is_gone || state.mode(Descriptor::Stdout).is_none() {
            return Err(Gone);
        }
        Ok(match self.replies {
            Replies::Whole => QUEUE,
            Replies::InParts => QUEUE.saturating_sub(state.output.len()),
        })
    }

    /// Waits until there is room, or nobody reads any more.
    pub(crate) async fn until_room(&self) {
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

    /// Waits for input. The program goes on when its session drives it.
    pub(crate) async fn wait_for_input(&self) {
        self.state().waits = Waits::ForInput;
        poll_fn(|_| match self.may_read() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        self.state().waits = Waits::No;
    }

    fn may_read(&self) -> bool {
        let state = self.state();
        state.is_driven && state.is_readable()
    }

    /// As [`wait_for_input`](Self::wait_for_input), or for something `other` that may come first. Returns that, if it came.
    pub(crate) async fn wait_for_input_or<T>(&self, other: impl Future<Output = T>) -> Option<T> {
        let mut other = pin!(other);
        let mut came = None;
        self.state().waits = Waits::ForInputOr { has_come: false };
        let came = poll_fn(|cx| {
            if came.is_none()
                && let Poll::Ready(other) = other.as_mut().poll(cx)
            {
                came = Some(other);
            }
            let mut state = self.state();
            let has_come = came.is_some();
            state.waits = Waits::ForInputOr { has_come };
            if state.is_driven && (has_come || state.is_readable()) {
                return Poll::Ready(came.take());
            }
            Poll::Pending
        })
        .await;
        self.state().waits = Waits::No;
        came
    }
}
