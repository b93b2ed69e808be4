//! Linking: a component and its imports become a template of instances.

use crate::engine::Engine;
use crate::error::LoadError;
use crate::host_import::HostImports;
use crate::imports::{self, Importer};
use crate::instance::Template;
use crate::instance::state::InstanceState;
use crate::laboratory::World;
use crate::loaded::Import;
use eco_compile::{ACCESS, Compiled, CountedComponent, Target};
use wasmtime::Module;
use wasmtime::component::{Component, InstancePre, Linker};

/// The template of a snapshot. Its instances don't evaluate the script; those of `plain` do.
pub(crate) fn snapshot_template(
    plain: &Template,
    component: &CountedComponent,
) -> Result<Template, LoadError> {
    let mut template = native_template(plain, component)?;
    template.shared.evaluation = None;
    Ok(template)
}

/// The template of native code. Its instances evaluate the script as those of `plain` do.
pub(crate) fn native_template(
    plain: &Template,
    component: &CountedComponent,
) -> Result<Template, LoadError> {
    // Interpreters import nothing of the embedder's: their scripts call it through one of eco's imports.
    let offer = Offer {
        world: plain.shared.engine.world,
        importer: Importer::Interpreter,
        own: &HostImports::default(),
    };
    Ok(Template {
        ready: offer.link(component)?,
        target: Target::Native,
        _counted: component.counted.clone(),
        ..plain.clone()
    })
}

/// The importer for this plugin: the interpreter for a script, else `component`.
pub(crate) fn importer(compiled: &Compiled, component: Importer) -> Importer {
    match compiled.script {
        Some(_) => Importer::Interpreter,
        None => component,
    }
}

/// The exports of a component, with the functions of each interface.
pub(crate) fn export_names(component: &Component) -> Vec<String> {
    use wasmtime::component::types::ComponentItem;
    component
        .component_type()
        .exports(component.engine())
        // This export only lets eco read its own interpreters.
        .filter(|(name, _)| *name != ACCESS)
        .map(|(name, export)| match export.ty {
            ComponentItem::ComponentInstance(instance) => {
                let inner: Vec<_> = instance
                    .exports(component.engine())
                    .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
                    .map(|(name, _)| name.to_owned())
                    .collect();
                format!("{name} (with {})", inner.join(", "))
            }
            _ => name.to_owned(),
        })
        .collect()
}

/// The exports of a core module.
pub(crate) fn module_exports(module: &Module) -> Vec<String> {
    let names = module.exports().map(|export| export.name().to_owned());
    names.collect()
}

/// The imports that a component may have.
#[derive(Clone, Copy)]
pub(crate) struct Offer<'a> {
    pub(crate) world: World,
    pub(crate) importer: Importer,
    /// The embedder's.
    pub(crate) own: &'a HostImports,
}

impl<'a> Offer<'a> {
    /// The offer of an engine to an importer of this kind.
    pub(crate) fn new(engine: &'a Engine, importer: Importer) -> Self {
        Self {
            world: engine.0.world,
            importer,
            own: engine.own(),
        }
    }

    fn has(&self, name: &str) -> bool {
        // The interpreters are eco's.
        let own = self.importer != Importer::Interpreter && self.own.has(name);
        own || imports::is_offered(name, self.importer)
    }

    /// The imports of a component.
    pub(crate) fn imported(&self, component: &Component) -> Vec<Import> {
        let kind = component.component_type();
        kind.imports(component.engine())
            .map(|(name, _)| Import {
                name: name.to_owned(),
                granted: self.has(name),
            })
            .collect()
    }

    /// Links a component to its imports, and refuses a component whose imports are not offered.
    pub(crate) fn link(
        &self,
        component: &Component,
    ) -> Result<InstancePre<InstanceState>, LoadError> {
        self.link_with(component, |_| Ok(()))
    }

    /// As [`link`](Self::link), with definitions that replace those of the imports.
    pub(crate) fn link_with(
        &self,
        component: &Component,
        replace: impl FnOnce(&mut Linker<InstanceState>) -> wasmtime::Result<()>,
    ) -> Result<InstancePre<InstanceState>, LoadError> {
        let imported = self.imported(component).into_iter();
        let (granted, refused): (Vec<Import>, Vec<Import>) =
            imported.partition(|import| import.granted);
        let names = |imports: Vec<Import>| -> Vec<String> {
            imports.into_iter().map(|import| import.name).collect()
        };
        if !refused.is_empty() {
            let why = |name: String| {
                if imports::is_offered(&name, Importer::Server) {
                    format!("{name} (it is for plugins that serve)")
                } else {
                    name
                }
            };
            return Err(LoadError::Import {
                refused: names(refused).into_iter().map(why).collect(),
                own: self.own.names().map(str::to_owned).collect(),
            });
        }
        let granted = names(granted);
        imports::linker(component.engine(), self.world, self.importer, &granted)
            .and_then(|mut linker| {
                self.own.link(&mut linker, &granted)?;
                replace(&mut linker)?;
                linker.instantiate_pre(component)
            })
            .map_err(|error| match self.difference(component, &error) {
                Some(difference) => LoadError::OwnImportType(difference),
                None => LoadError::ImportType(error),
            })
    }

    /// How a component's import differs from the embedder's of that name. `None` where the error of linking it is about
    /// another import.
    fn difference(&self, component: &Component, error: &wasmtime::Error) -> Option<String> {
        self.own.difference(component).or_else(|| {
            let error = format!("{error:#}");
            let is_own = self.own.names().any(|name| error.contains(name));
            is_own.then_some(error)
        })
    }
}
