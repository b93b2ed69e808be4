//! What plugins are told of their peers, in each kind of plugin.

use super::{Peers, patient, pipes};
use crate::harness::{Eco, assert_same, binary};
use crate::scripts::languages;
use crate::support::{empty_folder, plugin_file};
use eco_host::contract::{PeerCertificate, PeerDetails, TlsDetails};
use eco_host::net::{Arriving, Server};
use eco_host::plugin::{Budgets, Cache, Compiler, Engine, Program, ServerPlugin, Source};
use std::sync::OnceLock;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// Scripts that answer a chunk as `tests/plugins/peer.wat` does: with a line for each thing.
const SCRIPTS: [(&str, &str); 3] = [
    (
        "js",
        "function receive() {
  const { user, tls, proxy } = peerDetails();
  const { version, serverName, protocol, certificate } = tls ?? {};
  const { subject, fingerprint } = certificate ?? {};
  const known = [user, version, serverName, protocol, subject, fingerprint, proxy];
  return known.map((it) => `${it ?? '-'}\\n`).join('');
}",
    ),
    (
        "lua",
        "function receive()
  local details = peer_details()
  local tls = details.tls or {}
  local certificate = tls.certificate or {}
  local function line(it) return (it == nil and '-' or it) .. '\\n' end
  return line(details.user) .. line(tls.version) .. line(tls.server_name) .. line(tls.protocol)
    .. line(certificate.subject) .. line(certificate.fingerprint) .. line(details.proxy)
end",
    ),
    (
        "py",
        "from eco import peer_details

def receive(chunk):
    details = peer_details()
    tls = details.tls
    certificate = tls and tls.certificate
    known = [details.user, tls and tls.version, tls and tls.server_name, tls and tls.protocol,
             certificate and certificate.subject, certificate and certificate.fingerprint, details.proxy]
    return ''.join(f\"{'-' if it is None else it}\\n\" for it in known).encode()
",
    ),
];

/// The component, as a file.
fn component() -> String {
    static MADE: OnceLock<String> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = empty_folder("peer-details");
        let module = include_str!("../../plugins/peer.wat");
        std::fs::write(folder.join("peer.wat"), module).expect("it can be written");
        let built = Eco::new(&["build", &folder.display().to_string()]).run(b"");
        assert_eq!(built.code, 0, "{}", built.stderr);
        let text = built.text();
        let path = text.trim_start_matches("built ").split(' ').next();
        path.expect("it says what it made").to_owned()
    });
    made.clone()
}

/// A plugin of each kind, as a file, and whether its snapshot is there soon: Python's takes half a minute.
fn plugins() -> impl Iterator<Item = (String, bool)> {
    let scripts = languages().filter_map(|(end, _)| {
        let (_, text) = SCRIPTS.iter().find(|(other, _)| *other == end)?;
        Some((
            plugin_file(&format!("peer-details.{end}"), text),
            end != "py",
        ))
    });
    std::iter::once((component(), false)).chain(scripts)
}

async fn load(path: &str, has_snapshot: bool) -> ServerPlugin {
    let helper = Compiler::Helper(Program::new(binary()));
    let mut engine = Engine::builder(helper, Budgets::server(1 << 30))
        .cache(Cache::User)
        .pooled(4);
    if !has_snapshot {
        engine = engine.without_snapshots();
    }
    let engine = engine.build().expect("an engine");
    let plugin = ServerPlugin::load(&engine, Source::File(path.into())).await;
    plugin.expect("it loads")
}

/// The plugin's answer to a chunk, up to its end.
async fn answer(mut peer: impl AsyncRead + AsyncWrite + Unpin) -> Vec<u8> {
    peer.write_all(b"?").await.expect("it is open");
    peer.shutdown().await.expect("it is open");
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer)
        .await
        .expect("it ends in order");
    answer
}

