//! Memory that judging makes the host hold is bounded.

use crate::exercises::{HEAD, exercise};
use crate::harness::Eco;
use crate::judging::laboratory::ECHO;
use crate::judging::splits::one_case;
use crate::judging::verdicts::grade;
use crate::support::{empty_folder, plugin_file};
use eco_host::contract::Session as _;
use eco_host::plugin::{
    Budget, Budgets, Cache, Compiler, Engine, Error, Laboratory, PluginSession, ServerPlugin,
    Source,
};
use serde_json::Value;

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
    let asleep = include_str!("../../plugins/says-asleep.wat");
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
fn submissions_that_make_the_host_hold_much_cost_the_grader_little() {
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
    let budgets = Budgets::default().log(64 * MIB).total_memory(run);
    let engine = Engine::builder(Compiler::InProcess, budgets).cache(Cache::User);
    let engine = engine.laboratory().build().expect("an engine");
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
            details: None,
        })
        .await?;
    session.receive(b"!").await?;
    Ok(session)
}

#[tokio::test]
async fn memory_that_a_run_makes_the_host_hold_is_bounded() {
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
        ("carl.wat", include_str!("../../../plugins/echo/echo.wat")),
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
