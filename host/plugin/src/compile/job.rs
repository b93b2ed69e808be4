//! The one place where the bytes of a plugin are parsed: from them to machine code.
//!
//! All of it may overflow the stack, take all memory, or never end, by the plugin's choice. Whoever
//! calls it decides what that costs. It must not know in which process it runs.

use super::settings::Settings;
use super::{Facts, binary, snapshot};
use crate::budget::{Budget, Budgets};
use crate::direct::call::{self as direct, Names};
use crate::direct::detect::detect;
use crate::engine::PARTS;
use crate::error::LoadError;
use crate::load::plan::{Parts, Plan};
use crate::load::scan::{Scanned, Unfit, post_return, scan};
use crate::load::segments::FEW;
use eco_isolated::Priority;
use serde::{Deserialize, Serialize};
use std::io;

/// What is to be compiled, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    /// What the plugin is called in messages.
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) settings: Settings,
    pub(super) priority: Priority,
}

/// Whose bytes they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Subject {
    /// A stranger's, in either form.
    Plugin,
    /// eco's own interpreter, in binary form. Nothing in it is looked for that it can't have.
    Interpreter,
    /// The same, followed by what the memories of an instance hold, of which the rest is here.
    Snapshot(snapshot::State),
}

/// What came of a job.
pub(super) struct Product {
    pub(super) facts: Facts,
    /// The code of the component.
    pub(super) component: Vec<u8>,
    /// That of its module by itself, where it is called directly.
    pub(super) module: Option<Vec<u8>>,
}

/// Why nothing came of it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Refusal {
    /// Neither form of WebAssembly; what it looks like.
    NotWasm(String),
    /// The text doesn't parse.
    Text(String),
    CoreModule,
    Complex(String),
    Unbounded(String),
    Invalid(String),
    /// There was no more memory.
    Memory,
    /// The system refused something else, whatever the plugin is.
    System(String),
}

/// The longest text that a refusal has, in bytes. Messages quote the plugin, a line of it say, which may
/// be as long as the file. What is beyond is cut.
/// Test: `a_message_that_quotes_the_plugin_is_cut`.
const MOST_TEXT: usize = 8 * 1024;
/// The longest name that facts have, in bytes. A tool's is cut; a component whose functions have longer
/// names is not called directly.
const MOST_NAME: usize = 256;
/// Bytes that the host may hold for an instance, beside its memory and its tables. Those of
/// toolchains take some KiB, Python's some hundred. More is refused as unbounded.
/// Test: `bounds::what_would_have_the_host_hold_much_for_an_instance_is_refused`.
pub(crate) const HELD: u64 = 4 * 1024 * 1024;
/// Pages of memory into which data is copied for an instance, by all the modules of which it is made: 16 MiB, which
/// takes a tick or so. The most that toolchains make is Python's, with a snapshot of its start. More is refused as
/// unbounded. Test: `bounds::data_that_is_strewn_over_the_memory_is_refused`.
const COPIED: u64 = 4096;

/// Does the job.
pub(super) fn compile(job: &Job, bytes: Vec<u8>) -> Result<Product, Refusal> {
    let made = match &job.subject {
        Subject::Plugin => plugin(job, bytes),
        // Snapshots are taken of its instances.
        Subject::Interpreter => snapshot::instrument(&bytes)
            .map_err(failed)
            .and_then(|readable| precompile(job, &readable)),
        Subject::Snapshot(state) => {
            let written = snapshot::write(state, &bytes);
            written
                .map_err(failed)
                .and_then(|component| precompile(job, &component))
        }
    };
    made.map_err(Refusal::cut)
}

fn plugin(job: &Job, bytes: Vec<u8>) -> Result<Product, Refusal> {
    let binary = binary::of(bytes, &job.name)?;
    let mut scan = scan(&binary)?;
    for tool in &mut scan.made_with {
        cut(tool, MOST_NAME);
    }
    let Plan {
        held,
        copied,
        filled,
        ..
    } = plan(&binary)?;
    scan.table = scan.table.max(filled);
    let engine = engine(job.settings)?;
    let component = engine.precompile_component(&binary).map_err(failed)?;
    let (direct, module) = match detect(&binary).map_err(invalid)? {
        Some(found)
            if found.longest_name() <= MOST_NAME && held <= direct::HELD && copied <= FEW =>
        {
            let code = engine.precompile_module(found.module).map_err(failed)?;
            (Some(Names::of(&found)), Some(code))
        }
        _ => (None, None),
    };
    Ok(Product {
        facts: Facts {
            size: binary.len(),
            scan,
            held,
            copied,
            direct,
        },
        component,
        module,
    })
}

