//! The processes that compile: what they have, how many there are, and when they end.

use crate::compile::{ECHO, loops};
use crate::harness::{Eco, Server};
use crate::support::{Peer, plugin_file, serve};
use eco_host::plugin::{Budgets, Compiler, Engine, Program, ServerPlugin, Source};
use std::future::Future as _;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// The helper of an eco that compiles. It is waited for.
#[cfg(target_os = "linux")]
struct Helper(rustix::process::Pid);

#[cfg(target_os = "linux")]
impl Helper {
    fn of(server: &Server) -> Self {
        let tasks = format!("/proc/{}/task", server.pid());
        let child = |task: std::path::PathBuf| {
            let children = std::fs::read_to_string(task.join("children")).ok()?;
            rustix::process::Pid::from_raw(children.trim().parse().ok()?)
        };
        until(|| {
            let tasks = std::fs::read_dir(&tasks).expect("it runs").flatten();
            tasks.map(|task| task.path()).find_map(child)
        })
        .map(Self)
        .expect("it compiles")
    }

    /// A file of what the system tells of it.
    fn file(&self, name: &str) -> std::path::PathBuf {
        format!("/proc/{}/{name}", self.0.as_raw_nonzero()).into()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// A limit of its own, as the system writes it.
    fn limit(&self, name: &str) -> Option<String> {
        let limits = self.text("limits");
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next().map(str::to_owned)
    }

    /// Waits for its end.
    fn ends(&self) {
        use rustix::event::{PollFd, PollFlags, poll};
        let Ok(process) = rustix::process::pidfd_open(self.0, rustix::process::PidfdFlags::empty())
        else {
            return;
        };
        let mut process = [PollFd::new(&process, PollFlags::IN)];
        let patience = rustix::event::Timespec {
            tv_sec: 30,
            tv_nsec: 0,
        };
        assert_eq!(poll(&mut process, Some(&patience)), Ok(1), "it goes on");
    }
}

/// Looks again and again, at what the system says of another process.
#[cfg(target_os = "linux")]
fn until<T>(found: impl Fn() -> Option<T>) -> Option<T> {
    let since = std::time::Instant::now();
    while since.elapsed() < Duration::from_secs(30) {
        if let Some(found) = found() {
            return Some(found);
        }
        std::thread::yield_now();
    }
    None
}

/// A server whose plugin was replaced by one that never ends to compile, and the helper that does.
#[cfg(target_os = "linux")]
fn compiling(name: &str) -> (Server, Helper, String) {
    let path = plugin_file(name, ECHO);
    let server = serve(&["-p", &path, "--watch", "--compile-memory", "512MiB"]);
    std::fs::write(&path, loops(50_000)).expect("the file can be written");
    let helper = Helper::of(&server);
    (server, helper, path)
}

#[cfg(target_os = "linux")]
#[test]
fn a_helper_has_little_and_ends_when_eco_is_killed() {
    let (server, helper, _) = compiling("never-compiled.wat");
    // It limits itself first, but not before it is seen.
    until(|| {
        helper
            .limit("Max data size")
            .filter(|limit| limit == "536870912")
    })
    .expect("its memory is limited");
    assert_eq!(helper.limit("Max open files").as_deref(), Some("0"));
    assert_eq!(helper.limit("Max core file size").as_deref(), Some("0"));
    let processor_time = helper.limit("Max cpu time").expect("it has one");
    assert_ne!(processor_time, "unlimited");
    assert_eq!(helper.text("environ"), "ECO_HELPER=compile\0");
    let stat = helper.text("stat");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    assert_eq!(
        fields.split(' ').nth(16),
        Some("19"),
        "its niceness: {stat}"
    );
    let folder = std::fs::read_link(helper.file("cwd")).expect("it runs");
    assert_eq!(folder, std::path::Path::new("/"));
    let descriptors = std::fs::read_dir(helper.file("fd"))
        .expect("it runs")
        .flatten();
    for descriptor in descriptors {
        let target = std::fs::read_link(descriptor.path()).unwrap_or_default();
        let target = target.to_string_lossy().into_owned();
        assert!(target.is_empty() || target.starts_with("pipe:"), "{target}");
    }
    server.signal(rustix::process::Signal::KILL);
    helper.ends();
}

#[cfg(target_os = "linux")]
#[test]
fn a_helper_that_somebody_kills_is_no_fault_of_the_plugin() {
    let (server, helper, path) = compiling("killed-helper.wat");
    rustix::process::kill_process(helper.0, rustix::process::Signal::KILL).expect("it runs");
    server.logged(&[
        "not reloaded",
        "the system killed the helper",
        "not the plugin's fault",
    ]);
    std::fs::write(&path, ECHO).expect("the file can be written");
    server.logged(&["reloaded: new connections get the new version"]);
    let mut peer = Peer::connect(server.address);
    peer.send(b"still here").expect(b"still here");
}

/// Twice as many attacks as there are processors, each of which would take a minute.
#[tokio::test(flavor = "multi_thread")]
async fn helpers_that_take_long_make_way() {
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    let mut budgets = Budgets::server(1 << 30);
    budgets.compile = Duration::from_secs(60);
    let engine = Engine::builder(helper, budgets).build().expect("an engine");
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = async |name: String, text: String| {
        let source = Source::component(name, text.into_bytes());
        ServerPlugin::load(&engine, source).await
    };
    let attack = |number: usize| Box::pin(load(format!("attack {number}"), loops(50_000)));
    let mut attacks: Vec<_> = (0..2 * processors).map(attack).collect();
    let mut honest = pin!(load("honest".to_owned(), ECHO.to_owned()));
    let loaded = std::future::poll_fn(|cx| {
        // They ask in this order.
        for attack in &mut attacks {
            assert!(attack.as_mut().poll(cx).is_pending(), "an attack has ended");
        }
        match honest.as_mut().poll(cx) {
            Poll::Ready(loaded) => Poll::Ready(loaded),
            Poll::Pending => Poll::Pending,
        }
    });
    let loaded = tokio::time::timeout(Duration::from_secs(50), loaded).await;
    loaded.expect("it has its turn").expect("it loads");
}

/// A helper that nobody asks anything says that it is one, and ends. A process between two helpers starts none.
#[test]
fn a_helper_that_nobody_asks_anything_ends() {
    for work in ["compile", "make"] {
        let exited = Eco::new(&[]).env("ECO_HELPER", work).run(b"");
        assert_eq!(exited.code, 1);
        let hello = concat!("eco-helper ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(exited.text(), hello);
    }
    let inspect = Eco::new(&["inspect", "echo"])
        .env("ECO_HELPER", "cook")
        .run(b"");
    assert_eq!(inspect.code, 1);
    let missing = "does not call `eco_host::if_helper();` first in its `main`";
    assert!(inspect.stderr.contains(missing), "{}", inspect.stderr);
    assert_eq!(inspect.stderr.lines().count(), 1);
}
