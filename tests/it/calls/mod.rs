//! Calls of plugins without a server: what follows a failure, deadlines, and what an observer is told.

mod dead;
mod deadlines;
mod observed;

use crate::support::session_plugin;
use eco_host::contract::{Connection, Opening, Session as _};
use eco_host::plugin::{
    Budgets, Compiler, Engine, EngineEvent, Error, PluginSession, Program, ServerPlugin, Source,
};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

/// The calls and lines that an observer was told of.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn note(&self, event: &EngineEvent<'_>) {
        let line = match event {
            EngineEvent::Called {
                function, result, ..
            } => match result {
                Ok(()) => (*function).to_owned(),
                Err(error) => format!("{function} {}", word(error)),
            },
            EngineEvent::Said { line, .. } => format!("said {line}"),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }

    /// What came since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The kind of an error, or the budget.
fn word(error: &Error) -> &'static str {
    match error {
        Error::Budget { budget, .. } => budget.code(),
        error => error.code(),
    }
}

/// An engine whose plugins are compiled by the binary, with its observer.
fn engine(budgets: Budgets) -> (Engine, Told) {
    let told = Told::default();
    let notes = told.clone();
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    let engine = Engine::builder(helper, budgets)
        .observe(move |event| notes.note(event))
        .build();
    (engine.expect("an engine"), told)
}

async fn load(engine: &Engine, name: &str, text: impl Into<Vec<u8>>) -> ServerPlugin {
    let source = Source::from_contents(name, text);
    ServerPlugin::load(engine, source).await.expect("it loads")
}

/// The session plugin, with what else it does for some chunks: each by the first byte.
async fn session(engine: &Engine, more: &str) -> ServerPlugin {
    let text = std::fs::read_to_string(session_plugin()).expect("it is there");
    let begin = "(local.set $command (i32.load8_u (local.get $at)))";
    assert!(text.contains(begin));
    load(
        engine,
        "session.wat",
        text.replace(begin, &format!("{begin} {more}")),
    )
    .await
}

fn connection() -> Connection {
    Connection {
        id: 7,
        peer: "here".to_owned(),
        local: "there".to_owned(),
        origin: None,
        details: None,
    }
}

async fn open(session: &mut PluginSession) {
    let greeting = session.open(&connection()).await.expect("it opens");
    assert!(matches!(greeting, Opening::Greeting(_)));
}

/// Begins something, which isn't over at once, and drops it.
fn drop_halfway(call: impl Future) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(pin!(call).poll(&mut cx).is_pending(), "it was over");
}

/// Every further call of a session fails, and the last one does nothing.
async fn assert_dead(session: &mut PluginSession) {
    for _ in 0..2 {
        let error = session.receive(b"k").await.expect_err("it is dead");
        assert_eq!(word(&error), "dead");
        let error = session.event().await.expect_err("it is dead");
        assert_eq!(word(&error), "dead");
        let error = session.end_of_input().await.expect_err("it is dead");
        assert_eq!(word(&error), "dead");
        let error = session.open(&connection()).await.expect_err("it is dead");
        assert_eq!(word(&error), "dead");
    }
}
