//! The certificates of clients: who is asked, who is refused, and what a session is told.

use super::{Authority, TlsPeer, fingerprint, serve_tls};
use crate::harness::Eco;
use eco_host::contract::{Connection, Next, Opening, Reason, Reply, Session, TlsDetails};
use eco_host::net::{self, ActivatedSockets, Arriving, Limits, MappedListener, Server};
use eco_tls::{Certificates, ClientCertificates, KeyPairFiles, ServerSettings, TlsServer};
use parking_lot::Mutex;
use rustls::client::Resumption;
use std::convert::Infallible;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// Connects, and sees whether a byte comes back: a client hears that it is refused after its own part of the handshake.
fn try_echo(address: SocketAddr, config: &rustls::ClientConfig) -> io::Result<TlsPeer> {
    let mut peer = TlsPeer::try_connect(address, config, "localhost")?;
    io::Write::write_all(&mut peer.0, b"x")?;
    peer.0.read_exact(&mut [0])?;
    Ok(peer)
}

#[test]
fn a_client_is_asked_for_a_certificate_of_the_right_authority() {
    let (authority, other) = (Authority::new("clients"), Authority::new("others"));
    let pair = authority.server(&["localhost"]);
    let required = serve_tls(&pair, &["--client-ca", &authority.file()]);
    let optional = format!("{},optional", authority.file());
    let optional = serve_tls(&pair, &["--client-ca", &optional]);
    let (anna, stranger) = (authority.client("anna"), other.client("anna"));
    for server in [&required, &optional] {
        try_echo(server.address, &authority.trusting_as(&anna)).expect("anna may come in");
        try_echo(server.address, &authority.trusting_as(&stranger))
            .err()
            .expect("it is refused");
        server.logged(&[
            "refused",
            "handshake-failed",
            "nobody who is trusted has signed",
        ]);
    }
    try_echo(optional.address, &authority.trusting()).expect("without one too");
    try_echo(required.address, &authority.trusting())
        .err()
        .expect("it is refused");
    required.logged(&["refused", "handshake-failed", "has shown no certificate"]);

    let to = format!("localhost:{}", required.address.port());
    let send = [
        "send",
        "hello",
        "--tls",
        "--ca",
        &authority.file(),
        "-t",
        &to,
    ];
    let sent = Eco::new(&send).args(&["--cert", &anna.files]).run(b"");
    assert_eq!(
        (sent.code, sent.text().trim()),
        (0, "hello"),
        "{}",
        sent.stderr
    );
    let sent = Eco::new(&send).run(b"");
    assert_eq!(sent.code, 1, "{}", sent.stderr);
    for words in [
        "the other end wants a certificate",
        "--cert CERT.pem,KEY.pem",
    ] {
        assert!(sent.stderr.contains(words), "{}", sent.stderr);
    }
}

/// A session that echoes.
struct Echo;

impl Session for Echo {
    type Error = Infallible;

    async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, Infallible> {
        Ok(Opening::Greeting(Reply::default()))
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Infallible> {
        Ok(Reply {
            data: chunk.to_vec().into(),
            next: Next::KeepOpen,
        })
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Infallible> {
        Ok(Reply {
            next: Next::Finish,
            ..Reply::default()
        })
    }

    async fn closed(&mut self, _: Reason) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The details of each connection, in their order.
type Seen = Arc<Mutex<Vec<TlsDetails>>>;

/// A server within this process.
async fn serve_here(tls: TlsServer) -> (net::ServerHandle, SocketAddr, Seen) {
    let listen = ["127.0.0.1:0".parse().unwrap()];
    let bound = net::bind(&listen, &mut ActivatedSockets::none())
        .await
        .unwrap();
    let listener = bound.into_iter().flatten().next().unwrap();
    let address = listener.address().tcp().unwrap();
    let listener = MappedListener::new(listener, move |accepted: net::Accepted<net::Stream>| {
        accepted.map(|stream| tls.layer(stream))
    });
    let seen = Seen::default();
    let all = seen.clone();
    let session = move |arriving: &Arriving| {
        let details = arriving
            .details
            .as_ref()
            .and_then(|details| details.tls.clone());
        all.lock().push(details.expect("it speaks TLS"));
        Some(Echo)
    };
    let server = Server::builder(Limits::default())
        .listen(listener, session)
        .start();
    (server, address, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_what_was_agreed_on_and_resumption_keeps_it_until_a_reload() {
    let authority = Authority::new("told");
    let pair = authority.server(&["localhost"]);
    let (certificate, key) = pair.files.split_once(',').unwrap();
    let mut settings = ServerSettings::new(Certificates::Files(vec![KeyPairFiles {
        certificate: certificate.into(),
        key: key.into(),
    }]));
    settings.protocols = vec!["eco".to_owned()];
    settings.clients = Some(ClientCertificates {
        authorities: authority.file().into(),
        required: false,
    });
    let tls = TlsServer::new(settings).unwrap();
    let (_server, address, seen) = serve_here(tls.clone()).await;
    let anna = authority.client("anna");
    let anna_is = fingerprint(Path::new(anna.files.split(',').next().unwrap()));
    let talking = tokio::task::spawn_blocking(move || {
        let mut told = Vec::new();
        for versions in [&[&rustls::version::TLS12][..], &[&rustls::version::TLS13]] {
            let mut config = authority.trusting_in(versions);
            config.client_auth_cert_resolver =
                authority.trusting_as(&anna).client_auth_cert_resolver;
            config.resumption = Resumption::in_memory_sessions(8);
            config.alpn_protocols = vec![b"eco".to_vec()];
            for (is_resumed, reload) in [(false, false), (true, false), (false, true)] {
                if reload {
                    tls.reload().unwrap();
                }
                let mut peer = try_echo(address, &config).unwrap();
                assert_eq!(peer.is_resumed(), is_resumed, "{versions:?}");
                peer.finish().expect_end();
                told.push(seen.lock().pop().unwrap());
            }
        }
        let peer = try_echo(address, &authority.trusting());
        drop(peer);
        told.push(seen.lock().pop().unwrap());
        told
    });
    let told = talking.await.unwrap();
    for (place, details) in told.iter().enumerate() {
        let version = if place < 3 { "TLSv1.2" } else { "TLSv1.3" };
        assert_eq!(details.version, version);
        assert_eq!(details.server_name.as_deref(), Some("localhost"));
        let is_last = place == 6;
        assert_eq!(details.protocol.as_deref(), (!is_last).then_some("eco"));
        let shown = details.certificate.as_ref().map(|certificate| {
            let fingerprint = eco_tls::Fingerprint(certificate.fingerprint.unwrap());
            (certificate.subject.as_str(), fingerprint)
        });
        let expected = (!is_last).then(|| ("anna", anna_is.parse().unwrap()));
        assert_eq!(shown, expected);
    }
}