/// All that TLS tells, with these texts of a stranger.
fn details(version: &str, [name, protocol, subject, proxy]: [&str; 4]) -> Box<PeerDetails> {
    let mut fingerprint = [0; 32];
    for (place, byte) in fingerprint.iter_mut().enumerate() {
        *byte = u8::try_from(8 * place).expect("it is small");
    }
    let certificate = PeerCertificate {
        subject: subject.to_owned(),
        fingerprint: Some(fingerprint),
    };
    let tls = TlsDetails {
        version: version.to_owned(),
        server_name: Some(name.to_owned()),
        protocol: Some(protocol.to_owned()),
        certificate: Some(certificate),
    };
    Box::new(PeerDetails {
        user: None,
        tls: Some(tls),
        proxy: Some(proxy.to_owned()),
    })
}

const FINGERPRINT: &str = "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8";
const NOTHING: &[u8] = b"-\n-\n-\n-\n-\n-\n-\n";

/// One plugin after the other serves peers of all kinds, some before its snapshot is there and some after.
#[tokio::test]
async fn a_plugin_of_each_kind_is_told_what_is_known_of_its_own_peer() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, (path, has_snapshot)) in plugins().enumerate() {
        let plugin = load(&path, has_snapshot).await;
        let (pipes, mut peers) = pipes();
        let socket = folder.path().join(format!("{number}.sock"));
        let unix = UnixListener::bind(&socket).expect("a socket");
        let (of_pipes, of_unix) = (plugin.clone(), plugin.clone());
        let server = Server::builder(patient())
            .listen(pipes, move |_: &Arriving| Some(of_pipes.session()))
            .listen(unix, move |_: &Arriving| Some(of_unix.session()))
            .start();
        peers.details = Some(details(
            "TLSv1.3",
            ["eco.example", "h2", "anna", "192.0.2.7:443"],
        ));
        let told = format!("-\nTLSv1.3\neco.example\nh2\nanna\n{FINGERPRINT}\n192.0.2.7:443\n");
        let user = rustix::process::getuid().as_raw();
        for _ in 0..2 {
            assert_same(&answer(peers.connect()).await, told.as_bytes());
            let unnamed = Peers {
                details: None,
                ..peers.clone()
            };
            assert_same(&answer(unnamed.connect()).await, NOTHING);
            let peer = UnixStream::connect(&socket).await.expect("it listens");
            let uid = format!("{user}\n-\n-\n-\n-\n-\n-\n");
            assert_same(&answer(peer).await, uid.as_bytes());
            assert_eq!(plugin.settled().await, has_snapshot, "{path}");
        }
        // As a proxy may have it, which has seen little.
        let mut little = details("", ["", "", "anna", "unix:"]);
        if let Some(certificate) = little.tls.as_mut().and_then(|tls| tls.certificate.as_mut()) {
            certificate.fingerprint = None;
        }
        peers.details = Some(little);
        assert_same(
            &answer(peers.connect()).await,
            b"-\n-\n\n\nanna\n-\nunix:\n",
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn a_strangers_texts_arrive_as_they_are_and_are_cut_at_1_kib() {
    let controls = "\0\u{1b}[2J\r\u{202e}\\u{110000}\\xff%n";
    let long = "é".repeat(32 * 1024);
    let odd = format!("\0{long}");
    let exact = "s".repeat(1024);
    let cut = |text: &str, letters: usize| text.chars().take(letters).collect::<String>();
    for (path, _) in plugins() {
        let plugin = load(&path, false).await;
        let (pipes, mut peers) = pipes();
        let server = Server::builder(patient())
            .listen(pipes, move |_: &Arriving| Some(plugin.session()))
            .start();
        peers.details = Some(details(
            &exact,
            [&long, controls, &odd, &format!("{exact}x")],
        ));
        // The first letter of `odd` has one byte, so that its 512th would end at byte 1025.
        let told = [
            "-",
            &exact,
            &cut(&long, 512),
            controls,
            &cut(&odd, 512),
            FINGERPRINT,
            &exact,
            "",
        ];
        assert_same(&answer(peers.connect()).await, told.join("\n").as_bytes());
        server.stop().await;
    }
}

#[test]
fn nothing_is_known_of_a_peer_that_eco_call_plays() {
    for (path, _) in plugins() {
        let called = Eco::new(&["call", &path, "?", "--raw"]).run(b"");
        assert_same(&called.stdout, NOTHING);
    }
}
