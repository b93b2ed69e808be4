//! The component around the one module: all that was around the many, under new indices.

use super::error::MergeError;
use super::layout::Layout;
use super::module::{self, HOST};
use super::origin::Origin;
use super::read::{CoreInstance, Kind, Parts, Section};
use std::collections::HashMap;
use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent, RoundtripReencoder};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, ComponentSectionId,
    ExportKind, InstanceSection, ModuleArg, RawSection,
};
use wasmparser::{CanonicalFunction, CanonicalOption};

/// Writes the component.
pub(super) fn write(parts: &Parts<'_>) -> Result<Vec<u8>, MergeError> {
    let merged = parts.mergeable()?;
    let layout = Layout::of(parts, &merged)?;
    let mut writer = Writer {
        parts,
        layout: &layout,
        component: Component::new(),
        exports: exports(parts, &merged)?,
        instance: None,
        modules: 0,
        instances: 0,
        items: HashMap::new(),
        counts: HashMap::new(),
    };
    for section in &parts.sections {
        writer.section(section, &merged)?;
    }
    Ok(writer.component.finish())
}

/// Items of the merged instances that others use.
fn exports(parts: &Parts<'_>, merged: &[u32]) -> Result<Vec<(Kind, Origin)>, MergeError> {
    let mut asked = Vec::new();
    for function in &parts.canonicals {
        asked.extend(core_items(function));
    }
    for (index, instance) in (0..).zip(&parts.instances) {
        if let CoreInstance::Instantiated { arguments, .. } = instance
            && !merged.contains(&index)
        {
            for argument in arguments.values() {
                asked.extend(
                    parts
                        .items_of(*argument)?
                        .map(|(_, kind, index)| (kind, index)),
                );
            }
        }
    }
    let mut exports = Vec::new();
    for (kind, index) in asked {
        let export = (kind, parts.origin(kind, index)?);
        let is_merged =
            matches!(export.1, Origin::Instance { instance, .. } if merged.contains(&instance));
        if is_merged && !exports.contains(&export) {
            exports.push(export);
        }
    }
    Ok(exports)
}

/// The core items that a canonical function is made from.
fn core_items(function: &CanonicalFunction) -> Vec<(Kind, u32)> {
    let (lifted, options) = match function {
        CanonicalFunction::Lift {
            core_func_index,
            options,
            ..
        } => (Some((Kind::Function, *core_func_index)), options.as_ref()),
        CanonicalFunction::Lower { options, .. } => (None, options.as_ref()),
        _ => (None, &[][..]),
    };
    let options = options.iter().filter_map(|option| match option {
        CanonicalOption::Memory(memory) => Some((Kind::Memory, *memory)),
        CanonicalOption::Realloc(function)
        | CanonicalOption::PostReturn(function)
        | CanonicalOption::Callback(function) => Some((Kind::Function, *function)),
        _ => None,
    });
    lifted.into_iter().chain(options).collect()
}

impl<'a> Parts<'a> {
    /// The items of an instance that is made of items by name.
    fn items_of(
        &self,
        instance: u32,
    ) -> Result<impl Iterator<Item = (&'a str, Kind, u32)>, MergeError> {
        match self.instance(instance)? {
            CoreInstance::Exports(exports) => Ok(exports.iter().copied()),
            CoreInstance::Instantiated { .. } => Err(MergeError::Has(
                "a module that imports from another as it is",
            )),
        }
    }
}

struct Writer<'a> {
    parts: &'a Parts<'a>,
    layout: &'a Layout<'a>,
    component: Component,
    /// The exports of the one module, each under its number.
    exports: Vec<(Kind, Origin)>,
    /// Its instance, once it is written.
    instance: Option<u32>,
    modules: u32,
    instances: u32,
    /// The indices that are given so far.
    items: HashMap<(Kind, Origin), u32>,
    /// How many of a kind are given.
    counts: HashMap<Kind, u32>,
}

