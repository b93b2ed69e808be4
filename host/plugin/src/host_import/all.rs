//! All imports of an embedder's: the check of their names, their linking, and their facts.

use super::import::HostImport;
use super::names::{check_function, check_in_scripts, check_interface};
use super::types;
use crate::imports::host_functions::{ScriptFunction, ScriptHostImport, ScriptImports};
use crate::instance::state::InstanceState;
use std::collections::BTreeSet;
use std::sync::Arc;
use wasmtime::component::{Component, Linker};

/// The imports that an engine offers beside eco's own.
#[derive(Debug, Default)]
pub(crate) struct HostImports(Vec<HostImport>);

impl HostImports {
    /// Checks the names of the imports.
    ///
    /// # Errors
    /// A name is none, or is another's. The text says which.
    pub(crate) fn new(imports: Vec<HostImport>) -> Result<Self, String> {
        let (mut names, mut in_scripts) = (BTreeSet::new(), BTreeSet::new());
        for import in &imports {
            let name = import.name();
            check_interface(name)?;
            if !names.insert(name) {
                return Err(format!("there are two imports {name}"));
            }
            let mut functions = BTreeSet::new();
            for function in import.functions() {
                let function = function.name();
                check_function(name, function)?;
                if !functions.insert(function) {
                    return Err(format!("the import {name} has two functions `{function}`"));
                }
            }
            if let Some(in_script) = import.name_in_scripts() {
                check_in_scripts(name, in_script)?;
                if !in_scripts.insert(in_script) {
                    return Err(format!(
                        "two imports have the name `{in_script}` in scripts"
                    ));
                }
            }
        }
        Ok(Self(imports))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(HostImport::name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// The imports that scripts see.
    pub(crate) fn in_scripts(&self) -> ScriptImports {
        let seen = self.0.iter().filter_map(|import| {
            let functions = import.functions().iter();
            Some(ScriptHostImport {
                name: import.name_in_scripts()?.to_owned(),
                terms: import.terms(),
                functions: functions
                    .map(|function| Arc::clone(function) as Arc<dyn ScriptFunction>)
                    .collect(),
            })
        });
        ScriptImports::new(seen.collect())
    }

    /// Defines the functions of those imports that are wanted.
    pub(crate) fn link(
        &self,
        linker: &mut Linker<InstanceState>,
        wanted: &[String],
    ) -> wasmtime::Result<()> {
        for import in self
            .0
            .iter()
            .filter(|import| wanted.iter().any(|name| name == import.name()))
        {
            let mut instance = linker.instance(import.name())?;
            for function in import.functions() {
                function.clone().link(&mut instance, import.terms())?;
            }
        }
        Ok(())
    }

    /// The first function of a component's imports that these don't have, or have with another type, in words. Types that
    /// differ beyond what is shown of them are not found.
    pub(crate) fn difference(&self, component: &Component) -> Option<String> {
        self.0.iter().find_map(|import| {
            let name = import.name();
            types::functions(component, name)
                .into_iter()
                .find_map(|(wanted, kind)| {
                    let mut functions = import.functions().iter();
                    let own = functions.find(|own| own.name() == wanted);
                    match own.map(|own| types::shown(&own.wit())) {
                        None => Some(format!("{name} has no function `{wanted}`")),
                        Some(own) if own != kind => Some(format!(
                            "`{wanted}` of {name} is {own}, and it imports {kind}"
                        )),
                        Some(_) => None,
                    }
                })
        })
    }
}
