//! OpenSSL and Python against eco: clients that have nothing in common with it.

use super::{Authority, serve_tls};
use crate::harness::Eco;
use crate::support::plugin_file;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Output, Stdio};

/// Echoes a mebibyte, each piece as a whole, and tells what was agreed on. The second connection takes up the session of the
/// first.
const PYTHON: &str = r#"
import random, socket, ssl, sys
port, ca, version, cert, key = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
context.load_cert_chain(cert, key)
context.set_alpn_protocols(["other", "eco"])
message = random.Random(7).randbytes(1 << 20)
session = None
for _ in range(2):
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as tcp:
        with context.wrap_socket(tcp, server_hostname="localhost", session=session) as tls:
            reply = bytearray()
            for at in range(0, len(message), 50_000):
                tls.sendall(message[at:at + 50_000])
                while len(reply) < min(at + 50_000, len(message)):
                    reply += tls.recv(65536)
            assert reply == message, "the echo is another"
            session = tls.session
            print(tls.version(), tls.selected_alpn_protocol(), tls.session_reused)
            # close_notify there and back
            tls.unwrap()
"#;

#[test]
fn python_gets_a_mebibyte_back_in_both_versions_and_takes_sessions_up() {
    let authority = Authority::new("python");
    let arguments = ["--alpn", "eco", "--client-ca", &authority.file()];
    let server = serve_tls(&authority.server(&["localhost"]), &arguments);
    let client = authority.client("anna");
    let (cert, key) = client.files.split_once(',').unwrap();
    let script = plugin_file("tls-client.python", PYTHON);
    let port = server.address.port().to_string();
    for (version, name) in [("TLSv1_2", "TLSv1.2"), ("TLSv1_3", "TLSv1.3")] {
        let mut python = Command::new("python3");
        python.args([&script, &port, &authority.file(), version, cert, key]);
        let said = said(python.output().expect("python3 is there"));
        assert_eq!(said, format!("{name} eco False\n{name} eco True\n"));
    }
    server.terminate();
    let log = server.wait().stderr;
    assert_eq!(log.matches("reason=\"ended\"").count(), 4, "{log}");
}

/// Stdout of a program that ended well.
fn said(output: Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn openssl_is_served_in_versions_1_2_and_1_3_and_refused_below() {
    let authority = Authority::new("openssl");
    let server = serve_tls(&authority.server(&["localhost"]), &[]);
    let address = server.address.to_string();
    let client = |arguments: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.args([
            "s_client",
            "-connect",
            &address,
            "-servername",
            "localhost",
            "-brief",
        ]);
        openssl.args(["-CAfile", &authority.file(), "-verify_return_error"]);
        openssl
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        openssl
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssl is there")
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let mut openssl = client(&[version]);
        let mut stdin = openssl.stdin.take().unwrap();
        stdin.write_all(b"hello\n").unwrap();
        let mut reply = String::new();
        let mut stdout = BufReader::new(openssl.stdout.take().unwrap());
        stdout.read_line(&mut reply).unwrap();
        assert_eq!(reply, "hello\n");
        // The end of stdin is one of the connection, in order.
        drop(stdin);
        stdout.read_to_string(&mut reply).unwrap();
        let ended = openssl.wait_with_output().unwrap();
        assert!(
            ended.status.success(),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
    for version in ["-tls1", "-tls1_1"] {
        let refused = client(&[version, "-cipher", "ALL:@SECLEVEL=0"])
            .wait_with_output()
            .unwrap();
        assert!(!refused.status.success());
        server.logged(&["refused", "handshake-failed", "neither TLS 1.2 nor 1.3"]);
    }
    server.terminate();
    let log = server.wait().stderr;
    assert_eq!(log.matches("reason=\"ended\"").count(), 2, "{log}");
}

#[test]
fn ecos_client_is_served_by_openssl_whose_keys_come_in_every_form() {
    let authority = Authority::new("openssl-server");
    let pair = authority.server(&["localhost"]);
    let (cert, key) = pair.files.split_once(',').unwrap();
    // What OpenSSL makes of a key: SEC 1, and PKCS #8; and RSA as PKCS #1.
    let run = |arguments: &[&str]| said(Command::new("openssl").args(arguments).output().unwrap());
    let sec1 = authority.path("sec1.key");
    run(&["ec", "-in", key, "-out", &sec1]);
    assert!(
        std::fs::read_to_string(&sec1)
            .unwrap()
            .contains("BEGIN EC PRIVATE KEY")
    );
    let (rsa, pkcs1) = (authority.path("rsa.pem"), authority.path("pkcs1.key"));
    run(&["genrsa", "-traditional", "-out", &pkcs1, "2048"]);
    assert!(
        std::fs::read_to_string(&pkcs1)
            .unwrap()
            .contains("BEGIN RSA PRIVATE KEY")
    );
    run(&[
        "req",
        "-x509",
        "-new",
        "-key",
        &pkcs1,
        "-out",
        &rsa,
        "-subj",
        "/CN=x",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ]);
    for (pair, ca) in [
        (format!("{cert},{sec1}"), authority.file()),
        (format!("{rsa},{pkcs1}"), rsa.clone()),
    ] {
        let server = crate::support::serve(&["--tls", &pair]);
        let to = format!("localhost:{}", server.address.port());
        let sent = Eco::new(&["send", "hello", "--tls", "--ca", &ca, "-t", &to]).run(b"");
        assert_eq!(
            (sent.code, sent.text().trim()),
            (0, "hello"),
            "{}",
            sent.stderr
        );
    }

    // A server that answers in turn, and closes as OpenSSL does.
    let mut server = Command::new("openssl")
        .args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cert",
            cert,
            "-key",
            key,
            "-rev",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    let port = loop {
        line.clear();
        stdout.read_line(&mut line).unwrap();
        if let Some(address) = line.trim().strip_prefix("ACCEPT ") {
            break address.rsplit(':').next().unwrap().to_owned();
        }
    };
    let text = r#"
        function start() { return { send: "hello\n", through: "\n" } }
        function replied(reply) {
          if (new TextDecoder().decode(reply) !== "olleh\n") return { wrong: "it is another" }
        }"#;
    let plugin = plugin_file("tls-reversed.js", text);
    let to = format!("localhost:{port}");
    let sent = Eco::new(&[
        "send",
        "-p",
        &plugin,
        "--tls",
        "--ca",
        &authority.file(),
        "-t",
        &to,
    ])
    .run(b"");
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(
        (sent.code, sent.text().as_str()),
        (0, "olleh\n"),
        "{}",
        sent.stderr
    );
}
