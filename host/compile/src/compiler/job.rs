//! A compile job: from a plugin's bytes to machine code. The bytes are parsed nowhere else.
//!
//! A plugin can make a job overflow the stack, take all memory, or never end. The caller bounds the harm by its choice
//! of a process.

use super::causes::{cut, failed, invalid};
use super::form;
use super::refusal::Refusal;
use super::request::{Job, Subject};
use super::settings::Settings;
use super::snapshot;
use crate::binary::direct::{self, detect};
use crate::binary::plan::{Parts, Plan};
use crate::binary::program::has_start;
use crate::binary::scan::{post_return, scan};
use crate::bounds::{FEW_PAGES, HELD, PARTS};
use crate::facts::{DirectNames, Facts, Form, Scanned};

/// The result of a job.
pub(crate) struct Product {
    pub(crate) facts: Facts,
    /// The code of the component, or of the module that is a program.
    pub(crate) code: Vec<u8>,
    /// The code of a component's module alone, where the component is called directly.
    pub(crate) module: Option<Vec<u8>>,
}

/// Longest name in facts, in bytes. A tool's longer name is cut; a component whose functions have longer names is not
/// called directly.
const MOST_NAME: usize = 256;
/// Pages of memory into which an instance's modules may copy their data: 16 MiB, which takes a tick or so. Of the
/// components that toolchains make, Python's copies the most, with a snapshot of its start. More is refused as
/// unbounded. Test: `hostile_plugins::memory::data_that_is_strewn_over_the_memory_is_refused`.
const COPIED: u64 = 4096;

/// Compiles the bytes as the job says.
pub(crate) fn compile(job: &Job, bytes: Vec<u8>) -> Result<Product, Refusal> {
    let made = match &job.subject {
        Subject::Plugin => plugin(job, bytes),
        // The host reads its instances for snapshots, through exports that this adds.
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
    let (binary, form) = form::binary(bytes, &job.name)?;
    if form == Form::Module && !has_start(&binary).map_err(invalid)? {
        return Err(Refusal::CoreModule);
    }
    let mut scan = scan(&binary)?;
    for tool in &mut scan.made_with {
        cut(tool, MOST_NAME);
    }
    let plan = plan(&binary, form)?;
    scan.table = scan.table.max(plan.filled);
    let engine = engine(job.settings)?;
    let code = match form {
        Form::Component => engine.precompile_component(&binary),
        Form::Module => engine.precompile_module(&binary),
    };
    let code = code.map_err(failed)?;
    let (direct, module) = match form {
        Form::Component => direct_module(&binary, &plan, &engine)?.unzip(),
        // A program is called once.
        Form::Module => (None, None),
    };
    Ok(Product {
        facts: Facts {
            form,
            size: binary.len(),
            scan,
            held: plan.held,
            copied: plan.copied,
            direct,
        },
        code,
        module,
    })
}

/// The module of a component that is called directly, compiled by itself.
fn direct_module(
    binary: &[u8],
    plan: &Plan,
    engine: &wasmtime::Engine,
) -> Result<Option<(DirectNames, Vec<u8>)>, Refusal> {
    let found = detect(binary).map_err(invalid)?.filter(|found| {
        let is_small = plan.held <= direct::HELD && plan.copied <= FEW_PAGES;
        is_small && found.longest_name() <= MOST_NAME
    });
    let Some(found) = found else {
        return Ok(None);
    };
    let code = engine.precompile_module(found.module).map_err(failed)?;
    Ok(Some((found.names(), code)))
}

/// Plans a component or a module, and refuses it where an instance would exceed a bound.
fn plan(binary: &[u8], form: Form) -> Result<Plan, Refusal> {
    let plan = match form {
        Form::Component => Plan::of(binary),
        Form::Module => Plan::of_module(binary),
    };
    let plan = plan.map_err(failed)?;
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

/// Compiles eco's own interpreter, or a snapshot of it.
fn precompile(job: &Job, binary: &[u8]) -> Result<Product, Refusal> {
    let scan = Scanned {
        post_return: post_return(binary).map_err(invalid)?,
        ..Scanned::default()
    };
    let component = engine(job.settings)?.precompile_component(binary);
    Ok(Product {
        facts: Facts::of_interpreter(binary.len(), scan),
        code: component.map_err(failed)?,
        module: None,
    })
}

fn engine(settings: Settings) -> Result<wasmtime::Engine, Refusal> {
    let config = settings.compiling().map_err(failed)?;
    wasmtime::Engine::new(&config).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::causes::MOST_TEXT;
    use crate::compiler::settings::{Target, WHOLE_MEMORY, Work};
    use eco_isolated::Priority;

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

    /// Another version of wasmtime or wasmparser may report them by an error of another type.
    #[test]
    fn asynchronous_functions_are_told_by_the_type_of_the_error() {
        for (name, fields) in [
            ("a type", "(type (func async (result u8)))"),
            ("task.cancel", "(core func (canon task.cancel))"),
            ("a stream", "(type (stream u8))"),
            (
                "without a callback",
                r#"(core module $m (func (export "f")))
                (core instance $m (instantiate $m))
                (func async (canon lift (core func $m "f") async))"#,
            ),
            (
                "more built-ins",
                "(type $s (stream u8)) (core func (canon stream.cancel-read $s async))",
            ),
        ] {
            let text = format!("(component {fields})");
            let refusal = compile(&job("async.wat"), text.into_bytes()).err();
            let is_told = matches!(refusal, Some(Refusal::Asynchronous(_)));
            assert!(is_told, "{name}: {refusal:?}");
        }
        let other = compile(&job("map.wat"), b"(component (type (map u8 u8)))".to_vec()).err();
        assert!(matches!(other, Some(Refusal::Invalid(_))), "{other:?}");
    }
}
