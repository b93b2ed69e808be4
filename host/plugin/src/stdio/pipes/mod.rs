//! The standard input and output of a program, between its two sides: the program, which reads and writes in functions
//! of WASI, and its session, which drives it.
//!
//! It owns what each side must know of the other. The sides never run at the same time: the session polls the program.

mod program_side;
mod session_side;

use crate::call::CalledFunction;
use crate::stdio::descriptor::{Descriptor, Mode};
use crate::usage::Usage;
use eco_compile::Budget;
use parking_lot::{Mutex, MutexGuard};
use std::time::Duration;

/// Bytes that a program may have written and its peer not taken. The program waits then, unless its replies are wanted
/// whole. It is as much as a pipe of Linux holds.
/// Test: `stdio::streams::a_program_that_writes_without_end_waits_for_its_peer`.
pub(crate) const QUEUE: usize = 64 * 1024;

/// Room that a buffer keeps while it is empty. A connection that waits holds no more.
const KEPT: usize = 1024;

/// How a session wants its replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Replies {
    /// As a whole: what was written until the program waits for input, or is over.
    #[default]
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
    /// The function that is called, for those who observe the engine. `None` before the first call.
    function: Option<CalledFunction>,
    /// Whether the program may run: its session drives it, and bounds it.
    is_driven: bool,
    waits: Waits,
    /// Whether a poll has asked for input in vain.
    is_asked: bool,
    /// The first time of a laboratory's clock for which a poll has asked in vain.
    asked_time: Option<Duration>,
    /// The budget that the program broke while it waited for something, and the time that its calls have by the clock.
    broken: Option<(Budget, Duration)>,
    usage: Usage,
    pace: Pace,
    /// The modes of the streams, as the program has set them. `None` for one that is closed.
    modes: [Option<Mode>; 3],
}

/// Whether the program waits for input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Waits {
    #[default]
    No,
    ForInput,
    /// For that, or for something else that may have come.
    ForInputOr {
        has_come: bool,
    },
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

    fn mode(&self, of: Descriptor) -> Option<Mode> {
        self.modes.get(of as usize).copied().flatten()
    }

    fn unread(&self) -> &[u8] {
        self.input.get(self.read..).unwrap_or_default()
    }
}

impl Pipes {
    pub(crate) fn new(replies: Replies, most_reply: usize) -> Self {
        Self {
            replies,
            most_reply,
            state: Mutex::new(State {
                modes: [None, None, Some(Mode::Blocking)],
                ..State::default()
            }),
        }
    }

    /// Opens standard input and output, as the program begins. Before that, and where it is only tried out, it has nothing to
    /// read and nobody to write to, and may log.
    pub(crate) fn open(&self) {
        for stream in [Descriptor::Stdin, Descriptor::Stdout] {
            self.set_mode(stream, Some(Mode::Blocking));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
