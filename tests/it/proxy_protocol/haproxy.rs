//! What a real HAProxy says of connections, and its health checks.

use super::serve;
use crate::harness::assert_same;
use crate::support::network::{free_address, haproxy};
use crate::support::{Peer, empty_folder, project_file};
use eco_host::net::{ProxyAddresses, ProxyHeader};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The configuration that the page shows.
fn shown() -> String {
    let page = std::fs::read_to_string(project_file("host/MANY-HOSTS.md")).expect("it is there");
    let (_, rest) = page.split_once("```haproxy\n").expect("it shows one");
    let (config, _) = rest.split_once("```").expect("it ends");
    config.to_owned()
}

/// The status of HAProxy's servers and how many of their checks have failed.
fn servers(socket: &Path) -> Vec<(String, String)> {
    let mut stats = UnixStream::connect(socket).expect("it listens");
    stats.write_all(b"show stat\n").expect("it reads");
    let mut table = String::new();
    stats.read_to_string(&mut table).expect("it answers");
    let rows = table
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|fields| matches!(fields.get(1), Some(&("one" | "two"))))
        .map(|fields| (fields[17].to_owned(), fields[21].to_owned()))
        .collect()
}

/// Nothing takes this long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until there is one.
#[track_caller]
fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "there is never one");
        std::thread::yield_now();
    }
}

#[test]
fn behind_the_haproxy_of_the_page_clients_are_known_and_checks_succeed() {
    for keyword in ["send-proxy", "send-proxy-v2"] {
        let name = format!("proxy-protocol-{keyword}");
        let socket = empty_folder(&name).join("stats");
        let address = free_address();
        let hosts = [(); 2].map(|()| serve(&["--proxy-protocol", "127.0.0.1"]));
        let config = shown()
            .replace("bind :5005", &format!("bind {address}"))
            .replace("10.0.0.11:5005", &hosts[0].address.to_string())
            .replace("10.0.0.12:5005", &hosts[1].address.to_string())
            .replace("send-proxy-v2", keyword)
            // The page leaves two seconds between checks.
            .replace("check", "check inter 20ms");
        let config = format!("global\n stats socket {}\n{config}", socket.display());
        let Some(_haproxy) = haproxy(&name, address, &config) else {
            return;
        };
        let mut peers: Vec<Peer> = (0..2).map(|_| Peer::connect(address)).collect();
        for peer in &mut peers {
            peer.send(b"hello").expect(b"hello");
        }
        // Each is known on its host, whichever that is.
        for peer in &peers {
            let client = peer.0.local_addr().expect("it is connected");
            let line = format!("peer={client} local={address} proxy=127.0.0.1:");
            until(|| hosts.iter().find(|host| host.log().contains(&line)));
        }
        // HAProxy ends a check with a reset.
        for host in &hosts {
            until(|| host.log().matches("peer-reset").nth(4).map(drop));
        }
        let up = ("UP".to_owned(), "0".to_owned());
        assert_eq!(servers(&socket), [up.clone(), up]);
        for peer in &mut peers {
            assert_same(&peer.finish().rest(), b"");
        }
        for host in hosts {
            let log = host.log();
            let is_quiet = !log.contains("WARN") && !log.contains("ERROR");
            assert!(is_quiet && !log.contains("refused"), "{log}");
        }
    }
}

/// A certificate that has signed itself, with its key, in one file each and both in one.
fn certificate(folder: &Path, name: &str) -> bool {
    let path = |end: &str| folder.join(format!("{name}.{end}"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"])
        .args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj"])
        .arg(format!("/CN={name}"))
        .args(["-keyout".as_ref(), path("key").as_os_str()])
        .args(["-out".as_ref(), path("crt").as_os_str()])
        .stderr(Stdio::null())
        .status();
    let is_made = made.is_ok_and(|status| status.success());
    if is_made {
        let both = ["key", "crt"].map(|end| std::fs::read(path(end)).expect("it was made"));
        std::fs::write(path("pem"), both.concat()).expect("the folder is ours");
    }
    is_made
}

#[test]
fn what_haproxy_tells_of_tls_is_read() {
    let folder = empty_folder("proxy-protocol-tls");
    if !certificate(&folder, "site") || !certificate(&folder, "anna") {
        assert!(std::env::var_os("ECO_ALL_TOOLS").is_none(), "openssl");
        eprintln!("SKIPPED: openssl");
        return;
    }
    let path = |name: &str| folder.join(name).display().to_string();
    let address = free_address();
    let server = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let to = server.local_addr().expect("it listens");
    let tls = format!(
        "ssl crt {} alpn chat,h2 ca-file {} verify optional",
        path("site.pem"),
        path("anna.crt")
    );
    let config = shown()
        .replace("bind :5005", &format!("bind {address} {tls}"))
        .replace("10.0.0.11:5005 check", &to.to_string())
        .replace(
            "send-proxy-v2",
            "send-proxy-v2-ssl-cn proxy-v2-options authority,crc32c",
        );
    let lines = config.lines().filter(|line| !line.contains("server two"));
    let config = lines.collect::<Vec<_>>().join("\n") + "\n";
    let Some(_haproxy) = haproxy("proxy-protocol-tls", address, &config) else {
        return;
    };
    let client = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &address.to_string()])
        .args(["-servername", "eco.example", "-alpn", "chat", "-tls1_3"])
        .args(["-cert", &path("anna.crt"), "-key", &path("anna.key")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut client = client.expect("openssl is there");
    server.set_nonblocking(true).expect("a socket has options");
    let (mut stream, _) = until(|| server.accept().ok());
    stream.set_nonblocking(true).expect("a socket has options");
    let mut bytes = Vec::new();
    let (header, length) = until(|| {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).unwrap_or(0);
        bytes.extend_from_slice(&piece[..length]);
        ProxyHeader::parse(&bytes).expect("it is one")
    });
    let _ = client.kill();
    client.wait().expect("it ends");
    assert_eq!(length, bytes.len());
    let Some(ProxyAddresses::Tcp { destination, .. }) = header.addresses else {
        panic!("{header:?}");
    };
    assert_eq!(destination, address);
    let tls = header.tls.expect("the client speaks it");
    assert_eq!(tls.version, "TLSv1.3");
    assert_eq!(tls.server_name.as_deref(), Some("eco.example"));
    assert_eq!(tls.protocol.as_deref(), Some("chat"));
    let certificate = tls.certificate.expect("it has shown one");
    assert_eq!(
        (&certificate.subject[..], certificate.fingerprint),
        ("anna", None)
    );
}
