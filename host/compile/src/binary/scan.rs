//! The scan of a component's binary before it is compiled: its facts, and the reasons to refuse it.
//!
//! It reads the binary format alone. `code_cache::loaded` compares the facts with the budgets that users set.

use crate::facts::Scanned;
use wasmparser::{
    BinaryReaderError, CanonicalFunction, CanonicalOption, ComponentCanonicalSectionReader,
    ComponentInstance, ComponentType, ComponentTypeDeclaration, InstanceTypeDeclaration,
    KnownCustom, Parser, Payload, ProducersSectionReader,
};

/// The size of a wasm page, where a memory doesn't declare another.
const PAGE_LOG2: u32 = 16;

/// Deepest nesting of components and modules, and their largest number. Toolchains nest two or three deep; compiling
/// 200,000 levels takes gigabytes. More is refused as too complex.
/// Test: `refused_plugins::components::a_plugin_that_would_take_gigabytes_to_compile_is_refused`.
const DEPTH: usize = 16;
const NESTED: usize = 256;
/// Longest function, in bytes. The largest functions of interpreters that plugins are written in have some 100 KiB; the
/// compiler's memory grows faster than a function. A longer one is refused as too complex.
/// Test: `refused_plugins::components::a_plugin_that_would_take_gigabytes_to_compile_is_refused`.
const FUNCTION: usize = 1024 * 1024;

/// Names of imports and exports in a component, with those of its types and instances; or in a program. A component that imports all of
/// WASI has some hundred. The host keeps all of them, and descriptions of a plugin list them. More is refused as too
/// complex. Test: `refused_plugins::components::a_component_with_a_hundred_thousand_names_is_refused`.
const NAMES: usize = 10_000;

/// Names of tools that are kept. A toolchain has a handful; further ones are left out.
const TOOLS: usize = 16;

/// Why a component is not compiled.
#[derive(Debug)]
pub(crate) enum Unfit {
    Malformed(BinaryReaderError),
    /// The component exceeds a bound of the compiler, which the text names.
    Complex(String),
    /// The component would have the host do work that no budget bounds. The text names the work.
    Unbounded(String),
}

impl From<BinaryReaderError> for Unfit {
    fn from(error: BinaryReaderError) -> Self {
        Self::Malformed(error)
    }
}

