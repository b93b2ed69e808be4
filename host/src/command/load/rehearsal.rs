//! The plugin's part in a dialogue, played as often as there are dialogues.
//!
//! Each dialogue has an instance of its own. A plugin that imports nothing does the same whenever it
//! is told the same, so that its first dialogue that ends well is remembered: as long as a server
//! replies the very same bytes, what the plugin says to them is known, and nobody need ask. At the
//! first byte that differs an instance is brought to that point, and judges for itself.

use crate::contract::Expect;
use crate::plugin::{Dialogue, Error, Plugin, Turn};
use std::sync::OnceLock;

/// Bytes of a dialogue that is remembered, there and back, and its turns. A longer one is played anew
/// each time, since its instance costs little beside it.
/// Test: `load::a_dialogue_that_is_too_long_to_remember_is_held_all_the_same`.
const MEMORY: usize = 16 * 1024 * 1024;
const TURNS: usize = 1000;

/// What is to be said, and by whom.
pub(super) struct Part {
    plugin: Plugin,
    message: Option<Vec<u8>>,
    known: OnceLock<Vec<Known>>,
}

/// A turn that was taken before, and the reply that was right.
pub(super) struct Known {
    pub(super) send: Vec<u8>,
    pub(super) expect: Expect,
    pub(super) reply: Vec<u8>,
}

impl Known {
    pub(super) fn new(turn: &Turn<'_>) -> Self {
        Self {
            send: turn.send.to_vec(),
            expect: turn.expect.clone(),
            reply: Vec::new(),
        }
    }
}

impl Part {
    pub(super) fn new(plugin: Plugin, message: Option<Vec<u8>>) -> Self {
        Self {
            plugin,
            message,
            known: OnceLock::new(),
        }
    }

    /// The dialogue by heart; nothing while it is not known, or never the same.
    pub(super) fn known(&self) -> &[Known] {
        self.known.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a dialogue should be remembered.
    pub(super) fn learns(&self) -> bool {
        self.known.get().is_none() && self.plugin.repeats_itself()
    }

    /// Adds the reply to the turns of a dialogue that is being learnt. `None` when it is too long to
    /// be known by heart; it isn't tried again then.
    pub(super) fn heard(&self, mut turns: Vec<Known>, reply: &[u8]) -> Option<Vec<Known>> {
        if let Some(turn) = turns.last_mut() {
            turn.reply = reply.to_vec();
        }
        let bytes: usize = turns
            .iter()
            .map(|turn| turn.send.len() + turn.reply.len())
            .sum();
        if bytes > MEMORY || turns.len() > TURNS {
            let _ = self.known.set(Vec::new());
            return None;
        }
        Some(turns)
    }

    /// Remembers a dialogue that ended well.
    pub(super) fn learn(&self, turns: Vec<Known>) {
        // Another connection may have been first, with the same.
        let _ = self.known.set(turns);
    }

    /// An instance that has not begun.
    pub(super) async fn cast(&self) -> Result<Dialogue, Error> {
        self.plugin.dialogue().await
    }

    /// Has it begin.
    pub(super) async fn begin<'a>(&self, dialogue: &'a mut Dialogue) -> Result<Turn<'a>, Error> {
        dialogue.start(self.message.as_deref()).await
    }
}
