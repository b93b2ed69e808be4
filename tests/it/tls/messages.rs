//! The command line: the printed command works, and what goes wrong is told with the next step.

use super::{Authority, TlsPeer, fingerprint, serve_tls};
use crate::harness::{Eco, Exited};
use crate::support::{empty_folder, serve};
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

#[track_caller]
fn says(ended: &Exited, code: i32, words: &[&str]) {
    assert_eq!(ended.code, code, "{}", ended.stderr);
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "no {word:?} in:\n{}",
            ended.stderr
        );
    }
}

#[test]
fn the_command_that_a_self_signed_server_prints_is_trusted_by_that_server_alone() {
    let mut first = serve(&["--tls", "self-signed"]);
    let mut second = serve(&["--tls", "self-signed"]);
    let shown = first.line();
    let fingerprint = shown.rsplit(' ').next().unwrap().to_owned();
    assert!(shown.contains("for trying out"), "{shown}");
    let printed = first.line();
    let (_, command) = printed.split_once(": eco ").unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    assert!(words.contains(&fingerprint.as_str()), "{printed}");
    let sent = Eco::new(&words).run(b"");
    assert_eq!(
        (sent.code, sent.text().trim()),
        (0, "hello"),
        "{}",
        sent.stderr
    );
    // As OpenSSL sees it.
    let pem = Command::new("sh")
        .args([
            "-c",
            "openssl s_client -connect $0 </dev/null 2>/dev/null | openssl x509",
        ])
        .arg(first.address.to_string())
        .output()
        .unwrap()
        .stdout;
    let file = empty_folder("tls-self-signed").join("shown.pem");
    std::fs::write(&file, pem).unwrap();
    let of_openssl: eco_tls::Fingerprint = super::fingerprint(&file).parse().unwrap();
    assert_eq!(of_openssl.to_string(), fingerprint);
    // It may be trusted as a file too, and has the names of this machine.
    for host in ["localhost", "127.0.0.1"] {
        let to = format!("{host}:{}", first.address.port());
        let file = file.display().to_string();
        let sent = Eco::new(&["send", "hello", "--tls", "--ca", &file, "-t", &to]).run(b"");
        assert_eq!(sent.code, 0, "{}", sent.stderr);
    }
    second.line();
    let to = second.address.to_string();
    let sent = Eco::new(&["send", "hello", "--tls", "--ca", &fingerprint, "-t", &to]).run(b"");
    says(
        &sent,
        69,
        &["another certificate: sha256:", "made anew at each start"],
    );
    let sent = Eco::new(&["send", "hello", "--tls", "--insecure", "-t", &to]).run(b"");
    assert_eq!(sent.code, 0, "{}", sent.stderr);
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_why() {
    let authority = Authority::new("untrusted");
    let good = authority.server(&["localhost"]);
    let usage = ExtendedKeyUsagePurpose::ServerAuth;
    let expired = authority.sign("expired", &["localhost"], usage.clone(), |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let early = authority.sign("early", &["localhost"], usage, |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    });
    let other = authority.server(&[
        "one.example",
        "two.example",
        "3.example",
        "4.example",
        "5.example",
    ]);
    let own = authority.path("own.pem");
    let key = authority.path("own.key");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=x",
        ])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost",
            "-out",
            &own,
            "-keyout",
            &key,
        ])
        .output();
    assert!(made.unwrap().status.success());
    let ca = authority.file();
    let send = |pair: &str, more: &[&str]| {
        let server = serve(&["--tls", pair]);
        let to = format!("localhost:{}", server.address.port());
        Eco::new(&["send", "hello", "--tls", "-t", &to])
            .args(more)
            .run(b"")
    };
    let trusting = ["--ca", ca.as_str()];
    says(&send(&good.files, &trusting), 0, &[]);
    says(
        &send(&expired.files, &trusting),
        69,
        &["certificate has expired", "clock of this machine"],
    );
    says(
        &send(&early.files, &trusting),
        69,
        &["is not valid yet", "clock of this machine"],
    );
    let names =
        "not for localhost, but for one.example, two.example, 3.example, 4.example, 1 others";
    says(
        &send(&other.files, &trusting),
        69,
        &[names, "--server-name NAME"],
    );
    let named = [&trusting[..], &["--server-name", "two.example"]].concat();
    says(&send(&other.files, &named), 0, &[]);
    let system = send(&good.files, &[]);
    assert_eq!(
        system.code,
        if system.stderr.contains("the system has no") {
            64
        } else {
            69
        }
    );
    assert!(system.stderr.contains("--ca FILE"), "{}", system.stderr);
    let own_pair = format!("{own},{key}");
    says(
        &send(&own_pair, &["--ca", &own]),
        69,
        &["is that of an authority", "--ca sha256:HEX", "CA:FALSE"],
    );
    let known = fingerprint(Path::new(&own));
    says(&send(&own_pair, &["--ca", &known]), 0, &[]);
    // A client of the load says so once.
    let server = serve(&["--tls", &expired.files]);
    let to = format!("localhost:{}", server.address.port());
    let loaded = Eco::new(&["load", "-n", "9", "--tls", "--ca", &ca, "-t", &to]).run(b"");
    says(
        &loaded,
        69,
        &["certificate has expired", "clock of this machine"],
    );
}

