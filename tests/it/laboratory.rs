//! What a laboratory holds, and that what it says of a plugin is no chance.

use crate::exercises::{HEAD, exercise};
use crate::guests::empty_folder;
use crate::harness::Eco;
use crate::splits::one_case;
use crate::support::{plugin_file, project_file};
use crate::verdicts::grade;
use eco_host::contract::Session as _;
use eco_host::plugin::{
    Budget, Budgets, Compiler, Engine, Error, Laboratory, PluginSession, ServerPlugin, Source,
};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const MIB: usize = 1 << 20;

/// An exercise in which so many connections each say one byte, and get it back.
fn each_answers(name: &str, connections: usize) -> String {
    let step = |number| {
        format!(
            "{{ connection = {number}, send = \"!\" }}, {{ connection = {number}, expect = \"!\" }}"
        )
    };
    let steps: Vec<String> = (1..=connections).map(step).collect();
    let steps = steps.join(", ");
    let case = format!("[[cases]]\nname = \"each answers\"\nsteps = [{steps}]\n");
    let toml = format!("{HEAD}limits.fuel = 4_000_000_000\n\n{case}");
    exercise(name, &toml).display().to_string()
}

const ECHO: &str = "function receive(chunk) return chunk end";

/// An echo, each of whose connections keeps so many megabytes.
fn keeps(megabytes: usize) -> String {
    format!(
        r"local kept = {{}}
function receive(chunk)
  for n = 1, {megabytes} do kept[n] = string.rep(string.char(n), 1 << 20) end
  return chunk
end"
    )
}

/// Echoes that have the host hold what it can be made to hold.
const GREEDY: [(&str, &str); 4] = [
    (
        "fills-the-store.lua",
        r#"local big = string.rep("v", 1 << 20)
function receive(chunk)
  for n = 1, 100 do pcall(store.set, "k" .. n, big) end
  return chunk
end"#,
    ),
    (
        "fills-mailboxes.lua",
        r#"local big = string.rep("v", 60000)
function open() for n = 1, 64 do pcall(subscribe, "t" .. n, string.rep("l", 250)) end end
function receive(chunk)
  for n = 1, 1000 do pcall(publish, "t" .. n % 64, big) end
  return chunk
end
function message() end"#,
    ),
    (
        "fills-the-log.lua",
        r#"local line = string.rep("\0", 1000)
function receive(chunk)
  for n = 1, 200 do print(line) end
  return chunk
end"#,
    ),
    (
        "says-by-timers.js",
        r#"const big = "v".repeat(60000);
let times = 0;
function again() {
  for (let n = 0; n < 100; n++) try { publish("t", big) } catch {}
  if (times++ < 10000) setTimeout(again, 0);
}
function open() { subscribe("t", "x"); setTimeout(again, 0); }
function receive(chunk) { return chunk }
function message() {}"#,
    ),
];

/// A class of them, with one that says all it can while it sleeps.
fn greedy(name: &str) -> String {
    let class = empty_folder(name);
    for (name, text) in GREEDY {
        std::fs::write(class.join(name), text).expect("it can be written");
    }
    let asleep = include_str!("../plugins/says-asleep.wat");
    std::fs::write(class.join("says-asleep.wat"), asleep).expect("it can be written");
    class.display().to_string()
}

