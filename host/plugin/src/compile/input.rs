//! What is compiled: a plugin's own bytes, the interpreter of a script, or a snapshot.
//!
//! It owns what each of them is made of, how it is named in the cache, and who waits for it. It must not know how it is
//! compiled.

use super::job::Subject;
use super::snapshot::Image;
use super::{Compiled, check_memory};
use crate::cache::{Hash, Kind};
use crate::engine::{CountedComponent, Engine, EngineState};
use crate::error::LoadError;
use crate::load::script::{Interpreter, Script};
use crate::load::source::{Code, Source};
use eco_isolated::Priority;
use std::borrow::Cow;
use std::sync::Arc;

/// What is to be compiled.
pub(super) enum Input {
    Plugin {
        bytes: Vec<u8>,
        hash: Hash,
    },
    Script(Interpreter, Script),
    Interpreter {
        interpreter: Interpreter,
        /// Whether somebody waits for it.
        is_awaited: bool,
    },
    Snapshot(Snapshot),
}

/// An interpreter as it is after it has evaluated a script.
pub(crate) struct Snapshot {
    interpreter: Interpreter,
    hash: Hash,
    image: Image,
}

impl Snapshot {
    pub(crate) fn new(script: &Script, image: Image) -> Result<Self, LoadError> {
        let interpreter = script.language.interpreter()?;
        Ok(Self {
            hash: Self::hash(&interpreter, script),
            interpreter,
            image,
        })
    }

    /// Names what such an interpreter makes of such a script.
    fn hash(interpreter: &Interpreter, script: &Script) -> Hash {
        let text = script.hash.to_string();
        let parts = (interpreter.hash().to_string(), &*script.name, text);
        Hash::of(&serde_json::to_vec(&parts).unwrap_or_default())
    }

    /// What one of this script was compiled to before, where it was kept.
    pub(crate) async fn kept(engine: &Engine, script: &Arc<Script>) -> Option<CountedComponent> {
        let (shared, script) = (engine.0.clone(), script.clone());
        let finding = tokio::task::spawn_blocking(move || {
            let hash = Self::hash(&script.language.interpreter().ok()?, &script);
            let entry = shared
                .cache
                .as_ref()?
                .find(&shared.key(Kind::Snapshot, &hash))?;
            shared.load(&entry, Kind::Snapshot).ok()
        });
        Some(finding.await.ok()??.component)
    }

    /// Compiles it.
    pub(crate) async fn compile(
        self,
        engine: &Engine,
        name: &str,
    ) -> Result<CountedComponent, LoadError> {
        let compiled = Compiled::of(engine, name.to_owned(), |_| Ok(Input::Snapshot(self)));
        compiled.await.map(|compiled| compiled.component)
    }
}

impl Input {
    pub(super) fn read(source: Source, engine: &EngineState) -> Result<Self, LoadError> {
        Ok(match source.read(&engine.budgets)? {
            Code::Plugin(bytes) => {
                let hash = Hash::of(&bytes);
                Self::Plugin { bytes, hash }
            }
            Code::Script(script) => {
                check_memory(script.language, engine)?;
                Self::Script(script.language.interpreter()?, script)
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

    /// Whether its hash says all that it came from. Otherwise nobody keeps what is made of it.
    pub(super) fn repeats_itself(&self) -> bool {
        match self {
            Self::Plugin { .. } | Self::Script(..) | Self::Interpreter { .. } => true,
            Self::Snapshot(snapshot) => snapshot.image.repeats_itself,
        }
    }

    /// How it is compiled: a stranger's plugin makes way for everybody.
    pub(super) fn priority(&self) -> Priority {
        match self {
            // Somebody may come to wait for one that was begun for nobody.
            Self::Script(..) | Self::Interpreter { .. } => Priority::Ordinary,
            Self::Plugin { .. } | Self::Snapshot(_) => Priority::Lowest,
        }
    }

    /// What somebody waits for, in words, if anybody does.
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

    /// What is compiled. It may be read from a file, and copied.
    pub(super) fn bytes(&self) -> Result<Cow<'_, [u8]>, LoadError> {
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
