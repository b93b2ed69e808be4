//! What a plugin may call: each import is a file of its own, with its state, its functions and its bounds.
//!
//! It owns the list of them. To add one: its file, its WIT, a line in [`OFFERS`], and a field of [`Imports`]
//! if it has a state.

pub(crate) mod evaluation;
pub(crate) mod log;
mod poll;
pub(crate) mod script;
mod virtual_sleep;
pub(crate) mod wasi;

use crate::budget::Budgets;
use crate::engine::World;
use crate::instance::state::State;
use crate::laboratory::Laboratory;
use crate::load::script::Script;
use evaluation::Evaluation;
use log::PluginLog;
use script::ScriptImport;
use std::sync::Arc;
use wasi::Wasi;
use wasmtime::component::Linker;

/// What the imports keep for one instance.
pub(crate) struct Imports {
    pub(crate) log: Arc<PluginLog>,
    /// Where the plugin is a script: what its interpreter asks for.
    pub(crate) script: Option<ScriptImport>,
    pub(crate) wasi: Wasi,
}

impl Imports {
    /// For a new instance. `laboratory` is where it is judged, if it is; `evaluation` is there where it
    /// evaluates its script, and is not judged.
    pub(crate) fn new(
        connection: u64,
        budgets: &Budgets,
        script: Option<&Arc<Script>>,
        laboratory: Option<&Laboratory>,
        evaluation: Option<Arc<Evaluation>>,
    ) -> Self {
        let log = PluginLog::new(connection, budgets, laboratory.cloned(), evaluation.clone());
        let wasi = Wasi::new(log.clone(), laboratory.cloned(), evaluation.clone());
        let script = script.cloned();
        Self {
            script: script.map(|script| ScriptImport::new(script, laboratory, evaluation)),
            wasi,
            log,
        }
    }
}

/// Something that eco offers to plugins.
struct Offer {
    /// Whether it has the interface of this name.
    has: fn(&str) -> bool,
    /// Who may import it.
    to: Importer,
    /// Defines its functions.
    link: fn(&mut Linker<State>, World) -> wasmtime::Result<()>,
}

/// Who imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Importer {
    /// Any plugin.
    Plugin,
    /// One of eco's interpreters, for a script.
    Interpreter,
}

/// All that is offered.
const OFFERS: [Offer; 3] = [
    Offer {
        has: |name| name == log::INTERFACE,
        to: Importer::Plugin,
        link: log::link,
    },
    Offer {
        has: wasi::has,
        to: Importer::Plugin,
        link: wasi::link,
    },
    Offer {
        has: |name| name == script::INTERFACE,
        to: Importer::Interpreter,
        link: script::link,
    },
];

fn offers(importer: Importer) -> impl Iterator<Item = &'static Offer> {
    let may =
        move |offer: &&Offer| offer.to == Importer::Plugin || importer == Importer::Interpreter;
    OFFERS.iter().filter(may)
}

/// Whether the interface `name` is offered.
pub(crate) fn is_offered(name: &str, importer: Importer) -> bool {
    offers(importer).any(|offer| (offer.has)(name))
}

/// The functions for a plugin that imports these interfaces. Others are left out: to define those of WASI
/// takes longer than to compile the built-in echo.
pub(crate) fn linker(
    engine: &wasmtime::Engine,
    world: World,
    importer: Importer,
    names: &[String],
) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    for offer in offers(importer) {
        if names.iter().any(|name| (offer.has)(name)) {
            (offer.link)(&mut linker, world)?;
        }
    }
    Ok(linker)
}

#[cfg(test)]
mod tests {
    use super::{Importer, is_offered};

    #[test]
    fn only_the_log_and_wasi_0_2_are_offered() {
        for name in [
            "eco:plugin/log@0.1.0",
            "wasi:cli/stdout@0.2.0",
            "wasi:io/poll@0.2.12",
        ] {
            assert!(is_offered(name, Importer::Plugin), "{name}");
        }
        for name in [
            "wasi:http/types@0.2.0",
            "wasi:cli/stdout@0.3.0",
            "wasi:clix/a@0.2.0",
            "log",
            "env",
            "eco:plugin/script@0.1.0",
        ] {
            assert!(!is_offered(name, Importer::Plugin), "{name}");
        }
        assert!(is_offered("eco:plugin/script@0.1.0", Importer::Interpreter));
    }
}
