//! What scripts return, in languages where that may be anything: `plugin::script`, the interpreters, and what the
//! host makes of what they say.
//!
//! Each script runs its chunk as text, so that the interpreter is compiled and started once.

use eco_host::contract::Session as _;
use eco_host::plugin::{Budget, Budgets, Cache, Compiler, Engine, Error, ServerPlugin, Source};
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// The budget of what a call returns, in bytes.
const REPLY: usize = 64 * 1024;

const JAVASCRIPT: &str = r#"
    const decoder = new TextDecoder();
    function receive(chunk) { return (0, eval)("(" + decoder.decode(chunk) + ")"); }"#;

/// `@` is where another value goes.
const JAVASCRIPT_VALUES: [&str; 56] = [
    "undefined",
    "null",
    "true",
    "0",
    "-0",
    "NaN",
    "1e400",
    "10n",
    "Symbol('s')",
    "''",
    "'text'",
    "'\\ud800'",
    "'\\0\\x1b[2J'",
    "'ñ'.repeat(40000)",
    "new Uint8Array(3)",
    "new Uint8Array(70000)",
    "new ArrayBuffer(5)",
    "new Uint8Array([256, -1, 'x'])",
    "new Uint16Array(2)",
    "new DataView(new ArrayBuffer(4))",
    "new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }), 4)",
    "new Date(0)",
    "new Map()",
    "new Set([1])",
    "/x/y",
    "new Error('e')",
    "function () {}",
    "() => { throw @ }",
    "(() => { throw @ })()",
    "Promise.resolve(@)",
    "Promise.reject(@)",
    "new Promise(() => {})",
    "(function* () { yield @ })()",
    "(async () => @)()",
    "[@]",
    "[@, @]",
    "{ data: @ }",
    "{ next: @ }",
    "{ data: @, next: 'close' }",
    "{ data: 'd', next: @ }",
    "{ data: @, next: @ }",
    "{ get data() { return @ } }",
    "{ get data() { throw @ } }",
    "{ toString() { return @ } }",
    "{ then(f) { f(@) } }",
    "Object.create(null)",
    "Object.freeze({ data: @ })",
    "new Proxy({}, {})",
    "new Proxy({ data: @ }, { get: (o, k) => o[k] })",
    "new Proxy({}, { get() { throw @ } })",
    "new Proxy(new Uint8Array(2), {})",
    "globalThis",
    "new String('s')",
    "new (class extends Uint8Array {})(2)",
    "(() => { const b = new ArrayBuffer(8); const a = new Uint8Array(b); b.transfer(); return a })()",
    "Object.setPrototypeOf(new Uint8Array(2), @)",
];

const LUA: &str = r#"
    function receive(chunk) return load("return " .. chunk)() end"#;

const LUA_VALUES: [&str; 32] = [
    "nil",
    "true",
    "0",
    "-0.0",
    "0/0",
    "1e400",
    "math.mininteger",
    "''",
    "'text'",
    "'\\0\\27[2J'",
    "'\\xff\\xfe'",
    "('n'):rep(70000)",
    "'a', 'close'",
    "'a', @",
    "@, 'finish'",
    "@, @",
    "nil, 'reset'",
    "'a', 'CLOSE'",
    "{}",
    "{ @ }",
    "{ data = @ }",
    "{ send = @ }",
    "print",
    "coroutine.create(print)",
    "error(@)",
    "error()",
    "(function() return @ end)()",
    "setmetatable({}, { __tostring = function() return @ end })",
    "setmetatable({}, { __index = function() error(@) end })",
    "setmetatable({}, { __name = @ })",
    "coroutine.wrap(function() coroutine.yield(@) end)()",
    "select(2, pcall(error, @))",
];

struct World {
    runtime: Runtime,
    plugin: ServerPlugin,
    values: &'static [&'static str],
}

impl World {
    fn of(name: &str, text: &str, values: &'static [&'static str]) -> AssertUnwindSafe<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let budgets = Budgets::server(8 << 30)
            .reply(REPLY)
            .compile(Duration::from_secs(600));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        // Kept where eco keeps it, or a run of seconds would be over before the interpreter is compiled.
        let engine = Engine::builder(Compiler::InProcess, budgets)
            .cache(Cache::User)
            .build()
            .unwrap();
        let loading = ServerPlugin::load(&engine, Source::File(path));
        let plugin = runtime
            .block_on(loading)
            .unwrap_or_else(|error| panic!("{error}"));
        AssertUnwindSafe(Self {
            runtime,
            plugin,
            values,
        })
    }

    /// The first value, with others where it has room for them.
    fn value(&self, numbers: &mut impl Iterator<Item = u8>, depth: usize) -> String {
        let number = numbers.next().unwrap_or_default();
        let value = self.values[usize::from(number) % self.values.len()];
        let mut parts = value.split('@');
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            whole += &match depth {
                0 => "1".to_owned(),
                _ => self.value(numbers, depth - 1),
            };
            whole += part;
        }
        whole
    }

    fn check(&self, values: &[Vec<u8>], text: &str) {
        let values = values
            .iter()
            .take(3)
            .map(|numbers| self.value(&mut numbers.iter().copied(), 4));
        let mut session = self.plugin.session();
        for value in values
            .chain([text.to_owned()])
            .filter(|value| !value.is_empty())
        {
            match self.runtime.block_on(session.receive(value.as_bytes())) {
                Ok(reply) => assert!(
                    reply.data.len() <= REPLY,
                    "{value}: {} bytes",
                    reply.data.len()
                ),
                // The script's own, with words that say something.
                Err(Error::Plugin(words)) => {
                    assert!(!words.is_empty(), "{value}");
                    return;
                }
                Err(Error::Budget { budget, .. }) => {
                    let by_value = [
                        Budget::Reply,
                        Budget::Log,
                        Budget::Memory,
                        Budget::Cpu,
                        Budget::Stack,
                    ];
                    assert!(by_value.contains(&budget), "{value}: {budget:?}");
                    return;
                }
                // The interpreter's, which would be ours.
                Err(error) => panic!("{value}: {error}"),
            }
        }
    }
}

#[test]
fn what_javascript_returns_is_a_reply_or_an_error_of_the_script() {
    let world = World::of("returns.js", JAVASCRIPT, &JAVASCRIPT_VALUES);
    bolero::check!()
        .with_type::<(Vec<Vec<u8>>, String)>()
        .for_each(|(values, text)| world.check(values, text));
}

#[test]
fn what_lua_returns_is_a_reply_or_an_error_of_the_script() {
    let world = World::of("returns.lua", LUA, &LUA_VALUES);
    bolero::check!()
        .with_type::<(Vec<Vec<u8>>, String)>()
        .for_each(|(values, text)| world.check(values, text));
}
