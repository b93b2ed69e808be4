//! Direct calls: finds components whose every call ends at once, whatever bytes it is given.
//!
//! The module reads the binary format and proves nothing else. `compiler::job` acts on its answer.

use crate::facts::DirectNames;
use std::ops::Range;
use wasmparser::{
    BinaryReaderError, CanonicalFunction, CanonicalOption, ComponentAlias, ExternalKind, Instance,
    Operator, Parser, Payload, Validator, WasmFeatures,
};

/// Longest function, in bytes, of a component that is called directly. Without loops and calls each instruction runs at
/// most once, so a call takes microseconds, or a millisecond at worst, where each instruction grows the memory. A
/// component with a longer function runs on a fiber of its own, like any other.
/// Test: `what_could_run_for_long_is_not_direct`.
const FUNCTION: usize = 4096;

/// Bytes that the host may hold for an instance that is called directly, beside its memory and its tables. They are not
/// counted with the memory of all instances, and such an instance has no stack to be counted either. A plugin with more
/// is called like any other. Test: `hostile_plugins::memory::memory_of_the_host_for_all_instances_has_a_budget`.
pub(crate) const HELD: u64 = 16 * 1024;

/// A component that can be called directly: one module without imports, and the one function that is lifted from it.
#[derive(Debug, PartialEq)]
pub(crate) struct DirectModule<'a> {
    /// The core module, in binary form.
    pub(crate) module: &'a [u8],
    /// Name under which the module exports its memory.
    pub(crate) memory: &'a str,
    /// Name of its `realloc`.
    pub(crate) realloc: &'a str,
    /// Name of the function behind the interface's `receive`.
    pub(crate) receive: &'a str,
}

impl DirectModule<'_> {
    /// The names of its parts.
    pub(crate) fn names(&self) -> DirectNames {
        DirectNames {
            memory: self.memory.to_owned(),
            realloc: self.realloc.to_owned(),
            receive: self.receive.to_owned(),
        }
    }

    /// Length of its longest name, in bytes.
    pub(crate) fn longest_name(&self) -> usize {
        let names = [self.memory, self.realloc, self.receive];
        names.into_iter().map(str::len).max().unwrap_or_default()
    }
}

/// Finds the parts that a direct call of a component needs; `None` for a component that can't be called so.
///
/// # Errors
/// The binary is malformed; the error has the offset.
pub(crate) fn detect(binary: &[u8]) -> Result<Option<DirectModule<'_>>, BinaryReaderError> {
    let Some(Parts {
        module,
        memories,
        functions,
        lift: Some((receive, memory, realloc)),
    }) = parts(binary)?
    else {
        return Ok(None);
    };
    let function = |place: u32| functions.get(place as usize).copied();
    let (Some(module), Some(memory), Some(realloc), Some(receive)) = (
        module.and_then(|range| binary.get(range)),
        memories.get(memory as usize).copied(),
        function(realloc),
        function(receive),
    ) else {
        return Ok(None);
    };
    Ok(is_direct(module)?.then_some(DirectModule {
        module,
        memory,
        realloc,
        receive,
    }))
}

/// The parts of a component that may be called directly.
#[derive(Default)]
struct Parts<'a> {
    module: Option<Range<usize>>,
    /// Names of the module's exports, each list in the order of the component's indices.
    memories: Vec<&'a str>,
    functions: Vec<&'a str>,
    /// Indices of the lifted function, its memory and its `realloc`.
    lift: Option<(u32, u32, u32)>,
}

