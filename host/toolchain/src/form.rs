//! The sources of a component, and the reasons why one makes none.

use super::error::BuildError;
use eco_text::escape;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The longest text that a refusal has, in bytes. The rest is cut.
/// Test: `commands::build_attacks::a_message_that_quotes_the_text_is_cut`.
const MOST_TEXT: usize = 8 * 1024;

/// The source of a component. The bytes are beside it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Form {
    /// WebAssembly text, and its name in messages.
    Text(String),
    /// A compiler's product: a component, or a core module that says which world it is for.
    Binary,
}

/// The reason why a source makes no component.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Refusal {
    /// The text doesn't parse.
    Text(String),
    /// Its exports name no world.
    World(String),
    /// It doesn't do what its world asks for.
    Unfit(String),
    /// eco could not say which world it is for.
    Fault(String),
}

impl Refusal {
    /// Without the rest of what is too long: messages quote a line, say, which may be as long as the file.
    pub(super) fn cut(mut self) -> Self {
        let (Self::Text(text) | Self::World(text) | Self::Unfit(text) | Self::Fault(text)) =
            &mut self;
        if text.len() > MOST_TEXT {
            text.truncate(text.floor_char_boundary(MOST_TEXT));
            text.push('…');
        }
        self
    }

    /// For a person, who knows these paths.
    pub(super) fn of(self, path: &Path, output: &Path) -> BuildError {
        let (what, why, next) = match self {
            Self::Text(why) => (path, why, "The place is marked above."),
            Self::World(why) => (
                path,
                why,
                "Export \"eco:plugin/handler@0.1.0#receive\", or what `eco wit` shows for the other worlds.",
            ),
            Self::Unfit(why) => (
                output,
                why,
                "Is every function of the world defined, with its exact name? `eco wit` prints the worlds.",
            ),
            Self::Fault(why) => (path, why, "This is eco's own fault."),
        };
        BuildError::Unfit {
            what: escape::path(what),
            why: anyhow::Error::msg(why),
            next,
        }
    }
}
