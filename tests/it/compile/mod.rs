//! Compiling: the processes that do it, attacks on them, and the cache of code.

mod attacks;
#[cfg(unix)]
mod cache;
mod helper;

use crate::support::handler;
/// The built-in echo, as a plugin of one's own.
pub(crate) const ECHO: &str = include_str!("../../../plugins/echo/echo.wat");

/// A number in LEB128.
pub(crate) fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 127 {
        bytes.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A component of these sections, each with its number.
pub(crate) fn sections(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    for (number, content) in sections {
        component.push(*number);
        component.extend(leb(content.len()));
        component.extend(content);
    }
    component
}

/// 644 instance types, or 100,000 component types, each in the one before.
pub(crate) fn nested() -> [(&'static str, Vec<u8>); 2] {
    let nest = |kind: u8, depth: usize| {
        let innermost = [kind, 0];
        types(&[&[1][..], &[kind, 1, 1].repeat(depth), &innermost].concat())
    };
    [
        ("instance-types.wasm", nest(0x42, 644)),
        ("component-types.wasm", nest(0x41, 100_000)),
    ]
}

/// So many loops in each other: the compiler's time grows with their square.
pub(crate) fn loops(depth: usize) -> String {
    let ends = "local.get 0 br_if 0 end ".repeat(depth);
    with_function(0, &format!("{}{ends}", "loop ".repeat(depth)))
}

/// A component with nothing but this section of types.
fn types(section: &[u8]) -> Vec<u8> {
    sections(&[(7, section.to_vec())])
}

/// A plugin with one more function.
fn with_function(locals: usize, body: &str) -> String {
    let locals = "i32 ".repeat(locals);
    let fields = format!(
        r#"(memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
        (func (export "receive") (param i32 i32) (result i32) (i32.const 0))
        (func (param i32) (local {locals}) {body})"#
    );
    handler(&fields, "")
}
