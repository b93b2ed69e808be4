//! A cache of the plugin's dialogue, for one that repeats.
//!
//! Each dialogue has an instance of its own. A plugin without imports always answers the same input the same
//! way. So the first dialogue that ends well is recorded, and replayed without an instance as long as the
//! server replies the very same bytes. At the first byte that differs, an instance is brought to that point
//! and judges for itself.

use eco_contract::Expect;
use eco_plugin::{ClientPlugin, Dialogue, Error, Turn};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of a recorded dialogue in both directions, and its turns. A longer dialogue is not recorded, since
/// its instance costs little beside it.
/// Test: `load::dialogues::a_dialogue_that_is_too_long_to_remember_is_held_all_the_same`.
const MEMORY: usize = 16 * 1024 * 1024;
const TURNS: usize = 1000;

/// The dialogues of one plugin with one message.
pub(super) struct DialogueCache {
    plugin: ClientPlugin,
    message: Option<Vec<u8>>,
    turns: OnceLock<Vec<CachedTurn>>,
    /// Whether a connection is recording it.
    recording: AtomicBool,
}

/// A recorded turn, and the reply that was right.
pub(super) struct CachedTurn {
    pub(super) send: Vec<u8>,
    pub(super) expect: Expect,
    pub(super) reply: Vec<u8>,
}

impl CachedTurn {
    fn new(turn: &Turn<'_>) -> Self {
        Self {
            send: turn.send.to_vec(),
            expect: turn.expect.clone(),
            reply: Vec::new(),
        }
    }
}

impl DialogueCache {
    pub(super) fn new(plugin: ClientPlugin, message: Option<Vec<u8>>) -> Self {
        Self {
            plugin,
            message,
            turns: OnceLock::new(),
            recording: AtomicBool::new(false),
        }
    }

    /// The turns of the dialogue. Empty while none is recorded, or if dialogues differ.
    pub(super) fn turns(&self) -> &[CachedTurn] {
        self.turns.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether each dialogue needs an instance.
    pub(super) fn needs_instances(&self) -> bool {
        !self.plugin.repeats_itself()
    }

    /// Begins a recording. `None` if there is one already, or if dialogues differ. One connection records
    /// while the others ask the plugin, since a recording takes up to [`MEMORY`].
    pub(super) fn record(&self) -> Option<Recording<'_>> {
        let wanted = self.turns.get().is_none() && self.plugin.repeats_itself();
        let begins = wanted && !self.recording.swap(true, Ordering::Relaxed);
        begins.then(|| Recording {
            cache: self,
            turns: Vec::new(),
            bytes: 0,
        })
    }

    /// An instance whose dialogue has not begun.
    pub(super) async fn instantiate(&self) -> Result<Dialogue, Error> {
        // On the heap, as the next: inline, it would enlarge every turn's future.
        Box::pin(self.plugin.dialogue()).await
    }

    /// The same, for a dialogue that begins later.
    pub(super) async fn instantiate_ahead(&self) -> Result<Dialogue, Error> {
        Box::pin(self.plugin.dialogue_ahead()).await
    }

    /// Begins the dialogue.
    pub(super) async fn start<'a>(&self, dialogue: &'a mut Dialogue) -> Result<Turn<'a>, Error> {
        dialogue.start(self.message.as_deref()).await
    }
}

/// A recording under way. Dropped, it has recorded nothing, and another may begin.
pub(super) struct Recording<'a> {
    cache: &'a DialogueCache,
    turns: Vec<CachedTurn>,
    bytes: usize,
}

impl Recording<'_> {
    /// Adds a turn. `None` if the dialogue is too long to keep; no other recording begins then.
    pub(super) fn sent(mut self, turn: &Turn<'_>) -> Option<Self> {
        self.bytes += turn.send.len();
        if self.is_too_long() {
            return None;
        }
        self.turns.push(CachedTurn::new(turn));
        Some(self)
    }

    /// Adds the reply to the last turn. `None` as for [`sent`](Self::sent).
    pub(super) fn received(mut self, reply: &[u8]) -> Option<Self> {
        self.bytes += reply.len();
        if self.is_too_long() {
            return None;
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.reply = reply.to_vec();
        }
        Some(self)
    }

    /// Keeps the recording of a dialogue that ended well.
    pub(super) fn finish(mut self) {
        let _ = self.cache.turns.set(std::mem::take(&mut self.turns));
    }

    fn is_too_long(&self) -> bool {
        let is_too_long = self.bytes > MEMORY || self.turns.len() > TURNS;
        if is_too_long {
            let _ = self.cache.turns.set(Vec::new());
        }
        is_too_long
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.cache.recording.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eco_plugin::{BUILT_IN_CLIENTS, Budgets, ClientPlugin, Compiler, Engine, Source};

    async fn cache() -> DialogueCache {
        let engine = Engine::builder(Compiler::InProcess, Budgets::client(1 << 30))
            .build()
            .expect("an engine");
        let source = Source::named("echo", BUILT_IN_CLIENTS);
        let plugin = ClientPlugin::load(&engine, source).await;
        DialogueCache::new(plugin.expect("it is built in"), None)
    }

    #[tokio::test]
    async fn one_connection_at_a_time_records_the_dialogue() {
        let cache = cache().await;
        let recording = cache.record();
        assert!(recording.is_some() && cache.record().is_none());
        // Its dialogue failed.
        drop(recording);
        let mut dialogue = cache.instantiate().await.expect("an instance");
        let turn = cache.start(&mut dialogue).await.expect("a turn");
        let recording = cache.record().and_then(|recording| recording.sent(&turn));
        let recording = recording.and_then(|recording| recording.received(b"right"));
        recording.expect("it is short").finish();
        assert!(cache.record().is_none());
        assert_eq!(cache.turns().len(), 1);
    }

    #[tokio::test]
    async fn what_is_too_long_is_not_copied_and_not_tried_again() {
        let cache = cache().await;
        let recording = cache.record().expect("nothing is known");
        assert!(recording.received(&vec![0; MEMORY + 1]).is_none());
        assert!(cache.record().is_none() && cache.turns().is_empty());
    }
}
