//! Several servers are one service.

use crate::harness::Eco;
use crate::redis_server::RedisServer;
use crate::state::redis::{ROOM, enter, two_hosts};
use crate::support::{empty_folder, plugin_file, serve};
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn a_room_and_a_store_are_those_of_all_hosts() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [(_one, mut anna), (_other, mut ben)] = two_hosts(&redis.url(), &redis.url());
    anna.send(b"=store.add('n')\n").expect(b"= 1\n");
    ben.send(b"=store.add('n', 41)\n").expect(b"= 42\n");
    ben.send(b"=store.set('k', '\xc3\xa9', { ttl: 3600000 })\n")
        .expect(b"= undefined\n");
    anna.send(b"=store.get('k')\n").expect("= é\n".as_bytes());
    anna.send(b"=store.add('k')\n").expect(b"not-a-number\n");
    anna.send(b"=store.keys()\n").expect(b"= k,n\n");
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n").send(b"hi\n");
    ben.expect(b"anna: hi\n");
    ben.reset();
    anna.expect(b"-ben\n");
    let state = |arguments: &[&str]| {
        let place = ["--state", &redis.url(), "--namespace", "many-rooms"];
        Eco::new(&[&["state"], arguments, &place].concat())
            .run(b"")
            .text()
    };
    assert_eq!(state(&["list"]), "k\nn\n");
    assert_eq!(state(&["show", "n"]), "42");
    assert_eq!(state(&["wipe", "k"]), "removed 1 keys\n");
    anna.send(b"=store.get('k')\n").expect(b"= undefined\n");
    let names = || {
        Eco::new(&["state", "list", "--state", &redis.url()])
            .run(b"")
            .text()
    };
    assert_eq!(names(), "many-rooms\n");
    // Another service doesn't meet it.
    let plugin = plugin_file("many-rooms.js", ROOM);
    let apart = serve(&[
        "-p",
        &plugin,
        "--state",
        &redis.url(),
        "--namespace",
        "apart",
    ]);
    enter(&apart, "cleo", "")
        .send(b"=store.keys()\n")
        .expect(b"= \n")
        .send(b"=store.add('n')\n")
        .expect(b"= 1\n");
    assert_eq!(names(), "apart\nmany-rooms\n");
}

/// A key and a certificate for `localhost`, made by the system's openssl. `None` where there is none.
fn certificate(folder: &Path) -> Option<[String; 2]> {
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| folder.join(name));
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    match made {
        Ok(status) => {
            assert!(status.success(), "openssl: {status}");
            Some([key, certificate].map(|path| path.display().to_string()))
        }
        Err(error) => {
            assert!(
                std::env::var_os("ECO_ALL_TOOLS").is_none(),
                "openssl: {error}"
            );
            eprintln!("SKIPPED: openssl: {error}");
            None
        }
    }
}

#[test]
fn redis_is_reached_with_tls_a_password_and_a_database() {
    let folder = empty_folder("tls");
    let Some([key, certificate]) = certificate(&folder) else {
        return;
    };
    let started = RedisServer::start_with(|port, _| {
        let arguments = format!(
            "--port 0 --tls-port {port} --tls-cert-file {certificate} --tls-key-file {key} --tls-auth-clients no --requirepass secret"
        );
        arguments.split(' ').map(str::to_owned).collect()
    });
    let Some(redis) = started else {
        return;
    };
    let place = format!("rediss://:secret@localhost:{}/3", redis.port);
    let plugin = plugin_file("many-rooms.js", ROOM);
    let serve = || Eco::new(&["serve", "--listen", "127.0.0.1:0", "-p", &plugin]);
    let server = serve()
        .env("ECO_STATE", &place)
        .env("SSL_CERT_FILE", &certificate)
        .serve();
    let mut anna = enter(&server, "anna", "");
    anna.send(b"=store.add('n')\n").expect(b"= 1\n");
    anna.send(b"hello\n=1\n").expect(b"= 1\n");
    // Nobody else has signed the certificate, the password is another, or there is no TLS.
    for (place, certificates) in [
        (place.clone(), "/dev/null"),
        (place.replace("secret", "guessed"), &certificate),
        (place.replace("rediss", "redis"), &certificate),
    ] {
        let refused = serve()
            .env("ECO_STATE", &place)
            .env("SSL_CERT_FILE", certificates)
            .run(b"");
        assert_eq!(refused.code, 69, "{}", refused.stderr);
        assert!(refused.stderr.contains("localhost"), "{}", refused.stderr);
        for secret in ["secret", "guessed"] {
            assert!(!refused.stderr.contains(secret), "{}", refused.stderr);
        }
    }
}

#[test]
fn a_namespace_is_bounded_on_redis_too() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let plugin = plugin_file("many-rooms.js", ROOM);
    let limits = [
        "--store-keys",
        "2",
        "--store-size",
        "1000B",
        "--members",
        "2",
    ];
    let server = serve(&[&["-p", &plugin, "--state", &redis.url()], &limits[..]].concat());
    let mut anna = enter(&server, "anna", "");
    for (question, answer) in [
        ("=store.set('a', '1')", "= undefined"),
        ("=store.add('b')", "= 1"),
        ("=store.set('c', '1')", "too-many"),
        ("=store.add('c')", "too-many"),
        ("=store.set('a', 'x'.repeat(1000))", "too-many"),
        ("=store.get('a')", "= 1"),
        ("=store.delete('a')", "= true"),
        ("=store.set('c', '', { ttl: 0 })", "= undefined"),
        ("=store.set('d', '1', { ttl: 3600000 })", "= undefined"),
        ("=store.keys()", "= b,d"),
        ("=subscribe('second', '').length", "= 0"),
        ("=subscribe('third', '').length", "too-many"),
        ("=unsubscribe('second')", "= undefined"),
        ("=subscribe('third', '').length", "= 0"),
    ] {
        anna.send(format!("{question}\n").as_bytes())
            .expect(format!("{answer}\n").as_bytes());
    }
    for limit in ["store-keys", "store-size", "members"] {
        server.logged(&["the plugin reached a limit", &format!("(see --{limit})")]);
    }
}
