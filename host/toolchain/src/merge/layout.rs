//! The index of each item in the one module.

use super::error::MergeError;
use super::origin::Origin;
use super::read::{CoreInstance, Kind, Module, Parts};
use std::collections::HashMap;
use wasmparser::{Operator, TypeRef};

pub(super) struct Layout<'a> {
    /// The merged instances with their modules, in the order in which they were instantiated.
    pub(super) instances: Vec<(u32, &'a Module<'a>)>,
    /// The canonical functions that the module imports, and their types in it.
    pub(super) imports: Vec<usize>,
    pub(super) import_types: Vec<u32>,
    /// Globals that never change, and whose value is written in their module.
    pub(super) constants: HashMap<Origin, i32>,
    /// The first type of each instance, and the first item of each kind.
    first_types: HashMap<u32, u32>,
    first: HashMap<(Kind, u32), u32>,
}

impl<'a> Layout<'a> {
    pub(super) fn of(parts: &'a Parts<'a>, merged: &[u32]) -> Result<Self, MergeError> {
        let mut layout = Self {
            instances: Vec::new(),
            imports: Vec::new(),
            import_types: Vec::new(),
            constants: HashMap::new(),
            first_types: HashMap::new(),
            first: HashMap::new(),
        };
        let mut types = 0;
        for instance in merged {
            let CoreInstance::Instantiated { module, .. } = parts.instance(*instance)? else {
                return Err(MergeError::Missing);
            };
            let module = parts.module(*module)?;
            layout.instances.push((*instance, module));
            layout.first_types.insert(*instance, types);
            layout.import(parts, *instance, module)?;
            layout.find_constants(*instance, module)?;
            for group in module.types.iter().flat_map(|types| types.clone()) {
                types += group?.types().len() as u32;
            }
        }
        for kind in Kind::ALL {
            // Imports come before what is defined.
            let functions = if kind == Kind::Function {
                layout.imports.len() as u32
            } else {
                0
            };
            let mut next = functions;
            for (instance, module) in &layout.instances {
                layout.first.insert((kind, *instance), next);
                next += module.defined(kind);
            }
        }
        Ok(layout)
    }

    /// Adds the host functions that a module imports.
    fn import(
        &mut self,
        parts: &Parts<'_>,
        instance: u32,
        module: &Module<'_>,
    ) -> Result<(), MergeError> {
        for (index, import) in (0..).zip(module.imported(Kind::Function)) {
            let origin = parts.origin_within(instance, Kind::Function, index)?;
            if let (Origin::Canonical(function), TypeRef::Func(ty)) = (origin, import.ty)
                && !self.imports.contains(&function)
            {
                self.imports.push(function);
                self.import_types.push(self.first_type(instance) + ty);
            }
        }
        Ok(())
    }

    fn find_constants(&mut self, instance: u32, module: &Module<'_>) -> Result<(), MergeError> {
        let globals = module.globals.iter().flat_map(|globals| globals.clone());
        for (number, global) in (0..).zip(globals) {
            let global = global?;
            let mut operators = global.init_expr.get_operators_reader();
            if let Operator::I32Const { value } = operators.read()?
                && !global.ty.mutable
                && operators.is_end_then_eof()
            {
                let origin = Origin::Instance { instance, number };
                self.constants.insert(origin, value);
            }
        }
        Ok(())
    }

    pub(super) fn first_type(&self, instance: u32) -> u32 {
        self.first_types.get(&instance).copied().unwrap_or_default()
    }

    /// The index of an item in the module.
    pub(super) fn index(&self, kind: Kind, origin: Origin) -> Result<u32, MergeError> {
        match origin {
            Origin::Canonical(function) => {
                let number = self.imports.iter().position(|import| *import == function);
                number.map(|number| number as u32)
            }
            Origin::Instance { instance, number } => {
                let first = self.first.get(&(kind, instance));
                first.map(|first| first + number)
            }
        }
        .ok_or(MergeError::Missing)
    }
}
