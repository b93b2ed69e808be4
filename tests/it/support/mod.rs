//! Peers and plugins for the tests.

#[cfg(unix)]
pub(crate) mod browser;
#[cfg(unix)]
pub(crate) mod devtools;
pub(crate) mod network;
pub(crate) mod samples;

use crate::harness::{Eco, Server, assert_same};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

/// No reply takes this long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a free port, with more arguments.
pub(crate) fn serve(arguments: &[&str]) -> Server {
    Eco::new(&["serve", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .serve()
}

/// From when on connections of a script start from a snapshot, as `--snapshot` has it: what it does must not
/// depend on that. Python's snapshot takes half a minute in a dev build, and only `snapshots` waits for it.
pub(crate) fn ways(path: &str) -> &'static [&'static str] {
    if path.ends_with("py") {
        &["never"]
    } else {
        &["never", "first"]
    }
}

/// The same script, `-p PATH` and more, served in each of these ways.
pub(crate) fn serve_both_ways(path: &str, arguments: &[&str]) -> impl Iterator<Item = Server> {
    let ways = ways(path).iter();
    ways.map(move |way| serve(&[&["-p", path, "--snapshot", way], arguments].concat()))
}

/// The path of one of the project's own files, counted from its root.
pub(crate) fn project_file(path: &str) -> String {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a folder");
    let root = host.parent().expect("the host is a folder of the project");
    root.join(path).display().to_string()
}

/// A plugin's text as a file, to serve it by its path. Tests that run at the same time may share one: it is never seen
/// half written, unless a test gives it another text.
pub(crate) fn plugin_file(name: &str, contents: impl AsRef<[u8]>) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (path, contents) = (folder.join(name), contents.as_ref());
    match std::fs::read(&path) {
        Ok(there) if there == contents => {}
        Ok(_) => std::fs::write(&path, contents).expect("the file can be written"),
        Err(_) => {
            let whole = folder.join(format!("{name}.{:?}", std::thread::current().id()));
            std::fs::write(&whole, contents).expect("the file can be written");
            std::fs::rename(&whole, &path).expect("it can be renamed");
        }
    }
    path.display().to_string()
}

/// A new folder for a test.
pub(crate) fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// A plugin with the interface `handler`, around a core module with these fields: a memory, a
/// `realloc` and a `receive`. `options` are more of its lifting, such as a `post-return`.
pub(crate) fn handler(fields: &str, options: &str) -> String {
    format!(
        r#"(component
  (core module $m {fields})
  (core instance $m (instantiate $m))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive")
      (memory (core memory $m "memory")) (realloc (core func $m "realloc")) {options}))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

/// The session plugin of the tests.
pub(crate) fn session_plugin() -> String {
    project_file("tests/plugins/session.wat")
}

/// A peer that gives up instead of hanging.
pub(crate) struct Peer(pub(crate) TcpStream);

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).expect("the server accepts"))
    }

    /// Connects as another peer, from this address of the loopback.
    #[cfg(target_os = "linux")]
    pub(crate) fn connect_from(source: [u8; 4], address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        let connected = runtime.expect("a runtime").block_on(async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind((source, 0).into())?;
            socket.connect(address).await?.into_std()
        });
        let stream = connected.expect("the server accepts");
        stream.set_nonblocking(false).expect("a socket has options");
        Self::over(stream)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a socket has options");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket has options");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a socket has options");
        Self(stream)
    }

    /// Connects to the session plugin of the tests, and takes its greeting.
    #[track_caller]
    pub(crate) fn greeted(address: SocketAddr) -> Self {
        let mut peer = Self::connect(address);
        let greeting = peer.0.local_addr().expect("it is connected").to_string();
        peer.expect(greeting.as_bytes());
        peer
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.write_all(bytes).expect("the server reads");
        self
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, bytes: &[u8]) -> &mut Self {
        let mut reply = vec![0; bytes.len()];
        self.0.read_exact(&mut reply).expect("the server replies");
        assert_same(&reply, bytes);
        self
    }

    /// The next line, without its end.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            self.0.read_exact(&mut byte).expect("the server replies");
            match byte {
                [b'\n'] => return String::from_utf8(line).expect("a line of text"),
                [byte] => line.push(byte),
            }
        }
    }

    /// Sends FIN.
    pub(crate) fn finish(&mut self) -> &mut Self {
        self.0
            .shutdown(Shutdown::Write)
            .expect("the connection is open");
        self
    }

    /// Everything up to the server's FIN.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.0
            .read_to_end(&mut rest)
            .expect("the server closes in order");
        rest
    }

    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        assert_same(&self.rest(), b"");
    }

    /// The connection must be torn down; what came before that is given back.
    #[track_caller]
    pub(crate) fn expect_reset(&mut self) -> Vec<u8> {
        let mut before = Vec::new();
        let error = self
            .0
            .read_to_end(&mut before)
            .expect_err("the server resets");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
        before
    }

    /// Closes with a reset.
    pub(crate) fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.0, Some(Duration::ZERO))
            .expect("a socket has options");
    }
}

/// The memory of a server's process.
pub(crate) fn resident_bytes(server: &Server) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("it has memory");
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number");
    kib * 1024
}

/// Sends everything while reading everything, then FIN; the whole reply.
pub(crate) fn converse(address: SocketAddr, message: &[u8]) -> Vec<u8> {
    let mut peer = Peer::connect(address);
    let mut writer = Peer(peer.0.try_clone().expect("a socket can be shared"));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            writer.send(message).finish();
        });
        peer.rest()
    })
}

/// Bytes without a pattern that could hide a mistake, the same for the same seed.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A network that splits both streams into pieces of 1 to 16 bytes: where to connect to reach
/// `server`, once. It ends with its connection.
pub(crate) fn relay(server: SocketAddr, seed: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        let (near, _) = listener.accept().expect("somebody connects");
        let far = TcpStream::connect(server).expect("the server accepts");
        let both = |stream: &TcpStream| stream.try_clone().expect("a socket can be shared");
        let there = (both(&near), both(&far));
        let back = (far, near);
        std::thread::spawn(move || split(there.0, there.1, seed));
        split(back.0, back.1, seed + 1);
    });
    address
}

/// Copies until the end of the stream, or until either side breaks off, which the tests see.
fn split(mut from: TcpStream, mut to: TcpStream, seed: u64) {
    to.set_nodelay(true).expect("a socket has options");
    let mut sizes = noise(4096, seed).into_iter().cycle();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let mut rest = &buffer[..length];
        while !rest.is_empty() {
            let size = sizes.next().map_or(1, |size| usize::from(size) % 16 + 1);
            let (piece, more) = rest.split_at(size.min(rest.len()));
            if to.write_all(piece).is_err() {
                return;
            }
            rest = more;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// A terminal: its end for a program, and what that will have shown when it has closed it.
#[cfg(unix)]
pub(crate) fn terminal() -> (File, JoinHandle<String>) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&near)
        .and_then(|()| unlockpt(&near))
        .expect("a terminal");
    let name = ptsname(&near, Vec::new())
        .expect("a name")
        .into_string()
        .expect("of ASCII");
    let far = File::options()
        .read(true)
        .write(true)
        .open(name)
        .expect("a terminal");
    let shown = std::thread::spawn(move || {
        let mut seen = Vec::new();
        let mut near = File::from(near);
        let mut piece = [0; 4096];
        // Linux ends the reading with an error when the far end is closed.
        while let Ok(length @ 1..) = near.read(&mut piece) {
            seen.extend_from_slice(piece.get(..length).unwrap_or_default());
        }
        String::from_utf8_lossy(&seen).into_owned()
    });
    (far, shown)
}
