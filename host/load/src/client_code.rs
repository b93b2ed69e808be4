//! What holds the dialogues of a load: a plugin, or a program.

use super::dialogue_cache::DialogueCache;
use eco_plugin::{ClientPlugin, ServerPlugin};

/// What holds the dialogues of a load.
pub enum ClientCode {
    /// A plugin, loaded as a client.
    Plugin(ClientPlugin),
    /// A program that reads standard input and writes standard output. It is started for each dialogue, on a connection of
    /// its own, and says by its exit code whether that went well.
    Program(ServerPlugin),
}

impl ClientCode {
    /// The name under which it was loaded.
    pub fn name(&self) -> &str {
        match self {
            Self::Plugin(plugin) => plugin.name(),
            Self::Program(program) => program.name(),
        }
    }
}

/// Where the dialogues of a run come from.
pub(super) enum Dialogues {
    Plugin(DialogueCache),
    Program(ServerPlugin),
}

impl Dialogues {
    pub(super) fn of(client: ClientCode, message: Option<Vec<u8>>) -> Self {
        match client {
            ClientCode::Plugin(plugin) => Self::Plugin(DialogueCache::new(plugin, message)),
            ClientCode::Program(program) => Self::Program(program),
        }
    }

    /// Those of a plugin.
    pub(super) fn of_plugin(&self) -> Option<&DialogueCache> {
        match self {
            Self::Plugin(cache) => Some(cache),
            Self::Program(_) => None,
        }
    }
}
