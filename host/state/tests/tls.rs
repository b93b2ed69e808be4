//! A Redis with TLS, in a program that has its own mind about cryptography.

#![cfg(feature = "redis")]

mod redis_server;

use eco_state::{Limits, Location, SharedState};
use redis_server::RedisServer;
use rustls::crypto::{CryptoProvider, GetRandomFailed, SecureRandom, ring};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tells the program, which is this test run anew, the URL of the Redis.
const URL: &str = "ECO_TEST_URL";

#[test]
fn a_program_decides_by_itself_which_cryptography_is_installed() {
    const ITSELF: &str = "a_program_decides_by_itself_which_cryptography_is_installed";
    if let Ok(url) = std::env::var(URL) {
        return program(&Location::Redis(url));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let Some([key, certificate]) = certificate(folder.path()) else {
        return;
    };
    let started = RedisServer::start_with(|port, _| {
        let arguments = format!(
            "--port 0 --tls-port {port} --tls-cert-file {certificate} --tls-key-file {key} --tls-auth-clients no"
        );
        arguments.split(' ').map(str::to_owned).collect()
    });
    let Some(redis) = started else {
        return;
    };
    let itself = std::env::current_exe().expect("it is a file");
    let program = Command::new(itself)
        .args(["--exact", ITSELF, "--nocapture"])
        .env(URL, format!("rediss://localhost:{}", redis.port))
        .env("SSL_CERT_FILE", &certificate)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&program.stderr);
    assert!(program.status.success(), "{said}");
}

/// Opens a state before it has installed anything, and again afterwards.
#[expect(clippy::disallowed_methods, reason = "it is the program that decides")]
fn program(location: &Location) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let open = || {
        let opening = SharedState::open(location, "n", Limits::default(), "h-");
        runtime.block_on(opening).expect("it opens")
    };
    let first = open();
    assert!(CryptoProvider::get_default().is_none());
    let own = CryptoProvider {
        secure_random: &Counting,
        ..ring::default_provider()
    };
    own.install_default().expect("nobody has installed another");
    assert_eq!(COUNTED.load(Ordering::Relaxed), 0);
    let second = open();
    assert!(COUNTED.load(Ordering::Relaxed) > 0, "it is used");
    for state in [first, second] {
        let added = runtime.block_on(state.store().add("n", 1));
        assert!(added.is_ok());
    }
}

/// Randomness that counts how often somebody asked for some.
#[derive(Debug)]
struct Counting;

static COUNTED: AtomicUsize = AtomicUsize::new(0);

impl SecureRandom for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        COUNTED.fetch_add(1, Ordering::Relaxed);
        ring::default_provider().secure_random.fill(bytes)
    }
}

/// A key, and a certificate of `localhost` that it has signed itself. `None` where there is no openssl, which is said.
fn certificate(folder: &Path) -> Option<[String; 2]> {
    let [key, certificate] =
        ["key.pem", "certificate.pem"].map(|name| folder.join(name).display().to_string());
    let arguments = format!(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout {key} -out {certificate}"
    );
    let made = Command::new("openssl")
        .args(arguments.split(' '))
        .stderr(Stdio::null())
        .status();
    match made {
        Ok(status) => {
            assert!(status.success(), "openssl: {status}");
            Some([key, certificate])
        }
        Err(error) => {
            let must = std::env::var_os("ECO_ALL_TOOLS").is_some();
            assert!(!must, "openssl: {error}");
            eprintln!("SKIPPED: openssl: {error}");
            None
        }
    }
}
