//! The functions that a component exports, looked up once when it is loaded.

use wasmtime::component::{Component, ComponentExportIndex};

/// Interface names, with the version that this host speaks.
pub(crate) const HANDLER: &str = "eco:plugin/handler@0.1.0";
pub(crate) const SESSION: &str = "eco:plugin/session@0.1.0";
pub(crate) const EVENTS: &str = "eco:plugin/events@0.1.0";
pub(crate) const CLIENT: &str = "eco:plugin/client@0.1.0";
pub(crate) const INTERPRETER: &str = "eco:plugin/interpreter@0.1.0";

/// An interface that a component exports. Its functions are looked up once, when the component is loaded.
struct Interface<'a> {
    component: &'a Component,
    instance: ComponentExportIndex,
}

impl<'a> Interface<'a> {
    fn find(component: &'a Component, name: &str) -> Option<Self> {
        let instance = component.get_export_index(None, name)?;
        Some(Self {
            component,
            instance,
        })
    }

    fn function(&self, name: &str) -> Option<ComponentExportIndex> {
        self.component.get_export_index(Some(&self.instance), name)
    }
}

/// The functions of a server plugin, of either interface.
pub(crate) enum ServerExports {
    Handler {
        receive: ComponentExportIndex,
    },
    Session {
        open: ComponentExportIndex,
        receive: ComponentExportIndex,
        end_of_input: ComponentExportIndex,
        closed: ComponentExportIndex,
        /// The function of `events`. A plugin that wants to hear of events exports it.
        event: Option<ComponentExportIndex>,
    },
}

impl ServerExports {
    /// Finds the functions of `session`, else those of `handler`; `None` where the component lacks some of either.
    pub(crate) fn find(component: &Component) -> Option<Self> {
        let session = Interface::find(component, SESSION).and_then(|session| {
            Some(Self::Session {
                open: session.function("open")?,
                receive: session.function("receive")?,
                end_of_input: session.function("end-of-input")?,
                closed: session.function("closed")?,
                event: Interface::find(component, EVENTS)
                    .and_then(|events| events.function("event")),
            })
        });
        session.or_else(|| {
            let receive = Interface::find(component, HANDLER)?.function("receive")?;
            Some(Self::Handler { receive })
        })
    }
}

/// The functions of a client plugin.
pub(crate) struct ClientExports {
    pub(crate) start: ComponentExportIndex,
    pub(crate) replied: ComponentExportIndex,
    /// Has an interpreter evaluate the script. Other components have no such function.
    pub(crate) load: Option<ComponentExportIndex>,
}

impl ClientExports {
    /// Finds the functions; `None` where the component lacks one.
    pub(crate) fn find(component: &Component) -> Option<Self> {
        let client = Interface::find(component, CLIENT)?;
        Some(Self {
            start: client.function("start")?,
            replied: client.function("replied")?,
            load: find_load(component),
        })
    }
}

/// The function `load` of an interpreter.
pub(crate) fn find_load(component: &Component) -> Option<ComponentExportIndex> {
    Interface::find(component, INTERPRETER)?.function("load")
}
