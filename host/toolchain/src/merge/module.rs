//! The one module: all that the merged instances define, one after the other, under new indices.

use super::error::MergeError;
use super::layout::Layout;
use super::origin::Origin;
use super::read::{Kind, Module, Parts};
use std::collections::HashMap;
use wasm_encoder::reencode::{self, Error, Reencode};
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, ImportSection, Instruction, MemorySection,
    TableSection, TypeSection,
};
use wasmparser::Operator;

/// Writes the module. It imports its layout's functions from [`HOST`], and exports these items, each under
/// its number in the list.
pub(super) fn write(
    parts: &Parts<'_>,
    layout: &Layout<'_>,
    exports: &[(Kind, Origin)],
) -> Result<Vec<u8>, MergeError> {
    let mut sections = Sections::default();
    for (number, ty) in layout.import_types.iter().enumerate() {
        let ty = EntityType::Function(*ty);
        sections.imports.import(HOST, &number.to_string(), ty);
    }
    for (instance, module) in &layout.instances {
        let mut renumbered = Renumbered::of(parts, layout, *instance, module, &sections)?;
        sections.add(module, &mut renumbered)?;
        sections.data_segments += module.data.as_ref().map_or(0, |data| data.count());
    }
    for (number, (kind, origin)) in exports.iter().enumerate() {
        let kind_of_export = ExportKind::from(*kind);
        let index = layout.index(*kind, *origin)?;
        let exports = &mut sections.exports;
        exports.export(&number.to_string(), kind_of_export, index);
    }
    Ok(sections.finish())
}

/// The name that the module imports from.
pub(super) const HOST: &str = "host";

#[derive(Default)]
struct Sections {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    exports: ExportSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    data_segments: u32,
}

impl Sections {
    fn add(&mut self, module: &Module<'_>, to: &mut Renumbered<'_>) -> Result<(), MergeError> {
        if let Some(types) = &module.types {
            to.parse_type_section(&mut self.types, types.clone())?;
        }
        for ty in &module.functions {
            self.functions.function(to.type_index(*ty)?);
        }
        if let Some(tables) = &module.tables {
            to.parse_table_section(&mut self.tables, tables.clone())?;
        }
        if let Some(memories) = &module.memories {
            to.parse_memory_section(&mut self.memories, memories.clone())?;
        }
        if let Some(globals) = &module.globals {
            to.parse_global_section(&mut self.globals, globals.clone())?;
        }
        if let Some(elements) = &module.elements {
            to.parse_element_section(&mut self.elements, elements.clone())?;
        }
        for body in &module.bodies {
            to.parse_function_body(&mut self.code, body.clone())?;
        }
        if let Some(data) = &module.data {
            to.parse_data_section(&mut self.data, data.clone())?;
        }
        Ok(())
    }

    /// In the order that the format asks for.
    fn finish(&self) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        module
            .section(&self.types)
            .section(&self.imports)
            .section(&self.functions)
            .section(&self.tables)
            .section(&self.memories)
            .section(&self.globals)
            .section(&self.exports)
            .section(&self.elements)
            .section(&DataCountSection {
                count: self.data_segments,
            })
            .section(&self.code)
            .section(&self.data);
        module.finish()
    }
}

/// The indices of one merged module, as they are in the one.
struct Renumbered<'a> {
    items: HashMap<Kind, Vec<u32>>,
    /// Globals whose value is known, by their index in the merged module.
    constants: HashMap<u32, i32>,
    layout: &'a Layout<'a>,
    instance: u32,
    first_element: u32,
    first_data: u32,
}

impl<'a> Renumbered<'a> {
    fn of(
        parts: &Parts<'_>,
        layout: &'a Layout<'a>,
        instance: u32,
        module: &Module<'_>,
        sections: &Sections,
    ) -> Result<Self, MergeError> {
        let mut items = HashMap::new();
        let mut constants = HashMap::new();
        for kind in Kind::ALL {
            let mut indices = Vec::new();
            for index in 0..module.count(kind) {
                let origin = parts.origin_within(instance, kind, index)?;
                indices.push(layout.index(kind, origin)?);
                if kind == Kind::Global
                    && let Some(value) = layout.constants.get(&origin)
                {
                    constants.insert(index, *value);
                }
            }
            items.insert(kind, indices);
        }
        Ok(Self {
            items,
            constants,
            layout,
            instance,
            first_element: sections.elements.len(),
            first_data: sections.data_segments,
        })
    }

    fn item(&self, kind: Kind, index: u32) -> Result<u32, Error<MergeError>> {
        let items = self.items.get(&kind);
        let item = items.and_then(|items| items.get(index as usize));
        item.copied().ok_or(Error::UserError(MergeError::Missing))
    }
}

impl Reencode for Renumbered<'_> {
    type Error = MergeError;

    fn type_index(&mut self, ty: u32) -> Result<u32, Error<MergeError>> {
        Ok(self.layout.first_type(self.instance) + ty)
    }

    fn function_index(&mut self, function: u32) -> Result<u32, Error<MergeError>> {
        self.item(Kind::Function, function)
    }

    fn table_index(&mut self, table: u32) -> Result<u32, Error<MergeError>> {
        self.item(Kind::Table, table)
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<MergeError>> {
        self.item(Kind::Memory, memory)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<MergeError>> {
        self.item(Kind::Global, global)
    }

    fn element_index(&mut self, element: u32) -> Result<u32, Error<MergeError>> {
        Ok(self.first_element + element)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, Error<MergeError>> {
        Ok(self.first_data + data)
    }

    /// A known value in place of its global. So it is known where a table's part begins, and the engine can
    /// fill the table when it compiles.
    fn instruction<'b>(
        &mut self,
        operator: Operator<'b>,
    ) -> Result<Instruction<'b>, Error<MergeError>> {
        if let Operator::GlobalGet { global_index } = operator
            && let Some(value) = self.constants.get(&global_index)
        {
            return Ok(Instruction::I32Const(*value));
        }
        reencode::utils::instruction(self, operator)
    }
}
