//! What the observer of an engine is told, and what is counted.

use super::{connection, engine, load, open, session};
use crate::support::{handler, plugin_file};
use eco_host::contract::{Reason, Session as _};
use eco_host::plugin::{
    BUILT_IN_SERVERS, Budgets, CalledFor, Compiler, Engine, EngineEvent, EngineFigures, Language,
    Level, ObservedCalls, PluginSession, Program, ServerPlugin, Source,
};
use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn budgets() -> Budgets {
    Budgets::server(1 << 30)
}

/// What a plugin that loops until a processor has been used for some ten milliseconds does before its reply.
const WORKS: &str = "(global.set $left (i32.const 30000000))
    (loop $more
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (br_if $more (global.get $left)))";

fn works() -> String {
    handler(
        &format!(
            r#"(memory (export "memory") 2) (global $left (mut i32) (i32.const 0))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
            (func (export "receive") (param i32 i32) (result i32) {WORKS}
              (i64.store (i32.const 0) (i64.const 0)) (i32.const 0))"#
        ),
        "",
    )
}

#[tokio::test]
async fn a_call_is_told_with_its_connection_and_its_times() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let notes = times.clone();
    let engine = Engine::builder(Compiler::InProcess, budgets())
        .observe(move |event| {
            if let EngineEvent::Called {
                connection,
                function: "receive",
                cpu,
                clock,
                ..
            } = event
            {
                notes.lock().unwrap().push((*connection, *cpu, *clock));
            }
        })
        .build()
        .expect("an engine");
    let plugin = load(&engine, "works.wat", works()).await;
    let mut session = plugin.session();
    open(&mut session).await;
    session.receive(b"x").await.expect("a reply");
    let cpu = session.usage().expect("an instance").cpu;
    let cpu = cpu.expect("it is measured");
    let times = times.lock().unwrap().clone();
    let [(7, told, clock)] = times[..] else {
        panic!("{times:?}");
    };
    // The usage has the start of the instance too.
    assert!(Duration::ZERO < told && told <= cpu, "{told:?} of {cpu:?}");
    assert!(
        told <= clock + Duration::from_millis(20),
        "{told:?} of {clock:?}"
    );
    session.receive(b"x").await.expect("a reply");
    assert!(session.usage().expect("an instance").cpu > Some(cpu));
}

#[tokio::test]
async fn lines_are_told_with_their_level() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let notes = lines.clone();
    let engine = Engine::builder(Compiler::InProcess, budgets())
        .observe(move |event| {
            if let EngineEvent::Said {
                connection,
                level,
                line,
                ..
            } = event
            {
                let line = (*connection, *level, (*line).to_owned());
                notes.lock().unwrap().push(line);
            }
        })
        .build()
        .expect("an engine");
    let plugin = session(&engine, "").await;
    let mut session = plugin.session();
    open(&mut session).await;
    session.closed(Reason::Ended).await.expect("it is told");
    let said = (7, Level::Info, "\"closed 0\"".to_owned());
    assert_eq!(*lines.lock().unwrap(), [said]);
}

#[tokio::test]
async fn loads_are_told_with_their_versions_and_their_failures() {
    let loads = Arc::new(Mutex::new(Vec::new()));
    let notes = loads.clone();
    let engine = Engine::builder(Compiler::InProcess, budgets())
        .observe(move |event| {
            let line = match event {
                EngineEvent::Loaded { name, version, .. } => format!("{name} {version}"),
                EngineEvent::LoadFailed { name, error, .. } => format!("{name} {}", error.code()),
                _ => return,
            };
            notes.lock().unwrap().push(line);
        })
        .build()
        .expect("an engine");
    let echo = || Source::named("echo", BUILT_IN_SERVERS);
    let first = ServerPlugin::load(&engine, echo()).await.expect("it loads");
    let no_plugin = plugin_file("nothing.wat", "(component)");
    let refused = ServerPlugin::load(&engine, Source::File(PathBuf::from(&no_plugin))).await;
    assert!(refused.is_err());
    let second = ServerPlugin::load(&engine, echo()).await.expect("it loads");
    assert!(first.version() < second.version());
    let [one, failed, two] = &loads.lock().unwrap()[..] else {
        panic!("three loads");
    };
    assert_eq!(*one, format!("echo {}", first.version()));
    assert!(failed.ends_with("nothing.wat export"), "{failed}");
    assert_eq!(*two, format!("echo {}", second.version()));
    assert_eq!(engine.counters().loaded, second.version());
}