#[test]
fn files_that_cannot_be_used_are_told_with_the_next_step() {
    let authority = Authority::new("files");
    let good = authority.server(&["localhost"]);
    let other = authority.client("other");
    let (cert, key) = good.files.split_once(',').unwrap();
    let (_, other_key) = other.files.split_once(',').unwrap();
    let encrypted = authority.path("encrypted.key");
    let p521 = authority.path("p521.key");
    for arguments in [
        &[
            "pkey",
            "-in",
            key,
            "-aes128",
            "-passout",
            "pass:secret",
            "-out",
            &encrypted,
        ][..],
        &["ecparam", "-genkey", "-name", "secp521r1", "-out", &p521],
    ] {
        let made = Command::new("openssl").args(arguments).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    }
    let der = authority.path("cert.der");
    std::fs::write(&der, &good.certificate).unwrap();
    let listen = ["serve", "-l", "127.0.0.1:0"];
    for (pair, words) in [
        (
            format!("{cert},{other_key}"),
            &[
                "is not that of the first certificate",
                "comes first in its file",
            ][..],
        ),
        (
            format!("{cert},{encrypted}"),
            &["is encrypted", "openssl pkey -in"],
        ),
        (
            format!("{cert},{p521}"),
            &["none of RSA, ECDSA (P-256, P-384) or Ed25519"],
        ),
        (
            format!("{key},{cert}"),
            &["has no certificate", "CERT.pem,KEY.pem"],
        ),
        (
            format!("{cert},{cert}"),
            &["has no private key", "CERT.pem,KEY.pem"],
        ),
        (format!("{der},{key}"), &["has no certificate"]),
        (
            format!("{cert}.gone,{key}"),
            &["cannot read", "No such file"],
        ),
        (format!("{cert},/dev/null"), &["it is a device, not a file"]),
        ("cert.pem".to_owned(), &["CERT.pem,KEY.pem, or self-signed"]),
    ] {
        says(
            &Eco::new(&listen).args(&["--tls", &pair]).run(b""),
            64,
            words,
        );
    }
    for (arguments, words) in [
        (
            &["--tls", "self-signed", "--tls", &good.files][..],
            "for trying out, and alone",
        ),
        (&["--client-ca", &authority.file()], "--tls <CERT,KEY>"),
        (
            &["--tls", &good.files, "--client-ca", key],
            "has no certificate",
        ),
        (
            &["--tls", &good.files, "--alpn", "a,,b"],
            "has 1 to 255 bytes, and not 0",
        ),
    ] {
        says(&Eco::new(&listen).args(arguments).run(b""), 64, &[words]);
    }
    let send = ["send", "hello", "-t", "127.0.0.1:1"];
    for (arguments, words) in [
        (&["--insecure"][..], "--tls"),
        (
            &["--tls", "--insecure", "--ca", cert],
            "cannot be used with",
        ),
        (&["--tls", "--ca", "sha256:12"], "64 digits"),
        (&["--tls", "--ca", key], "has no certificate"),
        (
            &["--tls", "--insecure", "--server-name", "no name"],
            "neither a DNS name nor an IP address",
        ),
        (
            &[
                "--tls",
                "--insecure",
                "--cert",
                &format!("{cert},{encrypted}"),
            ],
            "is encrypted",
        ),
    ] {
        says(&Eco::new(&send).args(arguments).run(b""), 64, &[words]);
    }
}

#[test]
fn who_speaks_tls_to_a_plain_server_or_the_other_way_round_is_told() {
    let plain = serve(&[]);
    let to = plain.address.to_string();
    let sent = Eco::new(&["send", "hello", "--tls", "--insecure", "-t", &to]).run(b"");
    says(
        &sent,
        69,
        &["the other end doesn't speak TLS", "Without --tls"],
    );
    // One that hangs up on what it doesn't know.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    let hanging_up = std::thread::spawn(move || drop(listener.accept()));
    let sent = Eco::new(&["send", "hello", "--tls", "--insecure", "-t", &to]).run(b"");
    assert_eq!(sent.code, 69, "{}", sent.stderr);
    hanging_up.join().unwrap();
    // One that is silent.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string();
    let sent = Eco::new(&[
        "send",
        "hello",
        "--tls",
        "--insecure",
        "--timeout",
        "300ms",
        "-t",
        &to,
    ])
    .run(b"");
    says(&sent, 69, &["--timeout"]);

    let authority = Authority::new("plain");
    let server = serve_tls(&authority.server(&["localhost"]), &[]);
    let to = server.address.to_string();
    for message in ["hi", "hello, is this an echo?"] {
        let sent = Eco::new(&["send", message, "-t", &to]).run(b"");
        says(&sent, 1, &["The server speaks TLS", "--tls"]);
        server.logged(&[
            "refused",
            "handshake-failed",
            "the other end doesn't speak TLS",
        ]);
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_speaks_tls_as_localhost() {
    let authority = Authority::new("unix");
    let pair = authority.server(&["localhost"]);
    let socket = format!("unix:{}", authority.path("tls.sock"));
    let server = serve_tls(&pair, &["-l", &socket]);
    let sent = Eco::new(&[
        "send",
        "hello",
        "--tls",
        "--ca",
        &authority.file(),
        "-t",
        &socket,
    ])
    .run(b"");
    assert_eq!(
        (sent.code, sent.text().trim()),
        (0, "hello"),
        "{}",
        sent.stderr
    );
    // The other one is of TCP.
    TlsPeer::connect(server.address, &authority.trusting())
        .send(b"abc")
        .expect(b"abc");
}
