//! Linking: a component and its imports become a template of instances.

use crate::error::LoadError;
use crate::imports::{self, Importer};
use crate::instance::Template;
use crate::instance::state::InstanceState;
use crate::laboratory::World;
use crate::loaded::Import;
use eco_compile::{ACCESS, Compiled, CountedComponent, Target};
use wasmtime::component::{Component, InstancePre};

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
    let engine = &plain.shared.engine;
    let imported = imported(component, Importer::Interpreter);
    Ok(Template {
        ready: link(component, engine.world, Importer::Interpreter, imported)?,
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

/// The imports of a component.
pub(crate) fn imported(component: &Component, importer: Importer) -> Vec<Import> {
    let kind = component.component_type();
    kind.imports(component.engine())
        .map(|(name, _)| Import {
            name: name.to_owned(),
            granted: imports::is_offered(name, importer),
        })
        .collect()
}

/// Links a component to its imports, and refuses a component whose imports eco doesn't offer.
pub(crate) fn link(
    component: &Component,
    world: World,
    importer: Importer,
    imported: Vec<Import>,
) -> Result<InstancePre<InstanceState>, LoadError> {
    let (granted, refused): (Vec<Import>, Vec<Import>) =
        imported.into_iter().partition(|import| import.granted);
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
        let refused = names(refused).into_iter().map(why).collect();
        return Err(LoadError::Import(refused));
    }
    let granted: Vec<String> = names(granted);
    imports::linker(component.engine(), world, importer, &granted)
        .and_then(|linker| linker.instantiate_pre(component))
        .map_err(LoadError::ImportType)
}
