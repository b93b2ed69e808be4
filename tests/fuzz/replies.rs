//! The replies of plugins, lies at the calling convention among them: `server`, `client`, `function` and `abi`.
//!
//! The plugins here return whatever pointer a chunk begins with, so that the chunk is what they return.

use eco_host::contract::{Connection, Expect, Next, Opening, Reason, Session as _};
use eco_host::plugin::{
    Budgets, ClientPlugin, Compiler, Engine, Error, LoadError, ServerPlugin, Source, Step, Turn,
};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use tokio::runtime::{Builder, Runtime};

/// The budget of what a call returns, in bytes.
const REPLY: usize = 4096;
/// Where every chunk lies.
const PLACE: usize = 1024;
/// The memory of a plugin, in bytes.
const MEMORY: usize = 65536;

/// The memory, with the functions that all of these plugins have.
const COMMON: &str = r#"
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "receive") (param i32 i32) (result i32) (i32.load (local.get 0)))
    (func (export "open") (param i64 i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "end") (result i32) (i32.const 0))
    (func (export "start") (param i32 i32 i32) (result i32) (i32.load (local.get 1)))"#;

fn lift(function: &str, of: &str) -> String {
    format!(
        r#"{function} (canon lift (core func $m "{of}") (memory (core memory $m "memory"))
             (realloc (core func $m "realloc")))"#
    )
}