/// What an instance takes, where that is within bounds.
fn plan(binary: &[u8]) -> Result<Plan, Refusal> {
    let plan = Plan::of(binary).map_err(Refusal::Invalid)?;
    if plan.parts.number > PARTS as usize {
        let Parts { number, kind } = plan.parts;
        let what = format!("it is made of {number} {kind} (at most {PARTS})");
        return Err(Refusal::Complex(what));
    }
    if plan.passes_strings {
        let what = "the components in it pass strings to each other, which the host copies. \
            Have them pass list<u8>";
        return Err(Refusal::Unbounded(what.to_owned()));
    }
    if plan.held > HELD {
        return Err(Refusal::Unbounded(format!(
            "each instance would have the host hold {} bytes beside its memory (at most {HELD})",
            plan.held
        )));
    }
    if plan.copied > COPIED {
        return Err(Refusal::Unbounded(format!(
            "its data is copied into {} pages of memory whenever it starts (at most {COPIED})",
            plan.copied
        )));
    }
    Ok(plan)
}

/// Compiles what eco's own interpreter is in.
fn precompile(job: &Job, binary: &[u8]) -> Result<Product, Refusal> {
    let scan = Scanned {
        post_return: post_return(binary).map_err(invalid)?,
        ..Scanned::default()
    };
    let component = engine(job.settings)?.precompile_component(binary);
    Ok(Product {
        facts: Facts {
            size: binary.len(),
            scan,
            held: 0,
            copied: 0,
            direct: None,
        },
        component: component.map_err(failed)?,
        module: None,
    })
}

fn engine(settings: Settings) -> Result<wasmtime::Engine, Refusal> {
    let config = settings.compiling().map_err(failed)?;
    wasmtime::Engine::new(&config).map_err(failed)
}

/// What the system refused, if this is an answer of the system. wasmtime has them of two crates.
fn refused_by_system(cause: &(dyn std::error::Error + 'static)) -> Option<io::ErrorKind> {
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return Some(error.kind());
    }
    #[cfg(unix)]
    if let Some(error) = cause.downcast_ref::<rustix::io::Errno>() {
        return Some(error.kind());
    }
    None
}

fn invalid(error: wasmparser::BinaryReaderError) -> Refusal {
    Refusal::Invalid(error.to_string())
}

/// Whose fault it is. A helper asks the system for nothing but memory while it compiles.
fn failed(error: wasmtime::Error) -> Refusal {
    if error.is::<wasmtime::OutOfMemory>() {
        return Refusal::Memory;
    }
    match error.chain().find_map(refused_by_system) {
        Some(io::ErrorKind::OutOfMemory) => Refusal::Memory,
        Some(_) => Refusal::System(format!("{error:#}")),
        None => Refusal::Invalid(format!("{error:#}")),
    }
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Malformed(error) => invalid(error),
            Unfit::Complex(what) => Self::Complex(what),
            Unfit::Unbounded(what) => Self::Unbounded(what),
        }
    }
}

impl Refusal {
    /// Without the rest of what is too long.
    pub(super) fn cut(mut self) -> Self {
        if let Self::NotWasm(text)
        | Self::Text(text)
        | Self::Complex(text)
        | Self::Unbounded(text)
        | Self::Invalid(text)
        | Self::System(text) = &mut self
        {
            cut(text, MOST_TEXT);
        }
        self
    }

    /// As whoever loads the plugin knows it.
    pub(super) fn into_error(self, budgets: &Budgets) -> LoadError {
        match self {
            Self::NotWasm(found) => LoadError::NotWasm { found },
            Self::Text(why) => LoadError::Text(why),
            Self::CoreModule => LoadError::CoreModule,
            Self::Complex(why) => LoadError::Complex(why),
            Self::Unbounded(why) => LoadError::Unbounded(why),
            Self::Invalid(why) => LoadError::Invalid(why),
            Self::Memory => LoadError::budget(Budget::CompileMemory, budgets, "It needs more."),
            Self::System(why) => LoadError::Compiler(why),
        }
    }
}

/// The first bytes of a text, and a mark where there were more.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Target, WHOLE_MEMORY, Work};

    fn job(name: &str) -> Job {
        Job {
            name: name.to_owned(),
            subject: Subject::Plugin,
            settings: Settings {
                reservation: WHOLE_MEMORY,
                work: Work::Uncounted,
                target: Target::Native,
            },
            priority: Priority::Lowest,
        }
    }

    #[test]
    fn a_message_that_quotes_the_plugin_is_cut() {
        let line = format!("(component {})", "x".repeat(1 << 20));
        let refusal = compile(&job("long.wat"), line.into_bytes()).err();
        let Some(Refusal::Text(text)) = refusal else {
            unreachable!("{refusal:?}");
        };
        assert!(text.len() <= MOST_TEXT + '…'.len_utf8(), "{}", text.len());
    }
}
