//! The secrets of connections, which are written to the file that `SSLKEYLOGFILE` names, and nowhere else.

use super::{Authority, TlsPeer};
use crate::harness::Eco;
use std::collections::BTreeSet;

fn lines(path: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).expect("it is written");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn both_ends_write_the_same_secrets_where_the_variable_is_set_and_say_so() {
    let authority = Authority::new("key-log");
    let pair = authority.server(&["localhost"]);
    let [of_server, of_client] = ["server.keys", "client.keys"].map(|name| authority.path(name));
    let serve = ["serve", "--listen", "127.0.0.1:0", "--tls", &pair.files];
    // One that others could read is not for them any more.
    std::fs::write(&of_server, "").expect("it can be written");
    let server = Eco::new(&serve).env("SSLKEYLOGFILE", &of_server).serve();
    server.logged(&["WARN", "SSLKEYLOGFILE is set", "server.keys"]);

    let to = format!("localhost:{}", server.address.port());
    let send = || {
        Eco::new(&[
            "send",
            "hello",
            "--tls",
            "--ca",
            &authority.file(),
            "-t",
            &to,
        ])
    };
    let sent = send().env("SSLKEYLOGFILE", &of_client).run(b"");
    assert_eq!(sent.text(), "hello");
    assert!(sent.stderr.contains("SSLKEYLOGFILE is set"));
    let secrets = lines(&of_client);
    let labels: Vec<_> = secrets
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        labels,
        [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
            "EXPORTER_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
        ]
    );
    assert_eq!(secrets, lines(&of_server));
    // Each connection of a load has five more, at both ends.
    let path = authority.file();
    let load = [
        "load", "--tls", "--ca", &path, "-t", &to, "-c", "2", "-n", "2",
    ];
    let loaded = Eco::new(&load).env("SSLKEYLOGFILE", &of_client).run(b"");
    assert_eq!(loaded.code, 0, "{}", loaded.stderr);
    let secrets = lines(&of_client);
    assert_eq!((secrets.len(), secrets), (15, lines(&of_server)));
    // One of TLS 1.2 has a single secret, and is added.
    let old = authority.trusting_in(&[&rustls::version::TLS12]);
    TlsPeer::connect(server.address, &old)
        .send(b"x")
        .expect(b"x");
    let secrets = lines(&of_server);
    assert_eq!(secrets.len(), 16);
    assert!(
        secrets
            .iter()
            .any(|line| line.starts_with("CLIENT_RANDOM "))
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&of_server)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // Without it, or with an empty one, nothing is written, and nothing said.
    let before = lines(&of_client);
    for sent in [send().env("SSLKEYLOGFILE", "").run(b""), send().run(b"")] {
        assert_eq!((&*sent.text(), &*sent.stderr), ("hello", ""));
    }
    assert_eq!(lines(&of_client), before);
    // Where nothing can be written, or others would hold it up, nobody believes that it is.
    for nowhere in [&format!("{of_server}/below"), "/dev/null"] {
        let refused = Eco::new(&serve).env("SSLKEYLOGFILE", nowhere).run(b"");
        let why = "cannot write the keys of connections to";
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
        assert_eq!(refused.code, 64);
    }
}