/// A handler; `more` is in its module.
fn handler(more: &str) -> String {
    let receive = lift(r#"(param "chunk" (list u8)) (result (list u8))"#, "receive");
    format!(
        r#"(component
            (core module $m {COMMON} {more})
            (core instance $m (instantiate $m))
            (func $receive {receive})
            (instance $handler (export "receive" (func $receive)))
            (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

fn session() -> String {
    let answer = "(result (result $reply (error string)))";
    let open = lift(&format!(r#"(param "peer" $connection) {answer}"#), "open");
    let receive = lift(&format!(r#"(param "chunk" (list u8)) {answer}"#), "receive");
    let end = lift(answer, "end");
    format!(
        r#"(component
          (component $session
            (core module $m {COMMON} (func (export "closed") (param i32)))
            (core instance $m (instantiate $m))
            (type $connection-type (record (field "id" u64) (field "peer" string) (field "local" string)))
            (export $connection "connection" (type $connection-type))
            (type $next-type (enum "keep-open" "finish" "close" "reset"))
            (export $next "next" (type $next-type))
            (type $reply-type (record (field "data" (list u8)) (field "next" $next)))
            (export $reply "reply" (type $reply-type))
            (type $reason-type (enum "ended" "by-plugin" "peer-reset" "idle" "stalled" "stopping" "failed"))
            (export $reason "reason" (type $reason-type))
            (func $open {open}) (export "open" (func $open))
            (func $receive {receive}) (export "receive" (func $receive))
            (func $end {end}) (export "end-of-input" (func $end))
            (func $closed (param "why" $reason) (canon lift (core func $m "closed")))
            (export "closed" (func $closed)))
          (instance $session (instantiate $session))
          (export "eco:plugin/session@0.1.0" (instance $session)))"#
    )
}

fn client() -> String {
    let start = lift(
        r#"(param "message" (option (list u8))) (result (result $turn (error string)))"#,
        "start",
    );
    let replied = lift(
        r#"(param "reply" (list u8)) (result (result $step (error string)))"#,
        "receive",
    );
    format!(
        r#"(component
          (component $client
            (core module $m {COMMON})
            (core instance $m (instantiate $m))
            (type $expect-type (variant
              (case "exactly" u64) (case "through" (list u8)) (case "to-end") (case "nothing")))
            (export $expect "expect" (type $expect-type))
            (type $turn-type (record (field "send" (list u8)) (field "expect" $expect)))
            (export $turn "turn" (type $turn-type))
            (type $fault-type (record (field "reason" string) (field "offset" (option u64))))
            (export $fault "fault" (type $fault-type))
            (type $step-type (variant (case "next" $turn) (case "done") (case "wrong" $fault)))
            (export $step "step" (type $step-type))
            (func $start {start}) (export "start" (func $start))
            (func $replied {replied}) (export "replied" (func $replied)))
          (instance $client (instantiate $client))
          (export "eco:plugin/client@0.1.0" (instance $client)))"#
    )
}

/// What all targets run plugins in, and the plugins.
struct World<P> {
    runtime: Runtime,
    plugins: Vec<P>,
}

impl World<ServerPlugin> {
    fn servers(texts: &[String]) -> AssertUnwindSafe<Self> {
        Self::with(texts, |engine, source| {
            Box::pin(ServerPlugin::load(engine, source))
        })
    }
}

impl World<ClientPlugin> {
    fn clients(texts: &[String]) -> AssertUnwindSafe<Self> {
        Self::with(texts, |engine, source| {
            Box::pin(ClientPlugin::load(engine, source))
        })
    }
}

type Loading<'a, P> = Pin<Box<dyn Future<Output = Result<P, LoadError>> + 'a>>;

impl<P> World<P> {
    fn with(
        texts: &[String],
        load: fn(&Engine, Source) -> Loading<'_, P>,
    ) -> AssertUnwindSafe<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let budgets = Budgets::server(8 << 30).reply(REPLY);
        let engine = Engine::builder(Compiler::InProcess, budgets)
            .build()
            .unwrap();
        let load = |text: &String| {
            let source = Source::component("returns a chunk", text.as_bytes());
            runtime
                .block_on(load(&engine, source))
                .unwrap_or_else(|error| panic!("{error}"))
        };
        let plugins = texts.iter().map(load).collect();
        AssertUnwindSafe(Self { runtime, plugins })
    }
}

/// A number as it is, or one that is near a bound.
type Number = (u8, u32);

fn number((kind, number): Number) -> u32 {
    let memory = MEMORY as u32;
    match kind % 12 {
        0 => number,
        1 => PLACE as u32 + number % 64,
        2 => memory.wrapping_sub(32).wrapping_add(number % 64),
        3 => u32::MAX - number % 64,
        4 => (REPLY as u32).wrapping_sub(2).wrapping_add(number % 4),
        5 => number % 64,
        // The case of a variant, most of the time.
        _ => number % 4,
    }
}

/// A chunk that begins with a pointer, most often to what follows it, and is words and bytes.
type Chunk = ((u8, Number), Vec<Number>, Vec<u8>);

fn chunk(((kind, at), words, bytes): &Chunk) -> Vec<u8> {
    let at = match kind % 4 {
        0 => number(*at),
        // Where both a list and a variant may begin.
        _ => PLACE as u32 + 8,
    };
    let words = words.iter().map(|word| number(*word));
    let words = [at, 0].into_iter().chain(words).flat_map(u32::to_le_bytes);
    words.chain(bytes.iter().copied()).collect()
}

/// What a handler returns, by the component model's rules, of a memory of which this is all that was written.
fn list(memory: &[u8]) -> Option<&[u8]> {
    let word = |at: usize| Some(u32::from_le_bytes(*memory.get(at..)?.first_chunk()?) as usize);
    let at = word(PLACE)?;
    let (start, length) = (word(at)?, word(at.checked_add(4)?)?);
    let list = memory.get(start..)?.get(..length)?;
    (at.is_multiple_of(4) && length <= REPLY).then_some(list)
}

#[test]
fn a_reply_is_what_lies_in_the_memory_or_an_error_on_either_way() {
    let texts = [handler(""), handler("(func (export \"loops\") (loop))")];
    let world = World::servers(&texts);
    bolero::check!()
        .with_type::<Vec<Chunk>>()
        .for_each(|chunks| world.handlers(chunks));
}

#[test]
fn a_session_replies_within_its_budget_or_fails() {
    let world = World::servers(&[session()]);
    bolero::check!()
        .with_type::<Vec<Chunk>>()
        .for_each(|chunks| world.session(chunks));
}

#[test]
fn a_turn_of_a_client_can_be_taken_or_is_an_error() {
    let world = World::clients(&[client()]);
    bolero::check!()
        .with_type::<(Chunk, Vec<Chunk>)>()
        .for_each(|(first, then)| world.client(first, then));
}

impl World<ServerPlugin> {
    fn handlers(&self, chunks: &[Chunk]) {
        for plugin in &self.plugins {
            let mut memory = vec![0; MEMORY];
            let mut session = plugin.session();
            for sent in chunks.iter().take(4).map(chunk) {
                memory[PLACE..PLACE + sent.len()].copy_from_slice(&sent);
                let reply = self.runtime.block_on(session.receive(&sent));
                match (reply, list(&memory)) {
                    (Ok(reply), Some(list)) => {
                        assert_eq!(reply.data, list);
                        assert_eq!(reply.next, Next::KeepOpen);
                    }
                    (Err(error), None) => {
                        assert_of_the_plugin(&error);
                        break;
                    }
                    (reply, list) => panic!("{reply:?} where {list:?} lies"),
                }
            }
        }
    }

    fn session(&self, chunks: &[Chunk]) {
        self.runtime.block_on(async {
            let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
            let connection = Connection {
                id: 1,
                peer: here.to_string(),
                local: here.to_string(),
                origin: None,
                details: None,
            };
            let mut session = self.plugins[0].session();
            let opened = session
                .open(&connection)
                .await
                .expect("it greets with nothing");
            assert!(matches!(opened, Opening::Greeting(_)));
            for sent in chunks.iter().take(4).map(chunk) {
                match session.receive(&sent).await {
                    Ok(reply) => assert!(reply.data.len() <= REPLY, "{} bytes", reply.data.len()),
                    Err(error) => return assert_of_the_plugin(&error),
                }
            }
            let _ = session.end_of_input().await;
            let _ = session.closed(Reason::Ended).await;
        });
    }
}

impl World<ClientPlugin> {
    fn client(&self, first: &Chunk, then: &[Chunk]) {
        self.runtime.block_on(async {
            let mut dialogue = self.plugins[0].dialogue().await.expect("it starts");
            match dialogue.start(Some(&chunk(first))).await {
                Ok(turn) => assert_can_be_taken(&turn),
                Err(error) => return assert_of_the_plugin(&error),
            }
            for reply in then.iter().take(4).map(chunk) {
                match dialogue.replied(&reply).await {
                    Ok(Step::Next(turn)) => assert_can_be_taken(&turn),
                    Ok(Step::Wrong(fault)) => {
                        return assert!(fault.reason.len() <= REPLY * 3, "{fault:?}");
                    }
                    Ok(Step::Done) => return,
                    Err(error) => return assert_of_the_plugin(&error),
                }
            }
        });
    }
}

fn assert_can_be_taken(turn: &Turn<'_>) {
    assert!(turn.send.len() <= REPLY, "{} bytes", turn.send.len());
    if let Expect::Through(end) = &turn.expect {
        assert!((1..=REPLY).contains(&end.len()), "{} bytes", end.len());
    }
}

/// It is told to be the plugin's doing, in words that a line of the log can have.
fn assert_of_the_plugin(error: &Error) {
    assert!(!error.is_internal(), "{error}");
    let words = error.to_string();
    assert!(
        !words.is_empty() && !words.contains(char::is_control),
        "{words:?}"
    );
}