#[tokio::test]
async fn an_observer_does_not_switch_direct_buffers_off() {
    let (engine, told) = engine(budgets());
    let source = Source::named("echo", BUILT_IN_SERVERS);
    let plugin = ServerPlugin::load(&engine, source).await.expect("it loads");
    let mut session = plugin.session();
    session.receive(b"x").await.expect("a reply");
    let buffer = session.direct_buffer().expect("it has one");
    buffer.room(1).expect("there is room").copy_from_slice(b"y");
    assert_eq!(&*buffer.receive_filled(1).expect("a reply").data, b"y");
    assert_eq!(told.take(), ["receive", "receive"]);
}

/// Calls of a plugin that is called directly are all counted, though few are timed; one that is observed is.
#[tokio::test]
async fn an_observer_is_told_while_it_listens_and_calls_are_counted_all_along() {
    let listens = Arc::new(AtomicBool::new(false));
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = told.clone();
    let figures = EngineFigures::with_calls();
    let others = Arc::new(Mutex::new(0));
    let of_events = others.clone();
    let engine = Engine::builder(Compiler::InProcess, budgets())
        .counting_in(&figures)
        .observe_while(listens.clone(), ObservedCalls::ForEvents, move |_| {
            *of_events.lock().unwrap() += 1;
        })
        .observe_while(listens.clone(), ObservedCalls::All, move |event| {
            notes.lock().unwrap().push(match event {
                EngineEvent::Called { function, .. } => *function,
                _ => "something else",
            });
        })
        .build()
        .expect("an engine");
    let echo = ServerPlugin::load(&engine, Source::named("echo", BUILT_IN_SERVERS));
    let echo = echo.await.expect("it loads");
    let handler = load(&engine, "works.wat", works()).await;
    let mut sessions = [echo.session(), handler.session()];
    let counted = || {
        let receive = figures.calls().swap_remove(0);
        assert_eq!(receive.function, "receive");
        (receive.by_time.iter().sum::<u64>(), receive.clock)
    };
    for _ in 0..40 {
        sessions[0].receive(b"x").await.expect("a reply");
    }
    let (calls, clock) = counted();
    assert_eq!(calls, 40);
    assert!(Duration::ZERO < clock && clock < Duration::from_secs(40));
    sessions[1].receive(b"x").await.expect("a reply");
    assert_eq!(*told.lock().unwrap(), Vec::<&str>::new());
    listens.store(true, Ordering::Relaxed);
    for session in &mut sessions {
        session.receive(b"x").await.expect("a reply");
        session.receive(b"x").await.expect("a reply");
    }
    listens.store(false, Ordering::Relaxed);
    sessions[0].receive(b"x").await.expect("a reply");
    assert_eq!(*told.lock().unwrap(), ["receive"; 4]);
    // No call was for an event.
    assert_eq!(*others.lock().unwrap(), 0);
    assert_eq!(counted().0, 46);
    assert_eq!(
        figures
            .failures()
            .iter()
            .map(|(.., count)| count)
            .sum::<u64>(),
        0
    );
}

const ROOM: &str = r#"
function open() subscribe("room", "") after(0.01, function() end) end
function receive(chunk) publish("room", chunk) end
function message() end
function joined() end
function left() end
"#;

/// Handles the event that comes next.
async fn hear(session: &mut PluginSession) {
    poll_fn(|cx| session.poll_event(cx)).await;
    session.event().await.expect("it is heard");
}

