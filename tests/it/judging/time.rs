//! Processor time to judge a plugin is bounded.

use crate::exercises::{HEAD, exercise};
use crate::hostile_plugins::echo_at;
use crate::support::{handler, plugin_file};
use eco_exercise::{Cases, Exercise, Files, Judge};
use eco_host::plugin::{Cache, Compiler, Engine, ServerPlugin, Source};
use std::time::Duration;

/// Loops as often as `$left` says, for a tenth of a microsecond each or less.
const WORKS: &str = "(loop $more (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))";

/// An echo that does this at `!`, with a local of its own.
fn works(name: &str, attack: &str) -> String {
    let fields = echo_at(attack, "").replace(
        "(if (i32.eq (i32.load8_u",
        "(local $left i32) (if (i32.eq (i32.load8_u",
    );
    plugin_file(name, handler(&fields, ""))
}

/// Steps on so many connections, on each of which so many bytes come back.
fn on_each(connections: usize, bytes: usize) -> String {
    let step = |number, action| {
        format!("{{ connection = {number}, {action} = \"!\", repeat = {bytes} }}, ")
    };
    (1..=connections)
        .map(|number| step(number, "send") + &step(number, "expect"))
        .collect()
}

/// Processor time of this thread.
#[cfg(unix)]
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("it goes forwards")
}

#[cfg(unix)]
#[tokio::test]
async fn the_work_of_judging_a_plugin_has_a_bound() {
    let long = format!("(local.set $left (i32.const 20000000)) {WORKS}");
    let short = format!("(local.set $left (i32.const 20000)) {WORKS}");
    for (name, attack, steps) in [
        // One run is more than there is: it is left under way.
        ("loops", long, on_each(64, 1)),
        // No call is so long that it pauses.
        ("works", short, on_each(4, 1000)),
        // Nothing is done but to make instances, and give them back.
        ("starts", String::new(), on_each(64, 1)),
        // It breaks at the last of a thousand bytes, and every try of finding the smallest split takes long.
        (
            "breaks-late",
            format!(
                "(local.set $left (i32.const 20000)) {WORKS}
                (if (i32.eq (local.get $length) (i32.const 1)) (then
                  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                  (if (i32.eq (global.get $calls) (i32.const 1000)) (then unreachable))))"
            ),
            on_each(1, 1000),
        ),
    ] {
        let plugin = works(&format!("{name}.wat"), &attack);
        if name == "breaks-late" {
            let text = std::fs::read_to_string(&plugin).expect("it is there");
            let calls = "(global $calls (mut i32) (i32.const 0)) (func (export \"realloc\")";
            std::fs::write(
                &plugin,
                text.replacen("(func (export \"realloc\")", calls, 1),
            )
            .expect("it can be written");
        }
        let case = |number| format!("[[cases]]\nname = \"{number}\"\nsteps = [{steps}]\n");
        let cases: String = (0..80).map(case).collect();
        let folder = exercise(&format!("costs-{name}"), &format!("{HEAD}{cases}"));
        let mut exercise = Exercise::read(&Files::Folder(folder), Cases::All).expect("it is right");
        exercise.limits.fuel = u64::MAX;
        let time = Duration::from_millis(300);
        exercise.limits.time = time;
        let engine = Engine::builder(Compiler::InProcess, exercise.limits.budgets(usize::MAX))
            .cache(Cache::User)
            .laboratory()
            .build()
            .expect("an engine");
        let source = Source::File(plugin.into());
        let plugin = ServerPlugin::load(&engine, source).await;
        let plugin = plugin.unwrap_or_else(|error| panic!("{name}: {error}"));
        let judge = Judge::of(&exercise, &Compiler::InProcess, Cache::User, usize::MAX)
            .await
            .expect("no judge is needed");
        let before = thread_time();
        let judgements = judge.judge(&plugin, |_, _| {}).await;
        let used = thread_time() - before;
        assert!(used < 3 * time, "{name}: {used:?}");
        let last = judgements.last().expect("there are cases");
        assert_eq!(last.verdict.code(), "internal", "{name} has taken {used:?}");
        let said = last.verdict.sentence();
        assert!(
            said.contains("the 300ms of processor time"),
            "{name}: {said}"
        );
        // The cases judged before are as they are without a bound.
        let judged = judgements.iter().map(|judged| judged.verdict.code());
        let judged: Vec<&str> = judged.take_while(|code| *code != "internal").collect();
        let expected = if name == "breaks-late" {
            "crashed"
        } else {
            "passed"
        };
        assert!(
            judged.iter().all(|code| *code == expected),
            "{name}: {judged:?}"
        );
    }
}
