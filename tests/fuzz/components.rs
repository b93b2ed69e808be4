//! Components: the scan before they are compiled (`binary::scan`, `binary::segments`, `binary::plan`), and
//! which of them are called directly (`binary::direct`).
//!
//! wasmparser's validator says which of them are right. What isn't is refused by the compiler, if not before.

use crate::seeds::{self, Recipe, Seeds};
use eco_compile::fuzzing::{Direct, Scan, direct, held, scan};
use std::panic::AssertUnwindSafe;
use wasmparser::{Operator, Parser, Payload, Validator, WasmFeatures};
use wasmtime::{Config, Engine, Instance, Module, Store, Trap};

/// The figures of `binary::scan`.
const TOOLS: usize = 16;
/// Units of work of a call of a direct function. Each of its bytes is at most an instruction, which runs
/// at most once, and takes a unit: this is `FUNCTION` of `binary::direct`.
const FUEL: u64 = 4096;
/// The budgets of `eco serve`: nothing that declares more is started.
const MEMORY: u64 = 64 << 20;
const TABLE: u64 = 100_000;

/// Sections and what is in them, as bytes.
const WORDS: &[&[u8]] = &[
    b"\0asm\x0d\0\x01\0",
    b"\0asm\x01\0\0\0",
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0x80, 0x80, 0x80, 0x80, 0x00],
    &[0x42, 0x01, 0x01],
    &[0x41, 0x01, 0x01],
    // A loop without an end of its own; a memory that grows; the end.
    &[0x03, 0x40, 0x0c, 0x00, 0x0b],
    &[0x41, 0x01, 0x40, 0x00, 0x1a],
    &[0x0b],
    // Lifting, with options.
    &[0x00, 0x00, 0x00, 0x03, 0x03, 0x00, 0x04, 0x00, 0x05, 0x00],
    // A component and a module in it.
    &[0x04, 0x08, 0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00],
    &[0x01, 0x08, 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // A custom section with the tools that made it.
    b"\0\x1c\x09producers\x01\x08language\x01\x01c\x0299",
];

/// The project's plugins that are text, in binary form.
fn seeds() -> Seeds {
    let folders = [
        "plugins",
        "tests/plugins",
        "tests/exercises/wrong",
        "tests/fuzz/corpus/components",
    ];
    let texts = folders
        .into_iter()
        .flat_map(|folder| seeds::files(folder, ".wat"));
    let binaries = texts.filter_map(|path| wat::parse_file(path).ok());
    Seeds::of(binaries.collect(), WORDS)
}

#[test]
fn the_scan_of_a_component_ends_and_what_it_finds_is_within_bounds() {
    let seeds = seeds();
    let fits = seeds
        .as_they_are()
        .iter()
        .filter(|seed| matches!(check(seed), Scan::Fits(_)));
    assert!(fits.count() > 10, "few of the seeds are plugins");
    bolero::check!()
        .with_type::<Recipe>()
        .for_each(|recipe| drop(check(&seeds.make(recipe))));
}

fn check(binary: &[u8]) -> Scan {
    let found = scan(binary);
    let valid = is_valid(binary);
    match &found {
        Scan::Fits(found) => {
            assert!(found.made_with.len() <= TOOLS, "{:?}", found.made_with);
        }
        Scan::TooMuch(what) => assert!(!what.is_empty()),
        Scan::Malformed(why) => assert!(!valid, "it is valid, and the scan says: {why}"),
    }
    if valid {
        // It knows how to run it, or not.
        let _ = held(binary);
    }
    let _ = direct(binary);
    found
}

fn is_valid(binary: &[u8]) -> bool {
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    validator.validate_all(binary).is_ok()
}