#[tokio::test]
async fn a_call_for_an_event_is_told_with_its_kind_and_topic() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = told.clone();
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    let engine = Engine::builder(helper, budgets())
        .observe(move |event| {
            if let EngineEvent::Called {
                function, event, ..
            } = event
            {
                let what = match event {
                    None => (*function, "none"),
                    Some(CalledFor::Timer) => ("timer", ""),
                    Some(CalledFor::Message { topic, .. }) => ("message", *topic),
                    Some(CalledFor::Joined { topic, .. }) => ("joined", *topic),
                    Some(CalledFor::Left { topic, .. }) => ("left", *topic),
                    Some(other) => panic!("{other:?}"),
                };
                notes.lock().unwrap().push(format!("{} {}", what.0, what.1));
            }
        })
        .build()
        .expect("an engine");
    let source = Source::script("room.lua", Language::Lua, ROOM);
    let plugin = ServerPlugin::load(&engine, source).await.expect("it loads");
    let [mut hears, mut says] = [plugin.session(), plugin.session()];
    open(&mut hears).await;
    hear(&mut hears).await;
    open(&mut says).await;
    hear(&mut hears).await;
    says.receive(b"hello").await.expect("it is said");
    hear(&mut hears).await;
    says.closed(Reason::Ended).await.expect("it ends");
    hear(&mut hears).await;
    let expected = [
        "open none",
        "timer ",
        "open none",
        "joined room",
        "receive none",
        "message room",
        "closed none",
        "left room",
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}

#[tokio::test]
async fn instances_and_their_memory_are_counted_while_they_live() {
    let (engine, _) = engine(budgets());
    let plugin = session(&engine, "").await;
    let before = engine.counters();
    assert_eq!((before.instances, before.waiting), (0, 0));
    let mut sessions = [plugin.session(), plugin.session()];
    for session in &mut sessions {
        open(session).await;
    }
    let with = engine.counters();
    assert_eq!(with.instances, 2);
    assert!(with.memory >= before.memory + 2 * 2 * 65536);
    sessions[0].reset();
    assert_eq!(engine.counters().instances, 1);
    drop(sessions);
    assert_eq!(engine.counters(), before);
}

/// Futures that a server of many threads may hold.
#[tokio::test]
async fn sessions_and_their_futures_can_go_to_other_threads() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    fn assert_static<T: Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    fn assert_session<T: Send + std::fmt::Debug + 'static>(_: &T) {}
    let (engine, _) = engine(budgets());
    assert_static(&engine);
    let source = || Source::named("echo", BUILT_IN_SERVERS);
    let load = assert_send(ServerPlugin::load(&engine, source()));
    let plugin = load.await.expect("it loads");
    assert_static(&plugin);
    drop(assert_send(plugin.settled()));
    let mut session = plugin.session();
    assert_session(&session);
    drop(assert_send(session.open(&connection())));
    drop(assert_send(session.receive(b"x")));
    drop(assert_send(session.event()));
    drop(assert_send(session.end_of_input()));
    drop(assert_send(session.closed(Reason::Ended)));
    assert_eq!(format!("{session:?}"), "PluginSession(echo, connection 0)");
}

#[tokio::test]
async fn calls_and_lines_name_their_plugin_and_a_panic_of_one_observer_is_its_own() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = told.clone();
    let engine = Engine::builder(Compiler::InProcess, budgets())
        .observe(|_| panic!("an observer that fails"))
        .observe(move |event| {
            let (plugin, version) = match event {
                EngineEvent::Called {
                    plugin, version, ..
                }
                | EngineEvent::Said {
                    plugin, version, ..
                } => (*plugin, *version),
                _ => return,
            };
            notes.lock().unwrap().push((plugin.to_owned(), version));
        })
        .build()
        .expect("an engine");
    load(&engine, "first.wat", works()).await;
    let plugin = session(&engine, "").await;
    let mut session = plugin.session();
    open(&mut session).await;
    session.closed(Reason::Ended).await.expect("it is told");
    let of_second = ("session.wat".to_owned(), Some(2));
    // The call of `open`, the line that `closed` says, and its call.
    assert_eq!(*told.lock().unwrap(), vec![of_second; 3]);
}
