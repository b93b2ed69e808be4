//! A component taken apart: its sections in their order, and its core modules.

use super::error::MergeError;
use std::collections::HashMap;
use std::ops::Range;
use wasm_encoder::ExportKind;
use wasmparser::{
    BinaryReaderError, CanonicalFunction, ComponentAlias, ComponentExternalKind, DataSectionReader,
    ElementSectionReader, ExternalKind, FunctionBody, GlobalSectionReader, Import, Instance,
    MemorySectionReader, Parser, Payload, TableSectionReader, TypeRef, TypeSectionReader,
};

/// A component, but for the modules that are in other components within it.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) sections: Vec<Section<'a>>,
    pub(super) modules: Vec<Module<'a>>,
    pub(super) instances: Vec<CoreInstance<'a>>,
    pub(super) canonicals: Vec<CanonicalFunction>,
    /// The core items by their indices, by kind.
    pub(super) items: HashMap<Kind, Vec<Item<'a>>>,
}

pub(super) enum Section<'a> {
    /// One that names no core item.
    Raw {
        id: u8,
        data: &'a [u8],
    },
    Alias(ComponentAlias<'a>),
    /// Of the canonical function with this index.
    Canonical(usize),
    /// Of the core instance with this index.
    Instance(u32),
}

pub(super) enum CoreInstance<'a> {
    /// Of a module, with an instance for each name that it imports from.
    Instantiated {
        module: usize,
        arguments: HashMap<&'a str, u32>,
    },
    /// Of items by name.
    Exports(Vec<(&'a str, Kind, u32)>),
}

/// The source of a core item, one step back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Item<'a> {
    Export { instance: u32, name: &'a str },
    Canonical(usize),
}

/// A core module.
#[derive(Default)]
pub(super) struct Module<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) imports: Vec<Import<'a>>,
    pub(super) exports: HashMap<&'a str, (Kind, u32)>,
    pub(super) types: Option<TypeSectionReader<'a>>,
    /// The type of each function.
    pub(super) functions: Vec<u32>,
    pub(super) tables: Option<TableSectionReader<'a>>,
    pub(super) memories: Option<MemorySectionReader<'a>>,
    pub(super) globals: Option<GlobalSectionReader<'a>>,
    pub(super) elements: Option<ElementSectionReader<'a>>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    pub(super) data: Option<DataSectionReader<'a>>,
    /// A part of it that can't be merged.
    pub(super) refused: Option<&'static str>,
}

impl<'a> Module<'a> {
    /// The imports of a kind, in the order of their indices.
    pub(super) fn imported(&self, kind: Kind) -> impl Iterator<Item = &Import<'a>> {
        let of_kind = move |import: &&Import<'a>| {
            matches!(
                (kind, import.ty),
                (Kind::Function, TypeRef::Func(_))
                    | (Kind::Table, TypeRef::Table(_))
                    | (Kind::Memory, TypeRef::Memory(_))
                    | (Kind::Global, TypeRef::Global(_))
            )
        };
        self.imports.iter().filter(of_kind)
    }

    /// How many of a kind it defines itself.
    pub(super) fn defined(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Function => self.functions.len() as u32,
            Kind::Table => self.tables.as_ref().map_or(0, |tables| tables.count()),
            Kind::Memory => self.memories.as_ref().map_or(0, |all| all.count()),
            Kind::Global => self.globals.as_ref().map_or(0, |all| all.count()),
        }
    }

    /// How many of a kind it has, with those that it imports.
    pub(super) fn count(&self, kind: Kind) -> u32 {
        self.imported(kind).count() as u32 + self.defined(kind)
    }
}

/// The kinds of core items that can be merged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Function, Self::Table, Self::Memory, Self::Global];
}

impl TryFrom<ExternalKind> for Kind {
    type Error = MergeError;

    fn try_from(kind: ExternalKind) -> Result<Self, MergeError> {
        match kind {
            ExternalKind::Func => Ok(Self::Function),
            ExternalKind::Table => Ok(Self::Table),
            ExternalKind::Memory => Ok(Self::Memory),
            ExternalKind::Global => Ok(Self::Global),
            ExternalKind::Tag | ExternalKind::FuncExact => {
                Err(MergeError::Has("tags or exact functions"))
            }
        }
    }
}

impl From<Kind> for ExportKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Function => Self::Func,
            Kind::Table => Self::Table,
            Kind::Memory => Self::Memory,
            Kind::Global => Self::Global,
        }
    }
}

/// The bytes of one section.
fn part(component: &[u8], range: Range<usize>) -> Result<&[u8], MergeError> {
    component.get(range).ok_or(MergeError::Missing)
}