/// Collects the parts; `None` if the component has any others.
fn parts(binary: &[u8]) -> Result<Option<Parts<'_>>, BinaryReaderError> {
    let mut found = Parts::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload?;
        match payload {
            Payload::End(_) => depth -= 1,
            // `is_direct` reads the module's own sections.
            _ if depth > 1 => {}
            Payload::Version { .. } => depth += 1,
            Payload::ModuleSection {
                unchecked_range, ..
            } if found.module.is_none() => {
                found.module = Some(unchecked_range);
                depth += 1;
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    match instance? {
                        Instance::Instantiate { args, .. } if args.is_empty() => {}
                        _ => return Ok(None),
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    match alias? {
                        ComponentAlias::CoreInstanceExport {
                            kind: ExternalKind::Func,
                            instance_index: 0,
                            name,
                        } => found.functions.push(name),
                        ComponentAlias::CoreInstanceExport {
                            kind: ExternalKind::Memory,
                            instance_index: 0,
                            name,
                        } => found.memories.push(name),
                        _ => return Ok(None),
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    let lift = lift(&function?);
                    if lift.is_none() || found.lift.is_some() {
                        return Ok(None);
                    }
                    found.lift = lift;
                }
            }
            Payload::ComponentTypeSection(_)
            | Payload::ComponentInstanceSection(_)
            | Payload::ComponentExportSection(_)
            | Payload::CustomSection(_) => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// Indices of the lifted function, its memory and its `realloc`. `None` where the memory or the `realloc` is missing,
/// or where another option, such as `post-return`, would run code too.
fn lift(function: &CanonicalFunction) -> Option<(u32, u32, u32)> {
    let CanonicalFunction::Lift {
        core_func_index,
        options,
        ..
    } = function
    else {
        return None;
    };
    let (mut memory, mut realloc) = (None, None);
    for option in options {
        match option {
            CanonicalOption::Memory(place) => memory = Some(*place),
            CanonicalOption::Realloc(place) => realloc = Some(*place),
            CanonicalOption::UTF8 | CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => {}
            _ => return None,
        }
    }
    Some((*core_func_index, memory?, realloc?))
}

/// Whether every function of the module ends soon: the module is WebAssembly 1.0, where no instruction takes longer for
/// a larger operand, and it has no loops, no calls, no imports and no start function.
fn is_direct(module: &[u8]) -> Result<bool, BinaryReaderError> {
    let mut validator = Validator::new_with_features(WasmFeatures::WASM1);
    if validator.validate_all(module).is_err() {
        return Ok(false);
    }
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(_) | Payload::StartSection { .. } => return Ok(false),
            Payload::CodeSectionEntry(body) => {
                if body.range().len() > FUNCTION {
                    return Ok(false);
                }
                for operator in body.get_operators_reader()? {
                    if let Operator::Loop { .. }
                    | Operator::Call { .. }
                    | Operator::CallIndirect { .. } = operator?
                    {
                        return Ok(false);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// A handler whose module has these fields, with these options and parts of the component.
    fn handler(fields: &str, options: &str, parts: &str) -> Vec<u8> {
        wat::parse_str(format!(
            r#"(component
                (core module $m (memory (export "memory") 1)
                  (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
                  (func (export "free") (param i32))
                  {fields})
                {parts}
                (core instance $m (instantiate $m))
                (func $receive (param "chunk" (list u8)) (result (list u8))
                  (canon lift (core func $m "receive") (memory (core memory $m "memory"))
                    (realloc (core func $m "realloc")) {options}))
                (instance $handler (export "receive" (func $receive)))
                (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
        ))
        .unwrap()
    }

    fn receive(body: &str) -> String {
        format!(r#"(func (export "receive") (param i32 i32) (result i32) {body} (i32.const 0))"#)
    }

    #[test]
    fn a_handler_without_loops_and_calls_is_direct_and_its_parts_are_found_by_name() {
        let binary = handler(&receive("(drop (memory.grow (i32.const 1)))"), "", "");
        let shape = detect(&binary).unwrap().unwrap();
        assert_eq!(
            (shape.memory, shape.realloc, shape.receive),
            ("memory", "realloc", "receive")
        );
        assert!(shape.module.starts_with(b"\0asm"));
    }

    #[test]
    fn the_built_in_echo_is_direct() {
        let echo = wat::parse_str(include_str!("../../plugins/echo/echo.wat")).unwrap();
        assert!(detect(&echo).unwrap().is_some());
    }

    #[test]
    fn what_could_run_for_long_is_not_direct() {
        let long = "(drop (i32.const 1))".repeat(FUNCTION);
        let bodies = [
            "(loop (br 0))",
            "(call $receive (i32.const 0) (i32.const 0)) drop",
            "(call_indirect (param i32) (i32.const 0) (i32.const 0))",
            "(memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))",
            &long,
        ];
        for body in bodies {
            let fields = format!(
                r#"(table 1 funcref) (export "receive" (func $receive))
                (func $receive (param i32 i32) (result i32) {body} (i32.const 0))"#
            );
            assert_eq!(detect(&handler(&fields, "", "")).unwrap(), None, "{body}");
        }
        for (fields, options, parts) in [
            ("(func $start) (start $start)", "", ""),
            ("", r#"(post-return (core func $m "free"))"#, ""),
            ("", "", r#"(import "f" (func))"#),
            ("", "", "(component)"),
            ("", "", "(core module)"),
        ] {
            let fields = format!("{} {fields}", receive(""));
            let binary = handler(&fields, options, parts);
            let found = detect(&binary).unwrap();
            assert_eq!(found, None, "{fields} {options} {parts}");
        }
    }
}
