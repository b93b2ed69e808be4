//! Where in its memory a plugin has its chunks and its replies: at places that copies are fast from and to. The reason
//! is in `host/net/src/page_offset.rs`.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use eco_contract::Session as _;
use eco_plugin::{Budgets, Cache, Compiler, Engine, Language, ServerPlugin, Source};
use std::borrow::Cow;

const SIZES: [usize; 8] = [1024, 16384, 1025, 65536, 1500, 40000, 4096, 1_000_000];

/// The plugins return a chunk where it lies, so that its place is that of the reply.
#[tokio::test]
async fn large_chunks_of_plugins_that_come_with_eco_lie_at_a_multiple_of_64() {
    let budgets = Budgets::server(1 << 30);
    let builder = Engine::builder(Compiler::InProcess, budgets).cache(Cache::User);
    let engine = builder.build().unwrap();
    let echo = include_str!("../../../plugins/echo/echo.wat");
    // A function that is never called, and loops: so that its calls go through the component layer.
    let any = echo.replacen("(core module $echo", "(core module $echo (func (loop))", 1);
    let script = |name: &str, text| {
        let language = Language::of_file(name.as_ref()).unwrap();
        Source::script(name, language, text)
    };
    let sources = [
        ("echo", Source::component("echo", echo)),
        ("any", Source::component("any", any)),
        ("Lua", script("echo.lua", ECHOES_IN_LUA)),
        ("Lua that keeps", script("kept.lua", KEEPS_IN_LUA)),
        ("JavaScript", script("echo.js", ECHOES_IN_JAVASCRIPT)),
        (
            "JavaScript that keeps",
            script("kept.js", KEEPS_IN_JAVASCRIPT),
        ),
    ];
    for (name, source) in sources {
        let mut session = ServerPlugin::load(&engine, source).await.unwrap().session();
        for round in 0..20 {
            for size in SIZES {
                let chunk = vec![b'x'; size + round];
                let reply = session.receive(&chunk).await.unwrap();
                assert!(
                    matches!(reply.data, Cow::Borrowed(_)),
                    "{name}: it was copied"
                );
                assert_eq!(reply.data.len(), size + round, "{name}");
                let place = reply.data.as_ptr().addr() % 4096;
                assert_eq!(place % 64, 0, "{name}: {size} bytes at {place}");
            }
        }
    }
}

const ECHOES_IN_LUA: &str = "function receive(chunk) return chunk end";
const ECHOES_IN_JAVASCRIPT: &str = "function receive(chunk) { return chunk; }";

/// They make things of many sizes, so that the memory is not used in the same order again and again.
const KEEPS_IN_LUA: &str = "kept = {}
function receive(chunk)
  if #kept > 40 then kept = {} end
  kept[#kept + 1] = chunk:sub(1, #kept * 37)
  kept[#kept + 1] = { #kept, tostring(#kept) }
  return chunk
end";
const KEEPS_IN_JAVASCRIPT: &str = "let kept = [];
function receive(chunk) {
  if (kept.length > 40) kept = [];
  kept.push(chunk.slice(0, kept.length * 37));
  kept.push({ n: kept.length, text: `${kept.length}` });
  return chunk;
}";
