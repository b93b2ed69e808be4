//! Inputs of the compiler: a plugin's own bytes, the interpreter of a script, or a snapshot.
//!
//! It owns the bytes of each input, its name in the cache, and the words for a person who waits for it.

use crate::budget::Budgets;
use crate::cache::Cache;
use crate::cache::hash::Hash;
use crate::cache::name::Kind;
use crate::compiler::image::Image;
use crate::compiler::request::Subject;
use crate::error::CompileError;
use crate::interpreter::Interpreter;
use crate::script::Script;
use crate::source::{Contents, Source};
use eco_isolated::Priority;
use std::borrow::Cow;
use std::sync::Arc;

/// An input of the compiler.
pub(super) enum Input {
    Plugin {
        bytes: Vec<u8>,
        hash: Hash,
    },
    Script(Interpreter, Arc<Script>),
    Interpreter {
        interpreter: Interpreter,
        /// Whether somebody waits for it.
        is_awaited: bool,
    },
    Snapshot(Snapshot),
}

/// An interpreter in the state that it has after it has evaluated a script.
pub struct Snapshot {
    interpreter: Interpreter,
    hash: Hash,
    image: Image,
}

impl Snapshot {
    /// Makes a snapshot from an instance of this interpreter that was read after it evaluated this script.
    pub(super) fn new(interpreter: Interpreter, script: &Script, image: Image) -> Self {
        Self {
            hash: Self::hash(&interpreter, script),
            interpreter,
            image,
        }
    }

    /// The hash that names the snapshot of this script in this interpreter.
    pub(super) fn hash(interpreter: &Interpreter, script: &Script) -> Hash {
        let text = script.hash.to_string();
        let parts = (interpreter.hash().to_string(), &*script.name, text);
        Hash::of(&serde_json::to_vec(&parts).unwrap_or_default())
    }
}

impl Input {
    pub(super) fn read(
        source: Source,
        budgets: &Budgets,
        cache: &Cache,
    ) -> Result<Self, CompileError> {
        Ok(match source.read(budgets)? {
            Contents::Plugin(bytes) => {
                let hash = Hash::of(&bytes);
                Self::Plugin { bytes, hash }
            }
            Contents::Script(script) => {
                let interpreter = Interpreter::of(script.language, cache)?;
                Self::Script(interpreter, Arc::new(script))
            }
        })
    }

    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Plugin { .. } => Subject::Plugin,
            Self::Script(..) | Self::Interpreter { .. } => Subject::Interpreter,
            Self::Snapshot(snapshot) => Subject::Snapshot(snapshot.image.state.clone()),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Plugin { .. } => Kind::Plugin,
            Self::Script(..) | Self::Interpreter { .. } => Kind::Interpreter,
            Self::Snapshot(_) => Kind::Snapshot,
        }
    }

    pub(super) fn hash(&self) -> &Hash {
        match self {
            Self::Plugin { hash, .. } => hash,
            Self::Script(interpreter, _) | Self::Interpreter { interpreter, .. } => {
                interpreter.hash()
            }
            Self::Snapshot(snapshot) => &snapshot.hash,
        }
    }

    /// Whether its hash covers everything that it came from. Code of other inputs is not kept.
    pub(super) fn repeats_itself(&self) -> bool {
        match self {
            Self::Plugin { .. } | Self::Script(..) | Self::Interpreter { .. } => true,
            Self::Snapshot(snapshot) => snapshot.image.repeats_itself,
        }
    }

    /// The priority of its compilation. Plugins and snapshots have strangers' contents, and make way for everybody.
    pub(super) fn priority(&self) -> Priority {
        match self {
            // Somebody may start to wait for an interpreter after its compilation has begun.
            Self::Script(..) | Self::Interpreter { .. } => Priority::Ordinary,
            Self::Plugin { .. } | Self::Snapshot(_) => Priority::Lowest,
        }
    }

    /// Words for the input, if somebody waits for it.
    pub(super) fn awaited(&self, name: &str) -> Option<String> {
        match self {
            Self::Plugin { .. } => Some(name.to_owned()),
            Self::Script(_, script) => {
                Some(format!("the interpreter of {}", script.language.name()))
            }
            Self::Interpreter {
                is_awaited: true, ..
            } => Some(format!("the interpreter of {name}")),
            Self::Interpreter { .. } | Self::Snapshot(_) => None,
        }
    }

    /// The bytes to compile. Some inputs are read from a file, or copied, for that.
    pub(super) fn bytes(&self) -> Result<Cow<'_, [u8]>, CompileError> {
        match self {
            Self::Plugin { bytes, .. } => Ok(Cow::Borrowed(bytes)),
            Self::Script(interpreter, _) | Self::Interpreter { interpreter, .. } => {
                interpreter.read()
            }
            Self::Snapshot(snapshot) => {
                let mut bytes = snapshot.interpreter.read()?.into_owned();
                bytes.extend_from_slice(&snapshot.image.contents);
                Ok(bytes.into())
            }
        }
    }
}
