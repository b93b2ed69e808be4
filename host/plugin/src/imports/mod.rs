//! What a plugin may call: each import is a file of its own, with its state, its functions and its bounds.
//!
//! It owns the list of them. To add one: its file, its WIT, a line in [`OFFERS`], and a field of [`Imports`]
//! if it has a state.

pub(crate) mod evaluation;
pub(crate) mod log;
mod poll;
pub(crate) mod script;
pub(crate) mod shared;
mod store;
mod taken;
pub(crate) mod timer;
mod topics;
mod virtual_sleep;
pub(crate) mod wasi;

use crate::engine::World;
use crate::instance::state::State;
use crate::laboratory::Laboratory;
use eco_compile::Budgets;
use eco_compile::Script;
use evaluation::Evaluation;
use log::PluginLog;
use script::ScriptImport;
use shared::Shared;
use std::sync::Arc;
use wasi::Wasi;
use wasmtime::component::Linker;

/// What the imports keep for one instance.
pub(crate) struct Imports {
    pub(crate) log: Arc<PluginLog>,
    /// Where the plugin is a script: what its interpreter asks for.
    pub(crate) script: Option<ScriptImport>,
    pub(crate) wasi: Wasi,
    pub(crate) shared: Shared,
}

impl Imports {
    /// For a new instance. `laboratory` is where it is judged, if it is; `evaluation` is there where it
    /// evaluates its script, and is not judged. `shared` is what it has to do with others.
    pub(crate) fn new(
        budgets: &Budgets,
        script: Option<&Arc<Script>>,
        laboratory: Option<&Laboratory>,
        evaluation: Option<Arc<Evaluation>>,
        shared: Shared,
    ) -> Self {
        let log = PluginLog::new(
            shared.connection,
            budgets,
            laboratory.cloned(),
            evaluation.clone(),
        );
        let wasi = Wasi::new(log.clone(), laboratory.cloned(), evaluation.clone());
        let script = script.cloned();
        Self {
            script: script.map(|script| ScriptImport::new(script, laboratory, evaluation)),
            wasi,
            log,
            shared,
        }
    }
}

/// Something that eco offers to plugins.
struct Offer {
    /// For a person.
    name: &'static str,
    /// Whether it has the interface of this name.
    has: fn(&str) -> bool,
    /// Who may import it, with those that may more.
    to: Importer,
    /// Defines its functions.
    link: fn(&mut Linker<State>, World) -> wasmtime::Result<()>,
}

/// Who imports. Each may import what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Importer {
    /// A plugin that is a client.
    Client,
    /// A plugin that serves.
    Server,
    /// One of eco's interpreters, for a script of either kind.
    Interpreter,
}

/// All that is offered.
const OFFERS: [Offer; 6] = [
    Offer {
        name: log::INTERFACE,
        has: |name| name == log::INTERFACE,
        to: Importer::Client,
        link: log::link,
    },
    Offer {
        name: "WASI 0.2 with nothing granted",
        has: wasi::has,
        to: Importer::Client,
        link: wasi::link,
    },
    Offer {
        name: topics::INTERFACE,
        has: |name| name == topics::INTERFACE,
        to: Importer::Server,
        link: topics::link,
    },
    Offer {
        name: store::INTERFACE,
        has: |name| name == store::INTERFACE,
        to: Importer::Server,
        link: store::link,
    },
    Offer {
        name: timer::INTERFACE,
        has: |name| name == timer::INTERFACE,
        to: Importer::Server,
        link: timer::link,
    },
    Offer {
        name: script::INTERFACE,
        has: |name| name == script::INTERFACE,
        to: Importer::Interpreter,
        link: script::link,
    },
];

fn offers(importer: Importer) -> impl Iterator<Item = &'static Offer> {
    OFFERS.iter().filter(move |offer| offer.to <= importer)
}

/// What plugins may import, for a person: first what all may, then what those may that serve.
pub fn offered() -> [Vec<&'static str>; 2] {
    let to = |importer| {
        let offers = OFFERS.iter().filter(move |offer| offer.to == importer);
        offers.map(|offer| offer.name).collect()
    };
    [to(Importer::Client), to(Importer::Server)]
}

/// The same as a text.
pub(crate) fn offered_text() -> String {
    let [all, servers] = offered();
    format!(
        "{}; and to those that serve {}",
        all.join(" and "),
        servers.join(", ")
    )
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
    fn a_client_is_offered_the_log_and_wasi_0_2_a_server_what_is_shared_too() {
        for name in [
            "eco:plugin/log@0.1.0",
            "wasi:cli/stdout@0.2.0",
            "wasi:io/poll@0.2.12",
        ] {
            assert!(is_offered(name, Importer::Client), "{name}");
        }
        for name in [
            "wasi:http/types@0.2.0",
            "wasi:cli/stdout@0.3.0",
            "wasi:clix/a@0.2.0",
            "log",
            "env",
            "eco:plugin/script@0.1.0",
        ] {
            assert!(!is_offered(name, Importer::Server), "{name}");
        }
        for name in [
            "eco:plugin/topics@0.1.0",
            "eco:plugin/store@0.1.0",
            "eco:plugin/timer@0.1.0",
        ] {
            assert!(!is_offered(name, Importer::Client), "{name}");
            assert!(is_offered(name, Importer::Server), "{name}");
        }
        assert!(is_offered("eco:plugin/script@0.1.0", Importer::Interpreter));
    }
}