/// Runs it to its end. The most memory that it had, in bytes (proc_pid_status(5)).
#[cfg(target_os = "linux")]
fn peak(arguments: &[&str]) -> (i32, usize) {
    let mut child = std::process::Command::new(crate::harness::binary())
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("eco starts");
    let path = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        // It has none any more when it has ended.
        most = most.max(kib.and_then(|kib| kib.parse().ok()).unwrap_or(0) * 1024);
        if let Some(ended) = child.try_wait().expect("a child") {
            return (ended.code().unwrap_or(-1), most);
        }
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_kept_for_submissions_that_have_the_host_hold_much_is_little() {
    // The interpreters are compiled.
    drop(Eco::new(&["--version"]).run(b""));
    let (class, sixteen) = (greedy("greedy-class"), each_answers("sixteen-echoes", 16));
    let (code, most) = peak(&["grade", &sixteen, &class, "--jobs", "2"]);
    assert_eq!(code, 0);
    // Two at a time, with 64 MiB of a store each, or of what waits; and sixteen instances.
    assert!(most < 400 * MIB, "{most} bytes");
}

/// A laboratory in which a run may hold so much.
async fn loaded(name: &str, text: &str, run: usize) -> ServerPlugin {
    let budgets = Budgets {
        log: 64 * MIB,
        ..Budgets::server(2 * run)
    };
    let engine = Engine::builder(Compiler::InProcess, budgets).laboratory();
    let engine = engine.build().expect("an engine");
    let path = plugin_file(name, text);
    let plugin = ServerPlugin::load(&engine, Source::File(path.into())).await;
    plugin.expect("it loads")
}

/// Another connection of a run, which has said what it says at first.
async fn opened(plugin: &ServerPlugin, run: &Laboratory) -> Result<PluginSession, Error> {
    let mut session = plugin.session_in(run);
    session
        .open(&eco_host::contract::Connection {
            id: 1,
            peer: String::new(),
            local: String::new(),
            origin: None,
        })
        .await?;
    session.receive(b"!").await?;
    Ok(session)
}

#[tokio::test]
async fn what_a_run_makes_the_host_hold_is_bounded() {
    const RUN: usize = 40 * MIB;
    let memory = keeps(15);
    let log = GREEDY[2].1.replace("n = 1, 200", "n = 1, 5000");
    for (name, text) in [
        ("run-of-memory.lua", &*memory),
        ("run-of-a-store.lua", GREEDY[0].1),
        ("run-of-mailboxes.lua", GREEDY[1].1),
        ("run-of-a-log.lua", &*log),
    ] {
        let plugin = loaded(name, text, RUN).await;
        let (run, beside) = (Laboratory::default(), Laboratory::default());
        let mut sessions = Vec::new();
        let broken = loop {
            match opened(&plugin, &run).await {
                Ok(session) => sessions.push(session),
                Err(error) => break error,
            }
            assert!(sessions.len() < 30, "{name} goes on and on");
        };
        let is_total =
            matches!(&broken, Error::Budget { budget, .. } if *budget == Budget::TotalMemory);
        assert!(is_total, "{name}: {broken}");
        // It takes nothing of what another run may hold.
        if name == "run-of-memory.lua" {
            assert!(opened(&plugin, &beside).await.is_ok(), "{name}");
        }
        drop(sessions);
        if name == "run-of-memory.lua" {
            assert!(
                opened(&plugin, &run).await.is_ok(),
                "{name}: it is not given back"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_class_with_a_hog_keeps_all_other_marks_where_memory_is_short() {
    let class = empty_folder("class-with-a-hog");
    for (name, text) in [
        ("anna.lua", ECHO),
        ("ben.js", "function receive(chunk) { return chunk }"),
        ("carl.wat", include_str!("../../plugins/echo/echo.wat")),
        ("hog.lua", &keeps(25)),
    ] {
        std::fs::write(class.join(name), text).expect("it can be written");
    }
    let class = class.display().to_string();
    let sixteen = each_answers("sixteen-in-short-memory", 16);
    let arguments = [
        "grade", &sixteen, &class, "--jobs", "4", "--report", "json=-",
    ];
    let graded = Eco::with_data(768 * 1024, &arguments).run(b"");
    assert_eq!(graded.code, 70, "{}", graded.stderr);
    let report: Value = serde_json::from_slice(&graded.stdout).expect("JSON");
    for submission in report["submissions"].as_array().expect("a list") {
        let is_hog = submission["name"] == "hog";
        assert_eq!(submission["judged"], !is_hog, "{submission}");
        assert!(is_hog || submission["points"] == 10.0, "{submission}");
        if is_hog {
            let said = submission["cases"][0]["sentence"].as_str().expect("a text");
            for words in [
                "not the plugin's fault",
                "MiB that there is",
                "at the same time",
            ] {
                assert!(said.contains(words), "{said}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_limit_of_the_process_is_what_there_is() {
    let plugin = plugin_file("keeps-much.lua", keeps(25));
    let sixteen = each_answers("sixteen-in-a-check", 16);
    let arguments = ["check", &sixteen, &plugin];
    for limited in [Eco::with_data, Eco::with_address_space] {
        // Of the address space an instance wants many gigabytes; of the data, what it has.
        let checked = limited(300 * 1024, &arguments).run(b"");
        assert_eq!(checked.code, 70, "{}", checked.stderr);
    }
    let checked = Eco::with_data(300 * 1024, &arguments).run(b"");
    let said = checked.text();
    // Half of that, without what the replies may take.
    let words = "more memory than the 116.0 MiB that there is for one plugin here";
    assert!(said.contains(words), "{said}{}", checked.stderr);
}

/// Put behind a solution: it publishes in many topics, sets timers, draws and logs, writes down all that it sees, and fails
/// with that when the last connection ends.
const WATCHES: &str = r#"
{
  const { open, receive, message, joined, left, endOfInput, closed } = globalThis;
  const kept = new Map();
  // A solution may have a function of this name.
  const shared = store.add ? store : {
    get: (key) => kept.get(key),
    set: (key, value) => kept.set(key, new TextEncoder().encode(value)),
    add: (key, more) => { kept.set(key, (kept.get(key) ?? 0) + more); return kept.get(key); },
  };
  const topics = Array.from({ length: 8 }, (_, n) => `watched ${n}`);
  const note = (what) => {
    console.log(what);
    const before = shared.get("zz heard");
    shared.set("zz heard", (before ? new TextDecoder().decode(before) : "") + what + ";");
  };
  const seen = (who) => `${who.id} ${who.label}`;
  globalThis.open = (connection) => {
    const greeting = open?.(connection);
    shared.add("zz here", 1);
    for (const topic of topics) for (const other of subscribe(topic, `${Math.random()}`)) note(`there ${seen(other)}`);
    setTimeout(() => { note(`timer ${Date.now()}`); publish(topics[3], "tick"); }, Math.random() * 50);
    return greeting;
  };
  globalThis.receive = (chunk) => {
    for (const topic of topics) try { publish(topic, `${Math.random()}`) } catch {}
    return receive(chunk);
  };
  globalThis.message = (topic, data, from) => {
    if (!topics.includes(topic)) return message?.(topic, data, from);
    note(`message ${topic} ${seen(from)} ${data.length}`);
  };
  globalThis.joined = (topic, who) => {
    if (!topics.includes(topic)) return joined?.(topic, who);
    note(`joined ${topic} ${seen(who)}`);
  };
  globalThis.left = (topic, who) => {
    if (!topics.includes(topic)) return left?.(topic, who);
    note(`left ${topic} ${seen(who)}`);
  };
  let is_here = true;
  const leaves = () => {
    const others = is_here ? Number(shared.add("zz here", -1)) : 1;
    is_here = false;
    return others === 0;
  };
  globalThis.endOfInput = () => {
    if (!leaves()) return endOfInput?.();
    const heard = new TextDecoder().decode(shared.get("zz heard") ?? new Uint8Array());
    // Of what is long the report shows the beginning.
    let sum = 0;
    for (const letter of heard) sum = (sum * 31 + letter.charCodeAt(0)) % 4294967291;
    throw new Error(`${sum} ${heard.split("left").length - 1} left, ${heard.slice(-300)}`);
  };
  globalThis.closed = (why) => {
    leaves();
    closed?.(why);
  };
}
"#;

#[test]
fn twenty_copies_of_a_plugin_that_publishes_times_and_draws_have_one_report() {
    let ladder = project_file("plugins/exercises");
    let (mut exercises, mut leavings) = (0, 0);
    for entry in std::fs::read_dir(&ladder).expect("the ladder").flatten() {
        let solution = entry.path().join("solution/solution.js");
        let Ok(solution) = std::fs::read_to_string(solution) else {
            continue;
        };
        let slug = entry.file_name().into_string().expect("a name");
        let class = empty_folder(&format!("twenty-of-{slug}"));
        for number in 10..30 {
            // In a folder each: a script sees its file's name, and here that is the same.
            let folder = class.join(format!("copy{number}"));
            std::fs::create_dir(&folder).expect("a folder");
            let text = format!("{solution}{WATCHES}");
            std::fs::write(folder.join("plugin.js"), text).expect("it can be written");
        }
        let class = class.display().to_string();
        let graded = Eco::new(&["grade", &slug, &class, "--report", "json=-"])
            .patience(Duration::from_secs(300))
            .run(b"");
        let report: Value = serde_json::from_slice(&graded.stdout).expect("the report is JSON");
        let submissions = report["submissions"].as_array().expect("a list");
        let alike = |submission: &Value| {
            let name = submission["name"].as_str().expect("a name");
            submission.to_string().replace(name, "copy")
        };
        let first = alike(&submissions[0]);
        assert_eq!(submissions.len(), 20);
        for submission in submissions {
            assert_eq!(alike(submission), first, "{slug}");
        }
        let cases = submissions[0]["cases"].as_array().expect("a list");
        let crashed = cases.iter().filter(|case| case["verdict"] == "crashed");
        assert!(2 * crashed.count() > cases.len(), "{slug}: {first}");
        // Of several topics of one connection, one after the other.
        leavings += first.matches(" 8 left, ").count();
        exercises += 1;
    }
    // Or this test shows nothing.
    assert!(exercises >= 11 && leavings >= 3, "{exercises}, {leavings}");
}

#[test]
fn a_limit_that_is_reached_is_in_the_log_of_the_run_and_not_on_stderr() {
    let text = GREEDY[1].1.replace("return chunk", "return 'wrong'");
    let plugin = plugin_file("reaches-a-limit.lua", text);
    let (graded, report) = grade(
        &one_case("reached", "{ send = \"a\" }, { expect = \"a\" }"),
        &[&plugin],
    );
    assert_eq!(graded.code, 0, "{}", graded.stderr);
    assert!(
        !graded.stderr.contains("reached a limit"),
        "{}",
        graded.stderr
    );
    let failure = &report["submissions"][0]["cases"][0]["failure"];
    let log = failure["log"].to_string();
    let said = "eco: the plugin reached a limit: bytes published by one connection in a second";
    assert!(log.contains(said), "{failure}");
}

#[test]
fn slips_are_told_to_whoever_checks_and_not_to_whoever_grades() {
    let text = "function receive(chunk) { return chunk } function Closed() {} function left() {}";
    let plugin = plugin_file("has-slips.js", text);
    let exercise = one_case("slips", "{ send = \"a\" }, { expect = \"a\" }");
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    for words in ["is closed meant?", "the script never calls subscribe"] {
        assert!(checked.stderr.contains(words), "{}", checked.stderr);
    }
    let (graded, _) = grade(&exercise, &[&plugin]);
    assert!(!graded.stderr.contains("WARN"), "{}", graded.stderr);
}

#[test]
fn a_plugin_sees_the_same_addresses_in_every_run() {
    let text = "function open(connection) { return `${connection.peer} ${connection.local} ${connection.id}` }
function receive(chunk) { return chunk }";
    let plugin = plugin_file("greets-with-addresses.js", text);
    let exercise = one_case(
        "addresses",
        "{ expect = \"127.0.0.1:50000 127.0.0.1:5005 1\" }",
    );
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}{}", checked.text(), checked.stderr);
}

/// A helper that writes down each of its starts.
#[cfg(unix)]
#[tokio::test]
async fn an_interpreter_is_compiled_once_where_nothing_can_be_kept() {
    use eco_host::plugin::Program;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = empty_folder("counts-helpers");
    let (program, starts) = (folder.join("helper"), folder.join("starts"));
    let binary = crate::harness::binary();
    let text = format!(
        "#!/bin/sh\necho >> '{}'\nexec '{}' \"$@\"\n",
        starts.display(),
        binary.display()
    );
    std::fs::write(&program, text).expect("it can be written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("it is ours");
    let helper = Compiler::Helper(Program {
        path: program,
        arguments: vec!["compile-helper".into()],
    });
    let engine = Engine::builder(helper, Budgets::server(1 << 30))
        .uncached()
        .laboratory()
        .build()
        .expect("an engine");
    for number in 0..10 {
        let path = plugin_file(&format!("script-{number}.lua"), ECHO);
        let plugin = ServerPlugin::load(&engine, Source::File(Path::new(&path).into())).await;
        let mut session = plugin.expect("it loads").session();
        assert_eq!(&*session.receive(b"!").await.expect("an echo").data, b"!");
    }
    let starts = std::fs::read_to_string(starts).expect("one has started");
    assert_eq!(starts.lines().count(), 1);
}