impl<'a> Parts<'a> {
    pub(super) fn module(&self, index: usize) -> Result<&Module<'a>, MergeError> {
        self.modules.get(index).ok_or(MergeError::Missing)
    }

    pub(super) fn canonical(&self, index: usize) -> Result<&CanonicalFunction, MergeError> {
        self.canonicals.get(index).ok_or(MergeError::Missing)
    }

    pub(super) fn of(component: &'a [u8]) -> Result<Self, MergeError> {
        let mut parts = Self::default();
        let mut payloads = Parser::new(0).parse_all(component);
        while let Some(payload) = payloads.next() {
            match payload? {
                Payload::ModuleSection {
                    unchecked_range, ..
                } => {
                    let bytes = part(component, unchecked_range)?;
                    parts.modules.push(Module::of(bytes, &mut payloads)?);
                }
                Payload::ComponentSection {
                    unchecked_range, ..
                } => {
                    skip(&mut payloads)?;
                    parts.sections.push(Section::Raw {
                        id: wasm_encoder::ComponentSectionId::Component as u8,
                        data: part(component, unchecked_range)?,
                    });
                }
                payload => parts.add(component, payload)?,
            }
        }
        Ok(parts)
    }

    fn add(&mut self, component: &'a [u8], payload: Payload<'a>) -> Result<(), MergeError> {
        match payload {
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    self.sections
                        .push(Section::Instance(self.instances.len() as u32));
                    self.instances.push(instance?.try_into()?);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(alias?)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    let (function, index) = (function?, self.canonicals.len());
                    if !matches!(function, CanonicalFunction::Lift { .. }) {
                        self.item(Kind::Function, Item::Canonical(index));
                    }
                    self.sections.push(Section::Canonical(index));
                    self.canonicals.push(function);
                }
            }
            Payload::CoreTypeSection(_) => return Err(MergeError::Has("types of core modules")),
            // Names of indices that will be others.
            Payload::CustomSection(_) => {}
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    let data = part(component, range)?;
                    self.sections.push(Section::Raw { id, data });
                }
            }
        }
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Result<(), MergeError> {
        match alias {
            ComponentAlias::CoreInstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let instance = instance_index;
                self.item(kind.try_into()?, Item::Export { instance, name });
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Module,
                ..
            }
            | ComponentAlias::Outer { .. } => {
                return Err(MergeError::Has("aliases of modules or of outer items"));
            }
            alias => self.sections.push(Section::Alias(alias)),
        }
        Ok(())
    }

    fn item(&mut self, kind: Kind, item: Item<'a>) {
        self.items.entry(kind).or_default().push(item);
    }
}

impl<'a> TryFrom<Instance<'a>> for CoreInstance<'a> {
    type Error = MergeError;

    fn try_from(instance: Instance<'a>) -> Result<Self, MergeError> {
        Ok(match instance {
            Instance::Instantiate { module_index, args } => Self::Instantiated {
                module: module_index as usize,
                arguments: args.iter().map(|arg| (arg.name, arg.index)).collect(),
            },
            Instance::FromExports(exports) => {
                let exports = exports.iter();
                let exports = exports.map(|e| Ok((e.name, e.kind.try_into()?, e.index)));
                Self::Exports(exports.collect::<Result<_, MergeError>>()?)
            }
        })
    }
}

type Payloads<'a, 'p> = &'p mut dyn Iterator<Item = Result<Payload<'a>, BinaryReaderError>>;

/// Passes over a nested component, to its end.
fn skip(payloads: Payloads<'_, '_>) -> Result<(), MergeError> {
    let mut depth = 1;
    while depth > 0 {
        match payloads.next() {
            Some(payload) => match payload? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                _ => {}
            },
            None => return Err(MergeError::Has("no end")),
        }
    }
    Ok(())
}

impl<'a> Module<'a> {
    fn of(bytes: &'a [u8], payloads: Payloads<'a, '_>) -> Result<Self, MergeError> {
        let mut module = Self {
            bytes,
            ..Self::default()
        };
        for payload in payloads {
            match payload? {
                Payload::TypeSection(types) => module.types = Some(types),
                Payload::ImportSection(imports) => {
                    let imports = imports.into_imports();
                    module.imports = imports.collect::<Result<_, _>>()?;
                }
                Payload::FunctionSection(types) => {
                    module.functions = types.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::TableSection(tables) => module.tables = Some(tables),
                Payload::MemorySection(memories) => module.memories = Some(memories),
                Payload::GlobalSection(globals) => module.globals = Some(globals),
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let item = (export.kind.try_into()?, export.index);
                        module.exports.insert(export.name, item);
                    }
                }
                Payload::StartSection { .. } => module.refused = Some("a start function"),
                Payload::TagSection(_) => module.refused = Some("tags"),
                Payload::ElementSection(elements) => module.elements = Some(elements),
                Payload::CodeSectionEntry(body) => module.bodies.push(body),
                Payload::DataSection(data) => module.data = Some(data),
                Payload::End(_) => break,
                _ => {}
            }
        }
        Ok(module)
    }
}
