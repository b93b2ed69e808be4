//! Imports: the functions that a plugin may call. Each import has a file of its own, with its state, its functions
//! and its limits, and uses instances through [`HostCalls`] alone.
//!
//! A new import needs its file, its WIT, and a line in the list below. Imports of the embedding program are not in the
//! list: `host_import` links them, and `host_functions` calls them for scripts.

mod arguments;
pub(crate) mod caller;
pub(crate) mod host_calls;
pub(crate) mod host_functions;
mod import;
mod log;
pub(crate) mod parts;
pub(crate) mod peer;
pub(crate) mod peer_details;
pub(crate) mod poll;
mod program_streams;
mod script;
pub(crate) mod standard;
mod store;
mod timer;
mod topics;
mod virtual_sleep;
mod wasi;

use crate::laboratory::World;
use host_calls::HostCalls;
use import::Import;
pub(crate) use import::{Importer, Setup};
use wasmtime::component::Linker;

/// Generates states, names and linking from the list of imports.
macro_rules! imports {
    ($($field:ident: $import:ty,)*) => {
        /// The state of all imports for one instance.
        pub(crate) struct Imports {
            $(pub(crate) $field: <$import as Import>::State,)*
        }

        impl Imports {
            /// Creates the states for a new instance.
            pub(crate) fn new(setup: &Setup<'_>) -> Self {
                Self {
                    $($field: <$import>::state(setup),)*
                }
            }
        }

        /// All offers, in the order in which messages list them.
        const OFFERS: &[Offer] = &[$(
            Offer {
                name: <$import>::NAME,
                has: <$import>::has,
                to: <$import>::TO,
            },
        )*];

        /// Defines the functions of the wanted interfaces. Others are left out: defining WASI's takes longer than
        /// compiling the built-in echo.
        fn link<T: HostCalls + AsMut<Imports>>(
            linker: &mut Linker<T>,
            world: World,
            is_wanted: impl Fn(Importer, fn(&str) -> bool) -> bool,
        ) -> wasmtime::Result<()> {
            $(if is_wanted(<$import>::TO, <$import>::has) {
                <$import>::link(linker, |state| &mut state.as_mut().$field, world)?;
            })*
            Ok(())
        }
    };
}

imports! {
    log: log::Log,
    wasi: wasi::Wasi,
    topics: topics::Topics,
    store: store::Store,
    timer: timer::Timer,
    peer: peer::Peer,
    script: script::ScriptImport,
}

/// An import that eco offers to plugins. See [`Import`].
struct Offer {
    name: &'static str,
    has: fn(&str) -> bool,
    to: Importer,
}

/// The names of imports, for messages: first those for all plugins, then those for plugins that serve.
pub fn offered() -> [Vec<&'static str>; 2] {
    let to = |importer| {
        let offers = OFFERS.iter().filter(move |offer| offer.to == importer);
        offers.map(|offer| offer.name).collect()
    };
    [to(Importer::Client), to(Importer::Server)]
}

/// The offered imports as a text.
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
    let mut offers = OFFERS.iter().filter(|offer| offer.to <= importer);
    offers.any(|offer| (offer.has)(name))
}

/// Creates the linker for a plugin that imports these interfaces.
pub(crate) fn linker<T: HostCalls + AsMut<Imports>>(
    engine: &wasmtime::Engine,
    world: World,
    importer: Importer,
    names: &[String],
) -> wasmtime::Result<Linker<T>> {
    let mut linker = Linker::new(engine);
    link(&mut linker, world, |to, has| {
        to <= importer && names.iter().any(|name| has(name))
    })?;
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
            "eco:plugin/peer@0.1.0",
        ] {
            assert!(!is_offered(name, Importer::Client), "{name}");
            assert!(is_offered(name, Importer::Server), "{name}");
        }
        assert!(is_offered("eco:plugin/script@0.1.0", Importer::Interpreter));
    }
}