/// What a handler's function is made of: statements that leave nothing on the stack.
const STATEMENTS: [&str; 24] = [
    "(drop (memory.grow (i32.const 1)))",
    "(i32.store (i32.const 8) (local.get 1))",
    "(i32.store8 (local.get 0) (i32.const 7))",
    "(drop (i32.load (local.get 1)))",
    "(drop (i32.div_u (local.get 0) (local.get 1)))",
    "(block (br 0))",
    "(block (block (br_table 0 1 0 (local.get 1))))",
    "(if (local.get 1) (then (return (i32.const 8))))",
    "(if (local.get 0) (then (nop)) (else unreachable))",
    "(global.set $global (i32.add (global.get $global) (i32.const 1)))",
    "(local.set 0 (local.get 1))",
    "(loop)",
    "(loop (br_if 0 (local.get 1)))",
    "(loop (br 0))",
    "(block (loop (br 1)))",
    "(drop (call $receive (local.get 0) (local.get 1)))",
    "(drop (call $other (local.get 0) (local.get 1)))",
    "(drop (call_indirect (param i32 i32) (result i32) (local.get 0) (local.get 1) (i32.const 0)))",
    "(memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))",
    "(memory.copy (i32.const 0) (i32.const 1) (i32.const 65535))",
    "(drop (i32.trunc_sat_f32_s (f32.const 1)))",
    "(drop (i32.extend8_s (local.get 0)))",
    "unreachable",
    "nop",
];
/// What else may be in its module.
const FIELDS: [&str; 12] = [
    "(data (i32.const 16) \"data\")",
    "(data (i32.const 65530) \"beyond the end of the memory\")",
    "(data $passive \"passive\")",
    "(start $start)",
    "(elem (i32.const 0) $receive)",
    "(elem declare func $other)",
    "(memory 1)",
    "(import \"m\" \"f\" (func))",
    "(tag $tag)",
    "(export \"other\" (func $other))",
    "(export \"again\" (memory 0))",
    "(func (export \"loops\") (loop (br 0)))",
];
/// What else may be in the component, before its module is instantiated and after.
const BEFORE: [&str; 6] = [
    "(core module $other)",
    "(component)",
    "(import \"f\" (func))",
    "(type (list u8))",
    "(core type (func))",
    "(@custom \"c\" \"custom\")",
];
const AFTER: [&str; 6] = [
    "(core instance (instantiate $m))",
    "(alias core export $m \"realloc\" (core func $aliased))",
    "(alias core export $m \"memory\" (core memory))",
    "(core func (canon resource.drop 0))",
    "(func (export \"again\") (param \"a\" u32) (param \"b\" u32) (result u32) (canon lift (core func $m \"receive\")))",
    "(core instance (export \"memory\" (memory $m \"memory\")))",
];
/// How it is lifted.
const OPTIONS: [&str; 6] = [
    "",
    "string-encoding=utf8",
    "string-encoding=utf16",
    "(post-return (core func $m \"free\"))",
    "async",
    "(memory (core memory $m \"memory\"))",
];
/// Which of the module's functions is which.
const FUNCTIONS: [&str; 3] = ["receive", "other", "realloc"];

/// The statements of `receive`, of another function and of `realloc`; the fields; what is before and after; an
/// option; which function is lifted; and what is changed in the bytes that come of it.
type Parts = (
    (Vec<u8>, Vec<u8>, Vec<u8>),
    Vec<u8>,
    (Vec<u8>, Vec<u8>),
    (u8, u8),
    Option<Recipe>,
);

fn component(
    ((receive, other, realloc), fields, (before, after), (option, lifted), _): &Parts,
) -> String {
    let some = |numbers: &[u8], most: usize, of: &[&str]| -> String {
        let numbers = numbers.iter().take(most);
        let words = numbers.filter_map(|number| of.get(usize::from(*number) % (2 * of.len())));
        words.copied().collect::<Vec<_>>().join("\n")
    };
    // Loops and calls are rare enough that there are functions without.
    let body = |numbers: &[u8]| {
        let direct = numbers.first().is_none_or(|number| number % 4 != 0);
        let of = if direct {
            &STATEMENTS[..11]
        } else {
            &STATEMENTS[..]
        };
        some(numbers, 40, of)
    };
    format!(
        r#"(component
            {before}
            (core module $m
              {fields}
              (memory (export "memory") 1)
              (table 1 funcref)
              (global $global (mut i32) (i32.const 0))
              (func $start)
              (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc} (i32.const 1024))
              (func (export "free") (param i32))
              (func $receive (export "receive") (param i32 i32) (result i32) {receive} (i32.const 8))
              (func $other (export "other") (param i32 i32) (result i32) {other} (i32.const 16)))
            (core instance $m (instantiate $m))
            {after}
            (func $receive (param "chunk" (list u8)) (result (list u8))
              (canon lift (core func $m "{lifted}") (memory (core memory $m "memory"))
                (realloc (core func $m "realloc")) {option}))
            (instance $handler (export "receive" (func $receive)))
            (export "eco:plugin/handler@0.1.0" (instance $handler)))"#,
        before = some(before, 1, &BEFORE),
        fields = some(fields, 2, &FIELDS),
        realloc = body(realloc),
        receive = body(receive),
        other = body(other),
        after = some(after, 1, &AFTER),
        lifted = FUNCTIONS[usize::from(*lifted) % FUNCTIONS.len()],
        option = OPTIONS[usize::from(option.trailing_ones() as u8) % OPTIONS.len()],
    )
}