impl Writer<'_> {
    fn section(&mut self, section: &Section<'_>, merged: &[u32]) -> Result<(), MergeError> {
        match section {
            Section::Raw { id, data } => {
                self.component.section(&RawSection { id: *id, data });
            }
            Section::Alias(alias) => {
                let mut aliases = ComponentAliasSection::new();
                let alias = RoundtripReencoder.component_alias(alias.clone());
                aliases.alias(alias.map_err(|_| MergeError::Missing)?);
                self.component.section(&aliases);
            }
            Section::Canonical(function) => self.canonical(*function)?,
            Section::Instance(index) => {
                if !merged.contains(index)
                    && let CoreInstance::Instantiated { module, arguments } =
                        self.parts.instance(*index)?
                {
                    self.instantiate(*module, arguments)?;
                }
            }
        }
        Ok(())
    }

    fn canonical(&mut self, index: usize) -> Result<(), MergeError> {
        let function = self.parts.canonical(index)?;
        let mut written = Written(HashMap::new());
        for (kind, item) in core_items(function) {
            let new = self.item(kind, item)?;
            written.0.insert((kind, item), new);
        }
        let mut section = CanonicalFunctionSection::new();
        written.parse_component_canonical(&mut section, function.clone())?;
        self.component.section(&section);
        if !matches!(function, CanonicalFunction::Lift { .. }) {
            self.name(Kind::Function, Origin::Canonical(index));
        }
        Ok(())
    }

    /// A module that is left as it is.
    fn instantiate(
        &mut self,
        module: usize,
        arguments: &HashMap<&str, u32>,
    ) -> Result<(), MergeError> {
        let mut given = Vec::new();
        for (name, argument) in arguments {
            let mut items = Vec::new();
            for (name, kind, index) in self.parts.items_of(*argument)? {
                items.push((name, ExportKind::from(kind), self.item(kind, index)?));
            }
            let mut section = InstanceSection::new();
            section.export_items(items);
            self.component.section(&section);
            given.push((*name, ModuleArg::Instance(self.instances)));
            self.instances += 1;
        }
        let module = self.parts.module(module)?.bytes;
        self.module(module, given);
        Ok(())
    }

    fn module(&mut self, bytes: &[u8], arguments: Vec<(&str, ModuleArg)>) {
        self.component.section(&RawSection {
            id: ComponentSectionId::CoreModule as u8,
            data: bytes,
        });
        let mut section = InstanceSection::new();
        section.instantiate(self.modules, arguments);
        self.component.section(&section);
        self.modules += 1;
        self.instances += 1;
    }

    /// The new index of the item that had this one.
    fn item(&mut self, kind: Kind, index: u32) -> Result<u32, MergeError> {
        let origin = self.parts.origin(kind, index)?;
        if let Some(index) = self.items.get(&(kind, origin)) {
            return Ok(*index);
        }
        let number = self
            .exports
            .iter()
            .position(|export| *export == (kind, origin));
        let number = number.ok_or(MergeError::Has("an item that is used before it is made"))?;
        let instance = self.one_instance()?;
        let mut section = ComponentAliasSection::new();
        section.alias(Alias::CoreInstanceExport {
            instance,
            kind: ExportKind::from(kind),
            name: &number.to_string(),
        });
        self.component.section(&section);
        Ok(self.name(kind, origin))
    }

    /// The instance of the one module, which is written when it is first asked for.
    fn one_instance(&mut self) -> Result<u32, MergeError> {
        if let Some(instance) = self.instance {
            return Ok(instance);
        }
        let mut imports = Vec::new();
        for (number, function) in self.layout.imports.iter().enumerate() {
            let index = self
                .items
                .get(&(Kind::Function, Origin::Canonical(*function)));
            let index = *index.ok_or(MergeError::Has("an import that comes too late"))?;
            imports.push((number.to_string(), ExportKind::Func, index));
        }
        let mut section = InstanceSection::new();
        section.export_items(imports);
        self.component.section(&section);
        let arguments = vec![(HOST, ModuleArg::Instance(self.instances))];
        self.instances += 1;
        let module = module::write(self.parts, self.layout, &self.exports)?;
        self.module(&module, arguments);
        let instance = self.instances - 1;
        self.instance = Some(instance);
        Ok(instance)
    }

    /// Gives the next index of its kind to an item.
    fn name(&mut self, kind: Kind, origin: Origin) -> u32 {
        let count = self.counts.entry(kind).or_default();
        let index = *count;
        *count += 1;
        self.items.insert((kind, origin), index);
        index
    }
}

/// The new indices of the core items of a canonical function.
struct Written(HashMap<(Kind, u32), u32>);

impl Written {
    fn item(&self, kind: Kind, index: u32) -> Result<u32, Error<MergeError>> {
        let item = self.0.get(&(kind, index));
        item.copied().ok_or(Error::UserError(MergeError::Missing))
    }
}

impl Reencode for Written {
    type Error = MergeError;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<MergeError>> {
        self.item(Kind::Function, function)
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<MergeError>> {
        self.item(Kind::Memory, memory)
    }
}

impl ReencodeComponent for Written {}
