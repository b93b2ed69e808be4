//! Plugins that attack the host. Each is an echo until a chunk starts with `!`. Then it does its
//! worst. It must lose that connection, with the reason in the log, and nobody else may notice.

use crate::harness::Eco;
use crate::support::{Peer, handler, serve};

/// Stores a list in the place for the result: address, length.
macro_rules! list {
    ($at:literal, $length:literal) => {
        concat!(
            "(i32.store (i32.const 8) (i32.const ",
            $at,
            ")) (i32.store (i32.const 12) (i32.const ",
            $length,
            ")) (i32.const 8)"
        )
    };
}

mod calls;
mod loops;
mod memory;
mod uncounted_work;
mod wasi;

/// One attack: what `receive` does at `!`, what the module has besides, and how `realloc` begins.
#[derive(Clone, Copy, Default)]
struct Attack {
    name: &'static str,
    /// Instructions that leave the address of the result, as `receive` has to.
    body: &'static str,
    fields: &'static str,
    realloc: &'static str,
    /// Words that the log must have on it.
    logged: &'static [&'static str],
}

const ATTACK: Attack = Attack {
    name: "",
    body: "unreachable",
    fields: "",
    realloc: "",
    logged: &[],
};

const ATTACKS: &[Attack] = &[
    Attack {
        name: "loop",
        body: "(loop $l (br $l)) unreachable",
        logged: &["processor time per call", "--cpu"],
        ..ATTACK
    },
    Attack {
        name: "trap",
        body: "unreachable",
        logged: &["trapped", "unreachable"],
        ..ATTACK
    },
    Attack {
        name: "divide",
        body: "(i32.div_u (i32.const 1) (i32.const 0))",
        logged: &["trapped", "divide by zero"],
        ..ATTACK
    },
    Attack {
        name: "recurse",
        body: "(call $deeper (i32.const 0))",
        fields: "(func $deeper (param i32) (result i32) (i32.add (call $deeper (local.get 0)) (i32.const 1)))",
        logged: &["stack per call", "--stack"],
        ..ATTACK
    },
    Attack {
        name: "memory",
        body: "(loop $l (drop (memory.grow (i32.const 16))) (br $l)) unreachable",
        logged: &["memory per instance", "--memory"],
        ..ATTACK
    },
    Attack {
        name: "memory-at-once",
        body: "(memory.grow (i32.const 65000))",
        logged: &["memory per instance", "--memory"],
        ..ATTACK
    },
    Attack {
        name: "table",
        body: "(loop $l (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $l)) unreachable",
        fields: "(table $t 1 funcref)",
        logged: &["table elements", "--table"],
        ..ATTACK
    },
    Attack {
        name: "reply-too-large",
        body: concat!(
            "(drop (memory.grow (i32.const 400)))",
            list!("0", "16777216")
        ),
        logged: &["bytes returned per call", "--reply"],
        ..ATTACK
    },
    Attack {
        name: "list-out-of-bounds",
        body: list!("65000", "0x7fffffff"),
        logged: &["calling convention", "out of bounds"],
        ..ATTACK
    },
    Attack {
        name: "list-wraps-around",
        body: list!("0xfffffff0", "0xffffffff"),
        logged: &["calling convention", "out of bounds"],
        ..ATTACK
    },
    Attack {
        name: "result-unaligned",
        body: "(i32.const 9)",
        logged: &["calling convention", "not aligned"],
        ..ATTACK
    },
    Attack {
        name: "result-out-of-bounds",
        body: "(i32.const 0x7ffffff8)",
        logged: &["calling convention", "out of bounds"],
        ..ATTACK
    },
    Attack {
        name: "realloc-out-of-bounds",
        realloc: "(return (i32.const 0x7fffff00))",
        logged: &["calling convention", "realloc"],
        ..ATTACK
    },
    Attack {
        name: "realloc-loops",
        realloc: "(loop $l (br $l))",
        logged: &["processor time per call", "--cpu"],
        ..ATTACK
    },
    Attack {
        name: "realloc-traps",
        realloc: "unreachable",
        logged: &["trapped"],
        ..ATTACK
    },
    Attack {
        name: "fills-memory-for-ever",
        body: "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 131072)) (br $l)) unreachable",
        logged: &["processor time per call", "--cpu"],
        ..ATTACK
    },
];

/// A message whose length tells `realloc` that an attack comes.
const ATTACK_MESSAGE: &[u8] = b"!attack";

impl Attack {
    /// The plugin. Where the attack is a function that is called, the host has to reckon with
    /// everything; written into `receive`, most of them are straight-line code, which it calls in
    /// another way.
    fn text(&self, written: Written) -> String {
        let Self {
            body,
            fields,
            realloc,
            ..
        } = self;
        let (function, attack) = match written {
            Written::AsFunction => (
                format!("(func $attack (result i32) {body})"),
                "(call $attack)".to_owned(),
            ),
            Written::InPlace => (String::new(), (*body).to_owned()),
        };
        let fields = format!(
            r#"(memory (export "memory") 2)
    {fields}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.eq (local.get 3) (i32.const 7)) (then {realloc}))
      (i32.const 16))
    {function}
    (func (export "receive") (param $at i32) (param $length i32) (result i32)
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then {attack} (return)))
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0))"#
        );
        handler(&fields, "")
    }
}

#[derive(Clone, Copy, Debug)]
enum Written {
    AsFunction,
    InPlace,
}

/// A component with WASI, whose `receive` runs `body` at `!`.
pub(crate) fn with_wasi(
    imports: &str,
    lowered: &str,
    given: &str,
    module_imports: &str,
    body: &str,
) -> String {
    format!(
        r#"(component
  {imports}
  (core module $memory
    (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $memory (instantiate $memory))
  {lowered}
  (core module $m
    (import "memory" "memory" (memory 2))
    {module_imports}
    (data (i32.const 512) "words, words, words: \1b[31m red \0a")
    (func $attack (result i32) {body})
    (func (export "receive") (param $at i32) (param $length i32) (result i32)
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then (return (call $attack))))
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0)))
  (core instance $m (instantiate $m
    (with "memory" (instance $memory))
    (with "host" (instance {given}))))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

/// The plugin can't be used; the message has these words.
#[track_caller]
fn refused(path: &str, words: &str) {
    let refused = Eco::new(&["serve", "--listen", "127.0.0.1:0", "-p", path]).run(b"");
    assert_eq!(refused.code, 65, "{}", refused.stderr);
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
}

/// Serves the plugin, which is an echo.
#[track_caller]
fn served(path: &str) {
    let eco = serve(&["-p", path]);
    Peer::connect(eco.address).send(b"hello").expect(b"hello");
}

/// As [`echo`], and does this at `!`.
pub(crate) fn echo_at(attack: &str, fields: &str) -> String {
    format!(
        r#"(memory (export "memory") 2)
  {fields}
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
  (func (export "receive") (param $at i32) (param $length i32) (result i32)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then {attack}))
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (i32.const 0))"#
    )
}

/// So many bytes of data, each three pages after the one before.
pub(crate) fn strewn(segments: u32) -> String {
    let segment = |number| format!("(data (i32.const {}) \"x\")\n", 1024 + number * 3 * 4096);
    let data: String = (0..segments).map(segment).collect();
    let fields = echo(&data).replace("\"memory\") 2", "\"memory\") 960");
    handler(&fields, "")
}

/// Fields of a module that is an echo, with these besides.
fn echo(fields: &str) -> String {
    echo_at("", fields)
}
