//! The servers that are compared: eco, the native ones it is held to, and what else people use.

use anyhow::{Context as _, Result};
use eco_benches::process::Process;
use eco_host::net::Limits;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A server that can be measured.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// How many clients it serves at the same time.
    pub(crate) clients: Clients,
    /// Its program, where that is one file.
    pub(crate) program: Option<PathBuf>,
    /// Starts it on a port, for so many clients.
    command: Box<dyn Fn(u16, usize) -> Command>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Clients {
    Many,
    /// Some hundreds: each takes a process, or an interpreter.
    Hundreds,
    /// A hundred: each takes 19 MB of the memory budget.
    Hundred,
    One,
}

impl Peer {
    /// Starts it for so many clients.
    pub(crate) fn start(&self, clients: usize) -> Result<Process> {
        Process::start(|port| (self.command)(port, clients))
    }

    /// How many of `wanted` clients it is measured with, if it can be.
    pub(crate) fn takes(&self, wanted: usize) -> bool {
        match self.clients {
            Clients::Many => true,
            Clients::Hundreds => wanted <= 1000,
            Clients::Hundred => wanted <= 100,
            Clients::One => wanted == 1,
        }
    }
}

/// The server that all others are compared with. It comes first.
pub(crate) const NATIVE: &str = "native tokio";
pub(crate) const ECO: &str = "eco";
pub(crate) const ANY: &str = "eco, as any plugin";
pub(crate) const LUA: &str = "eco, Lua";
pub(crate) const JAVASCRIPT: &str = "eco, JavaScript";
pub(crate) const PYTHON: &str = "eco, Python";

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
/// eco's scripts: the server, the file, the text.
const SCRIPTS: [(&str, &str, &str); 3] = [
    (
        LUA,
        "echo.lua",
        "function receive(chunk) return chunk end\n",
    ),
    (
        JAVASCRIPT,
        "echo.js",
        "function receive(chunk) { return chunk; }\n",
    ),
    (PYTHON, "echo.py", "def receive(chunk): return chunk\n"),
];
const ECHO: &str = include_str!("../../../plugins/echo/echo.wat");

/// Those that this machine has, and a line for each that it lacks. `eco` is its program.
pub(crate) fn all(eco: &Path) -> Result<(Vec<Peer>, Vec<String>)> {
    let mut missing = Vec::new();
    let mut found = own(eco, &mut missing)?;
    type Start = fn(u16) -> Command;
    let others: [(&str, &str, Clients, Start); 5] = [
        ("HAProxy, Lua", "haproxy", Clients::Many, |port| {
            let mut command = Command::new("haproxy");
            command.args(["-db", "-C", PEERS, "-f", "haproxy.cfg"]);
            command.env("ECHO_PORT", port.to_string());
            command
        }),
        ("Node", "node", Clients::Many, |port| {
            script("node", "net_echo.js", port)
        }),
        ("asyncio", "python3", Clients::Many, |port| {
            script("python3", "asyncio_echo.py", port)
        }),
        ("socat, fork", "socat", Clients::Hundreds, |port| {
            let mut command = Command::new("socat");
            let listen = "bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay";
            command.args([&format!("TCP-LISTEN:{port},{listen}"), "PIPE"]);
            command
        }),
        ("blocking, 16 B", "python3", Clients::One, |port| {
            script("python3", "blocking_echo.py", port)
        }),
    ];
    for (name, program, clients, command) in others {
        match on_path(program) {
            Some(path) => found.push(Peer {
                name,
                clients,
                // The others are interpreters' scripts.
                program: matches!(program, "haproxy" | "socat").then_some(path),
                command: Box::new(move |port, _| command(port)),
            }),
            None => missing.push(format!(
                "{name}: no {program} here; on Debian, apt-get install {}",
                if program == "node" { "nodejs" } else { program }
            )),
        }
    }
    match wasmtime_sockets() {
        Ok(peer) => found.push(peer),
        Err(error) => missing.push(format!(
            "wasmtime sockets: {error:#}; it takes Rust for wasm32-unknown-unknown, see plugins/rust"
        )),
    }
    Ok((found, missing))
}

/// What this project builds itself.
fn own(eco: &Path, missing: &mut Vec<String>) -> Result<Vec<Peer>> {
    let native = PathBuf::from(env!("CARGO_BIN_EXE_native-echo"));
    let epoll = PathBuf::from(env!("CARGO_BIN_EXE_epoll-echo"));
    let [echo, any] = echoes([ECO, ANY], eco)?;
    let mut found = vec![with_port(NATIVE, native), echo, any];
    for (name, file, text) in SCRIPTS {
        let plugin = written(file, text)?;
        match keep_snapshot(eco, &plugin) {
            Ok(()) => {
                let clients = if name == PYTHON {
                    Clients::Hundred
                } else {
                    Clients::Hundreds
                };
                found.push(served(name, eco, plugin, clients));
            }
            Err(error) => missing.push(format!("{name}: {error:#}")),
        }
    }
    found.push(with_port("tuned epoll", epoll));
    Ok(found)
}

