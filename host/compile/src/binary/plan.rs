//! Costs of instantiating a component, or a core module, as wasmtime plans them before it compiles.
//!
//! Only wasmtime knows which modules of a component are instantiated, how often, and how they are joined. This module
//! gets that plan from a crate of wasmtime's own, and decides nothing; `compiler::job` does.

use super::segments::{self, PAGE};
use crate::bounds::MAPPED;
use std::collections::BTreeMap;
use wasmtime_environ::component::{
    ComponentTypesBuilder, GlobalInitializer, InstantiateModule, Trampoline, Translator,
    VMComponentOffsets,
};
use wasmtime_environ::wasmparser::{Parser, Validator, WasmFeatures};
use wasmtime_environ::{
    HostPtr, MemoryInitialization, Module, ModuleEnvironment, ModuleTranslation,
    ModuleTypesBuilder, ScopeVec, StaticModuleIndex, TableSegmentElements, Tunables, VMOffsets,
};

/// Bytes that one element of a passive segment takes.
const ELEMENT: u64 = 16;

/// Costs of each instance of a component.
#[derive(Default)]
pub(crate) struct Plan {
    /// Whether the components in it pass strings to each other. wasmtime passes all other values between them by
    /// compiled code, whose work is counted. The host copies and checks strings itself, in one piece, however long
    /// they are.
    pub(crate) passes_strings: bool,
    /// Bytes that the host holds for an instance, beside its memory and its tables: globals, imports, function
    /// references, segments, passive elements.
    pub(crate) held: u64,
    /// Pages of memory into which an instance's modules copy their data. A module counts once for each of its
    /// instances.
    pub(crate) copied: u64,
    /// Elements of tables that an instance's modules fill, counted in the same way.
    pub(crate) filled: u64,
    /// The kind of parts that an instance has the most of, and their number.
    pub(crate) parts: Parts,
}

/// A number of parts of one kind.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parts {
    pub(crate) number: usize,
    /// Plural name, for messages.
    pub(crate) kind: &'static str,
}

impl Plan {
    /// Plans a component.
    ///
    /// # Errors
    /// It is not valid, or wasmtime does not know how to run it.
    pub(crate) fn of(component: &[u8]) -> wasmtime::Result<Self> {
        let tunables = Tunables::default_host();
        let mut validator = Validator::new_with_features(WasmFeatures::default());
        let mut types = ComponentTypesBuilder::new(&validator);
        let scope = ScopeVec::new();
        let translator = Translator::new(&tunables, &mut validator, &mut types, &scope);
        let (whole, mut modules) = translator.translate(component)?;
        let mut copied = BTreeMap::new();
        for (index, module) in modules.iter_mut() {
            let pages = copied_pages(module, &tunables, types.module_types_builder_mut());
            copied.insert(index, pages);
        }
        let passes_strings = whole
            .trampolines
            .iter()
            .any(|(_, trampoline)| matches!(trampoline, Trampoline::Transcoder { .. }));
        let initializers = whole.component.initializers.iter();
        let instances = initializers.filter_map(|initializer| match initializer {
            GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, _), _) => {
                Some((copied.get(module).copied()?, modules.get(*module)?))
            }
            _ => None,
        });
        let (copied, instances): (Vec<u64>, Vec<_>) = instances.unzip();
        let own = VMComponentOffsets::new(HostPtr, &whole.component).size_of_vmctx();
        let held = instances.iter().map(|module| held(module));
        // A module counts by itself too, whether it is instantiated or not.
        let alone = modules.iter().map(|(_, module)| most_parts(&[module]));
        Ok(Self {
            passes_strings,
            held: held.fold(u64::from(own), u64::saturating_add),
            copied: copied.into_iter().fold(0, u64::saturating_add),
            filled: instances
                .iter()
                .map(|module| filled(module))
                .fold(0, u64::saturating_add),
            parts: alone.fold(most_parts(&instances), Parts::max),
        })
    }

    /// Plans a core module.
    ///
    /// # Errors
    /// It is not valid, or wasmtime does not know how to run it.
    pub(crate) fn of_module(binary: &[u8]) -> wasmtime::Result<Self> {
        let tunables = Tunables::default_host();
        let mut validator = Validator::new_with_features(WasmFeatures::default());
        let mut types = ModuleTypesBuilder::new(&validator);
        let index = StaticModuleIndex::from_u32(0);
        let translating = ModuleEnvironment::new(&tunables, &mut validator, &mut types, index);
        let mut module = translating.translate(Parser::new(0), binary)?;
        Ok(Self {
            passes_strings: false,
            copied: copied_pages(&mut module, &tunables, &mut types),
            held: held(&module),
            filled: filled(&module),
            parts: most_parts(&[&module]),
        })
    }
}

/// Pages into which an instance of a module copies its data. wasmtime maps the data of most modules, which is none.
fn copied_pages(
    module: &mut ModuleTranslation<'_>,
    tunables: &Tunables,
    types: &mut ModuleTypesBuilder,
) -> u64 {
    let pages = segments::pages(module);
    module.finalize_memory_init(tunables, PAGE, MAPPED, types);
    match module.module.memory_initialization {
        MemoryInitialization::Segmented => pages,
        _ => 0,
    }
}

/// The kind of parts that instances of these modules together have the most of, and their number.
fn most_parts(modules: &[&ModuleTranslation<'_>]) -> Parts {
    let sum =
        |count: fn(&Module) -> usize| modules.iter().map(|module| count(&module.module)).sum();
    let of = |kind, number| Parts { number, kind };
    of("modules", modules.len())
        .max(of("memories", sum(Module::num_defined_memories)))
        .max(of("tables", sum(Module::num_defined_tables)))
}

/// Elements that an instance of one module fills. An element that several segments fill counts for each of them.
fn filled(module: &ModuleTranslation<'_>) -> u64 {
    let segments = module.table_initialization.segments.iter();
    segments.map(|segment| segment.elements.len()).sum()
}

/// Bytes that the host holds for an instance of one module.
fn held(module: &ModuleTranslation<'_>) -> u64 {
    let context = VMOffsets::new(HostPtr, &module.module).size_of_vmctx();
    let elements: u64 = module
        .passive_elements
        .iter()
        .map(|(_, elements)| TableSegmentElements::len(elements))
        .sum();
    u64::from(context) + ELEMENT * elements
}
