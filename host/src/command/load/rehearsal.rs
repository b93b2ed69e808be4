//! The plugin's part in a dialogue, played as often as there are dialogues.
//!
//! Each dialogue has an instance of its own. A plugin that imports nothing does the same whenever it
//! is told the same, so that its first dialogue that ends well is remembered: as long as a server
//! replies the very same bytes, what the plugin says to them is known, and nobody need ask. At the
//! first byte that differs an instance is brought to that point, and judges for itself.

use crate::contract::Expect;
use crate::plugin::{Dialogue, Error, Plugin, Turn};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// Whether a connection is learning it.
    learning: AtomicBool,
}

/// A turn that was taken before, and the reply that was right.
pub(super) struct Known {
    pub(super) send: Vec<u8>,
    pub(super) expect: Expect,
    pub(super) reply: Vec<u8>,
}

impl Known {
    fn new(turn: &Turn<'_>) -> Self {
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
            learning: AtomicBool::new(false),
        }
    }

    /// The dialogue by heart; nothing while it is not known, or never the same.
    pub(super) fn known(&self) -> &[Known] {
        self.known.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Begins to learn a dialogue; `None` if it is known, or never the same. One connection learns it while
    /// the others improvise, since what is learnt takes up to [`MEMORY`].
    pub(super) fn lesson(&self) -> Option<Lesson<'_>> {
        let wanted = self.known.get().is_none() && self.plugin.repeats_itself();
        let begins = wanted && !self.learning.swap(true, Ordering::Relaxed);
        begins.then(|| Lesson {
            part: self,
            turns: Vec::new(),
            bytes: 0,
        })
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

/// A dialogue that is being learnt. One that is dropped has taught nothing, and the next may.
pub(super) struct Lesson<'a> {
    part: &'a Part,
    turns: Vec<Known>,
    bytes: usize,
}

impl Lesson<'_> {
    /// Adds a turn. `None` when it is too long to be known by heart; it isn't tried again then.
    pub(super) fn asked(mut self, turn: &Turn<'_>) -> Option<Self> {
        self.bytes += turn.send.len();
        if self.is_too_long() {
            return None;
        }
        self.turns.push(Known::new(turn));
        Some(self)
    }

    /// Adds the reply to the last turn. `None` as for [`asked`](Self::asked).
    pub(super) fn heard(mut self, reply: &[u8]) -> Option<Self> {
        self.bytes += reply.len();
        if self.is_too_long() {
            return None;
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.reply = reply.to_vec();
        }
        Some(self)
    }

    /// Remembers a dialogue that ended well.
    pub(super) fn learnt(mut self) {
        let _ = self.part.known.set(std::mem::take(&mut self.turns));
    }

    fn is_too_long(&self) -> bool {
        let is_too_long = self.bytes > MEMORY || self.turns.len() > TURNS;
        if is_too_long {
            let _ = self.part.known.set(Vec::new());
        }
        is_too_long
    }
}

impl Drop for Lesson<'_> {
    fn drop(&mut self) {
        self.part.learning.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{BUILT_IN_CLIENTS, Budgets, Compiler, Engine, Role, Source};

    async fn part() -> Part {
        let engine =
            Engine::on_demand(Compiler::InProcess, Budgets::client(1 << 30)).expect("an engine");
        let source = Source::named("echo", BUILT_IN_CLIENTS);
        let plugin = Plugin::load(&engine, source, Role::Client).await;
        Part::new(plugin.expect("it is built in"), None)
    }

    #[tokio::test]
    async fn one_connection_at_a_time_learns_the_dialogue() {
        let part = part().await;
        let lesson = part.lesson();
        assert!(lesson.is_some() && part.lesson().is_none());
        // Its dialogue failed.
        drop(lesson);
        let mut dialogue = part.cast().await.expect("an instance");
        let turn = part.begin(&mut dialogue).await.expect("a turn");
        let lesson = part.lesson().and_then(|lesson| lesson.asked(&turn));
        let lesson = lesson.and_then(|lesson| lesson.heard(b"right"));
        lesson.expect("it is short").learnt();
        assert!(part.lesson().is_none());
        assert_eq!(part.known().len(), 1);
    }

    #[tokio::test]
    async fn what_is_too_long_is_not_copied_and_not_tried_again() {
        let part = part().await;
        let lesson = part.lesson().expect("nothing is known");
        assert!(lesson.heard(&vec![0; MEMORY + 1]).is_none());
        assert!(part.lesson().is_none() && part.known().is_empty());
    }
}