/// Reads every module and component nested in `binary`.
///
/// # Errors
/// See [`Unfit`].
pub(crate) fn scan(binary: &[u8]) -> Result<Scanned, Unfit> {
    let mut found = Scanned::default();
    let (mut depth, mut nested, mut names) = (0usize, 0, 0);
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload?;
        names += names_in(&payload)?;
        if depth == 0 {
            names += names_of_module(&payload);
        }
        if names > NAMES {
            return Err(Unfit::Complex(format!(
                "it has {names} names of imports and exports (at most {NAMES})"
            )));
        }
        match payload {
            Payload::TagSection(_) => {
                let what = "it throws exceptions, and the host looks for who catches one. \
                    Build it without them, as Rust and C do";
                return Err(Unfit::Unbounded(what.to_owned()));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                (depth, nested) = (depth + 1, nested + 1);
                if depth > DEPTH || nested > NESTED {
                    return Err(Unfit::Complex(format!(
                        "it has {nested} modules and components in it, {depth} deep (at most {NESTED}, {DEPTH} deep)"
                    )));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CodeSectionEntry(body) if body.range().len() > FUNCTION => {
                let length = body.range().len();
                return Err(Unfit::Complex(format!(
                    "a function has {length} bytes (at most {FUNCTION})"
                )));
            }
            Payload::ComponentCanonicalSection(section) => {
                found.post_return |= any_post_return(section)?;
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Producers(producers) = section.as_known() {
                    collect_tools(producers, &mut found.made_with);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    let page = 1u64 << memory.page_size_log2.unwrap_or(PAGE_LOG2).min(PAGE_LOG2);
                    found.memory = found.memory.max(memory.initial.saturating_mul(page));
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    found.table = found.table.max(table?.ty.initial);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Counts the names of a section of the outermost module: those of a program.
fn names_of_module(section: &Payload<'_>) -> usize {
    match section {
        Payload::ImportSection(section) => section.count() as usize,
        Payload::ExportSection(section) => section.count() as usize,
        _ => 0,
    }
}

/// Counts a section's names of imports and exports.
fn names_in(section: &Payload<'_>) -> Result<usize, BinaryReaderError> {
    let mut names = 0;
    match section {
        Payload::ComponentImportSection(section) => names += section.count() as usize,
        Payload::ComponentExportSection(section) => names += section.count() as usize,
        Payload::ComponentInstanceSection(section) => {
            for instance in section.clone() {
                if let ComponentInstance::FromExports(exports) = instance? {
                    names += exports.len();
                }
            }
        }
        Payload::ComponentTypeSection(section) => {
            for kind in section.clone() {
                names += names_of_type(&kind?);
            }
        }
        _ => {}
    }
    Ok(names)
}

/// Counts the same names in a type. The recursion is no deeper than that of wasmparser, which has read the type.
fn names_of_type(kind: &ComponentType<'_>) -> usize {
    let of_instance = |declaration: &InstanceTypeDeclaration<'_>| match declaration {
        InstanceTypeDeclaration::Export { .. } => 1,
        InstanceTypeDeclaration::Type(kind) => names_of_type(kind),
        InstanceTypeDeclaration::CoreType(_) | InstanceTypeDeclaration::Alias(_) => 0,
    };
    let of_component = |declaration: &ComponentTypeDeclaration<'_>| match declaration {
        ComponentTypeDeclaration::Export { .. } | ComponentTypeDeclaration::Import(_) => 1,
        ComponentTypeDeclaration::Type(kind) => names_of_type(kind),
        ComponentTypeDeclaration::CoreType(_) | ComponentTypeDeclaration::Alias(_) => 0,
    };
    match kind {
        ComponentType::Instance(declarations) => declarations.iter().map(of_instance).sum(),
        ComponentType::Component(declarations) => declarations.iter().map(of_component).sum(),
        ComponentType::Defined(_) | ComponentType::Func(_) | ComponentType::Resource { .. } => 0,
    }
}

/// Finds [`Scanned::post_return`] alone, in a component of eco's own.
pub(crate) fn post_return(binary: &[u8]) -> Result<bool, BinaryReaderError> {
    let mut found = false;
    for payload in Parser::new(0).parse_all(binary) {
        if let Payload::ComponentCanonicalSection(section) = payload? {
            found |= any_post_return(section)?;
        }
    }
    Ok(found)
}

fn any_post_return(
    section: ComponentCanonicalSectionReader<'_>,
) -> Result<bool, BinaryReaderError> {
    let mut found = false;
    for function in section {
        if let CanonicalFunction::Lift { options, .. } = function? {
            found |= options
                .iter()
                .any(|option| matches!(option, CanonicalOption::PostReturn(_)));
        }
    }
    Ok(found)
}

/// Adds the tools that a producers section names. Malformed entries are skipped, since the section is only a comment.
fn collect_tools(section: ProducersSectionReader<'_>, tools: &mut Vec<String>) {
    let values = section.into_iter().flatten().flat_map(|field| field.values);
    for tool in values.into_iter().flatten() {
        let text = format!("{} {}", tool.name, tool.version);
        let text = text.trim_end().to_owned();
        if tools.len() < TOOLS && !tools.contains(&text) {
            tools.push(text);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::cache::Cache;
    use crate::interpreter::Interpreter;
    use crate::script::languages::Language;

    #[test]
    fn a_post_return_is_found_however_deep_it_is_nested() {
        let component = |post_return: &str| {
            wat::parse_str(format!(
                r#"(component (component
                    (core module $m (memory (export "memory") 3) (table 7 funcref)
                        (func (export "free") (param i32))
                        (func (export "get") (result i32) i32.const 0))
                    (core instance $i (instantiate $m))
                    (func (export "get") (result (list u8))
                        (canon lift (core func $i "get") (memory (core memory $i "memory")) {post_return}))))"#
            ))
            .unwrap()
        };
        let plain = scan(&component("")).unwrap();
        assert_eq!(
            plain,
            Scanned {
                memory: 3 << 16,
                table: 7,
                ..Scanned::default()
            }
        );
        let with = component(r#"(post-return (core func $i "free"))"#);
        assert!(scan(&with).unwrap().post_return);
        assert!(post_return(&with).unwrap());
    }

    /// With a `post-return` the host would copy each reply, and one more call would free it.
    #[test]
    fn interpreters_that_are_part_of_eco_have_no_post_return() {
        let languages = Language::ALL.iter().copied();
        for language in languages.filter(|language| !language.needs_setup()) {
            let interpreter = Interpreter::of(language, &Cache::None).unwrap();
            assert!(!post_return(&interpreter.read().unwrap()).unwrap());
        }
    }
}