/// Serves a script until its instances start from a snapshot, which the next start then finds.
fn keep_snapshot(eco: &Path, plugin: &str) -> Result<()> {
    let mut command = Command::new(eco);
    command.args(["serve", "--log-level", "debug", "--compile-time", "5m"]);
    command.args(["-p", plugin, "--listen", "127.0.0.1:0"]);
    let mut server = command.stderr(Stdio::piped()).spawn()?;
    let log = server.stderr.take().context("it has a log")?;
    let mut last = String::new();
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let found = lines.any(|line| {
        let found = line.contains("start from a snapshot");
        last = line;
        found
    });
    let _ = server.kill();
    let _ = server.wait();
    anyhow::ensure!(found, "{last}");
    Ok(())
}

/// A server that takes its port as its only argument.
pub(crate) fn with_port(name: &'static str, program: PathBuf) -> Peer {
    Peer {
        name,
        clients: Clients::Many,
        program: Some(program.clone()),
        command: Box::new(move |port, _| {
            let mut command = Command::new(&program);
            command.arg(port.to_string());
            command
        }),
    }
}

/// The native server, with buffers that begin at this offset within a page.
pub(crate) fn native_at(name: &'static str, offset: usize) -> Peer {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_native-echo"));
    let mut peer = with_port(name, program.clone());
    peer.command = Box::new(move |port, _| {
        let mut command = Command::new(&program);
        command.args([port.to_string(), offset.to_string()]);
        command
    });
    peer
}

/// This build of eco with the built-in echo, and with the same echo as any plugin, by these names.
pub(crate) fn echoes(names: [&'static str; 2], eco: &Path) -> Result<[Peer; 2]> {
    // A function that is never called, and loops: enough for calls to need all precautions.
    let looping = ECHO.replacen("(core module $echo", "(core module $echo (func (loop))", 1);
    let any = written("echo-as-any-plugin.wat", &looping)?;
    let [echo, any_name] = names;
    Ok([
        served(echo, eco, "echo".to_owned(), Clients::Many),
        served(any_name, eco, any, Clients::Many),
    ])
}

/// This build of eco with a plugin.
fn served(name: &'static str, eco: &Path, plugin: String, clients: Clients) -> Peer {
    let program = eco.to_owned();
    Peer {
        name,
        clients,
        program: Some(program.clone()),
        command: Box::new(move |port, clients| serve(&program, port, clients, &plugin)),
    }
}

/// The path of a new file with this text.
fn written(name: &str, text: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text)?;
    Ok(path.display().to_string())
}

/// An echo that runs `call` first when a chunk begins with an exclamation mark. Its module has so many pages of
/// memory, and `fields` besides; `call` may use the local `$left`, of type i32.
pub(crate) fn marked_echo(pages: u32, fields: &str, call: &str) -> String {
    format!(
        r#"(component
  (core module $m
    (memory (export "memory") {pages})
    {fields}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "receive") (param $chunk i32) (param $length i32) (result i32) (local $left i32)
      (if (i32.eq (i32.load8_u (local.get $chunk)) (i32.const 33)) (then {call}))
      (i32.store (i32.const 0) (local.get $chunk))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0)))
  (core instance $m (instantiate $m))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive")
      (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

/// eco with its defaults, its log where nobody waits for it, and more connections where it needs them.
pub(crate) fn serve(eco: &Path, port: u16, clients: usize, plugin: &str) -> Command {
    let mut command = Command::new(eco);
    command.args(["serve", "-q", "-p", plugin]);
    if clients > Limits::default().max_connections {
        command.args(["--max-connections", &clients.to_string()]);
    }
    command.args(["--listen", &format!("127.0.0.1:{port}")]);
    command
}

fn script(interpreter: &str, name: &str, port: u16) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(Path::new(PEERS).join(name));
    command.arg(port.to_string());
    command
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // Debian keeps servers where only root looks for them.
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The argument with which this program is wasmtime's own host.
pub(crate) const HOST: &str = "--wasmtime-sockets";

/// Builds the component, with what the environment says for compilers of plugins alone.
fn wasmtime_sockets() -> Result<Peer> {
    let mut cargo = eco_benches::cargo();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sockets");
    cargo
        .args(["build", "--quiet", "--release", "--locked"])
        .current_dir(Path::new(PEERS).join("sockets"))
        .env("CARGO_TARGET_DIR", &target);
    for (name, value) in std::env::vars_os() {
        if let Some(name) = name.to_str().and_then(|name| name.strip_prefix("GUEST_")) {
            cargo.env(name, value);
        }
    }
    let built = cargo.output().context("cannot run cargo")?;
    anyhow::ensure!(built.status.success(), "its component can't be built here");
    let component = target.join("wasm32-unknown-unknown/release/sockets.wasm");
    let host = std::env::current_exe()?;
    Ok(Peer {
        name: "wasmtime sockets",
        clients: Clients::Many,
        program: None,
        command: Box::new(move |port, _| {
            let mut command = Command::new(&host);
            command.arg(HOST).arg(&component).arg(port.to_string());
            command
        }),
    })
}
