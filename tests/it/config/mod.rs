//! A file of services: `eco serve --config`, and `eco config`.

mod hostile;
mod layers;
mod mistakes;
mod pages;
mod reload;
mod together;
mod values;

use crate::harness::{Eco, Exited, Server};
use crate::support::{Peer, empty_folder};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nothing that works takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of a test's own, with a file of services.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        Self(empty_folder(&format!("config-{test}")))
    }

    /// Puts a file there, in the place of an older one.
    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.0.join(name), contents).expect("the folder is ours");
        self
    }

    /// `eco`, which is given the file after these arguments. It is started elsewhere.
    fn eco(&self, arguments: &[&str]) -> Eco {
        Eco::new(arguments).arg(self.0.join("eco.toml"))
    }

    fn check(&self) -> Exited {
        self.eco(&["config", "check"]).run(b"")
    }

    /// Serves, and returns where the addresses of the file are listened on, in their order.
    fn serve(&self, addresses: usize) -> (Server, Vec<SocketAddr>) {
        let mut server = self.eco(&["serve", "--config"]).serve();
        let mut all = vec![server.address];
        all.extend((1..addresses).map(|_| listened_on(&server.line())));
        (server, all)
    }
}

/// The address of a line `listening on ADDRESS (...)`.
#[track_caller]
fn listened_on(line: &str) -> SocketAddr {
    let address = line.strip_prefix("listening on ").unwrap_or(line);
    let address = address.split(' ').next().unwrap_or_default();
    address.parse().unwrap_or_else(|_| panic!("{line}"))
}

/// Waits until the log has these words once more, after `act`. Meanwhile a connection is answered, byte for byte.
#[track_caller]
fn logs_again(server: &Server, peer: &mut Peer, words: &str, act: impl FnOnce()) {
    let before = server.log().matches(words).count();
    let deadline = Instant::now() + PATIENCE;
    act();
    while server.log().matches(words).count() == before {
        peer.send(b"meanwhile").expect(b"meanwhile");
        assert!(Instant::now() < deadline, "{words:?}:\n{}", server.log());
    }
}

/// What is wrong with a file, by the schema that `eco config schema` prints.
fn by_schema(text: &str) -> Option<String> {
    let schema = Eco::new(&["config", "schema"]).run(b"");
    assert_eq!(schema.code, 0, "{}", schema.stderr);
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let file: toml::Table = toml::from_str(text).expect("it is TOML");
    let file = serde_json::to_value(file).expect("JSON has such values");
    schema.validate(&file).err().map(|error| error.to_string())
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