#[test]
fn what_is_called_directly_has_its_parts_and_is_over_at_once() {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = AssertUnwindSafe(Engine::new(&config).unwrap());
    let echo = wat::parse_file(seeds::path("plugins/echo/echo.wat")).unwrap();
    assert!(check_straight(&engine, &echo, [0, 16, 3, 1000]));
    bolero::check!()
        .with_type::<(Parts, [u32; 4])>()
        .for_each(|(parts, arguments)| {
            let Ok(mut binary) = wat::parse_str(component(parts)) else {
                return;
            };
            if let Some(recipe) = &parts.4 {
                binary = Seeds::of(vec![binary], WORDS).make(recipe);
            }
            check_straight(&engine, &binary, *arguments);
        });
}

/// Whether it is direct, and all that must be true then is.
fn check_straight(engine: &Engine, binary: &[u8], arguments: [u32; 4]) -> bool {
    let valid = is_valid(binary);
    let found = match direct(binary) {
        Ok(found) => found,
        Err(why) => {
            assert!(!valid, "it is valid, and malformed: {why}");
            return false;
        }
    };
    // It is asked only of what the compiler has taken.
    let (Some(found), true) = (found, valid) else {
        return false;
    };
    let Scan::Fits(scanned) = scan(binary) else {
        return true;
    };
    assert!(!scanned.post_return, "what it returns may be freed");
    assert_has_no_loops(found.module);
    let module = Module::new(engine, found.module).expect("the module of a direct plugin compiles");
    assert_eq!(module.imports().len(), 0);
    if scanned.memory <= MEMORY && scanned.table <= TABLE {
        assert_ends(engine, &module, &found, arguments);
    }
    true
}

fn assert_has_no_loops(module: &[u8]) {
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().unwrap() {
                    let operator = operator.unwrap();
                    let name = format!("{operator:?}");
                    let repeats = matches!(operator, Operator::Loop { .. })
                        || ["Call", "ReturnCall", "Memory", "Table"]
                            .iter()
                            .any(|word| name.starts_with(word));
                    let size = matches!(
                        operator,
                        Operator::MemoryGrow { .. } | Operator::MemorySize { .. }
                    );
                    assert!(!repeats || size, "{name}");
                }
            }
            Payload::StartSection { .. } => panic!("it has a start function"),
            _ => {}
        }
    }
}

fn assert_ends(engine: &Engine, module: &Module, found: &Direct<'_>, [a, b, c, d]: [u32; 4]) {
    let mut store = Store::new(engine, ());
    store.set_fuel(FUEL).unwrap();
    // Its data may lie beyond its memory.
    let Ok(instance) = Instance::new(&mut store, module, &[]) else {
        return;
    };
    assert!(
        instance.get_memory(&mut store, found.memory).is_some(),
        "{found:?}"
    );
    let realloc = instance.get_typed_func::<(u32, u32, u32, u32), u32>(&mut store, found.realloc);
    let receive = instance.get_typed_func::<(u32, u32), u32>(&mut store, found.receive);
    let (realloc, receive) = (realloc.expect("a realloc"), receive.expect("a receive"));
    let called = realloc.call(&mut store, (a, b, c, d)).map(drop);
    assert_in_time(called);
    store.set_fuel(FUEL).unwrap();
    assert_in_time(receive.call(&mut store, (a, b)).map(drop));
}

/// It may trap, and not for want of fuel.
fn assert_in_time(called: wasmtime::Result<()>) {
    if let Err(error) = called {
        assert_ne!(
            error.downcast_ref::<Trap>(),
            Some(&Trap::OutOfFuel),
            "{error:#}"
        );
    }
}
