//! What TLS costs eco, beside a native echo of tokio-rustls: the same load on both in turn, in several rounds of one run;
//! the medians, and the ratio to native in the same round.
//!
//! `cargo bench --profile dist -p eco-benches --bench tls` takes two minutes, and writes `tests/benches/TLS.md`. In another
//! profile, and with `-- --quick`, it writes nothing. It holds no threshold: the machines are noisy. It wants to be alone on
//! its machine.

use anyhow::{Context as _, Result, ensure};
use eco_benches::figures::{Rounds, is_quick, median};
use eco_benches::process::Process;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const CONNECTIONS: usize = 64;
/// Those whose memory is measured.
const IDLE: usize = 500;

type Connection = TlsStream<TcpStream>;

/// The two servers, native first.
struct Servers {
    all: [Process; 2],
    /// With the files of the certificate, which eco reads when it listens already.
    _folder: TempDir,
    certificate: CertificateDer<'static>,
    runtime: Runtime,
}

fn main() -> Result<()> {
    let page = page(Rounds::new(21), &Servers::start()?)?;
    print!("{page}");
    if !is_quick() && eco_benches::is_dist()? {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("TLS.md"), page)?;
    }
    Ok(())
}

impl Servers {
    fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
        std::fs::write(&certificate, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let native = Process::start(|port| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_native-tls-echo"));
            command.arg(port.to_string()).arg(&certificate).arg(&key);
            command
        })?;
        let eco = eco_benches::eco()?;
        let pair = format!("{},{}", certificate.display(), key.display());
        let eco = Process::start(|port| {
            let mut command = Command::new(&eco);
            let listen = format!("127.0.0.1:{port}");
            command.args(["serve", "-q", "--listen", &listen, "--tls", &pair]);
            command
        })?;
        Ok(Self {
            all: [native, eco],
            _folder: folder,
            certificate: made.cert.der().clone(),
            runtime: Runtime::new()?,
        })
    }

    /// A client, which takes up sessions or doesn't.
    fn client(&self, resumption: Resumption) -> Result<TlsConnector> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone())?;
        let config = ClientConfig::builder_with_provider(ring::default_provider().into());
        let config = config.with_safe_default_protocol_versions()?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.resumption = resumption;
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

fn page(rounds: Rounds, servers: &Servers) -> Result<String> {
    let mut page = format!(
        "# TLS: results\n\n\
        Written by `cargo bench --profile dist -p eco-benches --bench tls`, on {}. The medians of {} rounds of\n\
        {} ms, with {CONNECTIONS} connections of TLS 1.3 and a key of P-256; the ratio is that to native in the same round.\n\n\
        | | native | eco | ratio | aim |\n|---|---|---|---|---|\n",
        eco_benches::processor(),
        rounds.count,
        rounds.slice.as_millis(),
    );
    let full = servers.client(Resumption::disabled())?;
    for (size, name) in [(16, "16 B"), (16 * 1024, "16 KiB")] {
        let mut loads = Vec::new();
        for server in &servers.all {
            loads.push(
                servers
                    .runtime
                    .block_on(open(server.address, &full, CONNECTIONS))?,
            );
        }
        let rows = rounds.measure(|place| {
            let (load, server) = (
                loads.get_mut(place).context("one for each")?,
                &servers.all[place],
            );
            server.cpu_per_unit(|| {
                let trips = trips(std::mem::take(load), size, rounds.slice);
                let (trips, back) = servers.runtime.block_on(trips)?;
                *load = back;
                Ok(trips)
            })
        })?;
        row(
            &mut page,
            &format!("server CPU of a round trip of {name}, µs"),
            &rows,
            "≤ 1.05",
        )?;
    }
    for (name, resumption) in [
        ("full", Resumption::disabled()),
        ("resumed", Resumption::in_memory_sessions(256)),
    ] {
        let client = servers.client(resumption)?;
        let rows = rounds.measure(|place| {
            let server = &servers.all[place];
            let began = Instant::now();
            let done = handshakes(server.address, &client, rounds.slice);
            let done = servers.runtime.block_on(done)?;
            Ok(done as f64 / began.elapsed().as_secs_f64())
        })?;
        let name = format!("handshakes a second, {name}: connect, one byte there and back, close");
        row(&mut page, &name, &rows, "≥ 0.95")?;
    }
    let rows = Rounds { count: 1, ..rounds }.measure(|place| {
        let server = &servers.all[place];
        let before = server.anonymous()?;
        let open = servers
            .runtime
            .block_on(open(server.address, &full, IDLE))?;
        let grown = server.anonymous()? - before;
        drop(open);
        Ok(grown / IDLE as f64)
    })?;
    row(
        &mut page,
        &format!("memory of an idle connection that echoed, of {IDLE}, KiB"),
        &rows,
        "",
    )?;
    Ok(page)
}

fn row(page: &mut String, name: &str, rows: &[[f64; 2]], aim: &str) -> Result<()> {
    let [native, eco] = [0, 1].map(|place| median(rows.iter().map(|row: &[f64; 2]| row[place])));
    let ratio = median(rows.iter().map(|row| row[1] / row[0]));
    writeln!(
        page,
        "| {name} | {native:.2} | {eco:.2} | {ratio:.3} | {aim} |"
    )?;
    Ok(())
}

/// So many connections that have echoed once.
async fn open(address: SocketAddr, client: &TlsConnector, count: usize) -> Result<Vec<Connection>> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let mut connection = connect(address, client).await?;
        trip(&mut connection, b"x", &mut [0]).await?;
        all.push(connection);
    }
    Ok(all)
}

async fn connect(address: SocketAddr, client: &TlsConnector) -> Result<Connection> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    Ok(client.connect("localhost".try_into()?, tcp).await?)
}

async fn trip(connection: &mut Connection, message: &[u8], reply: &mut [u8]) -> Result<()> {
    connection.write_all(message).await?;
    connection.flush().await?;
    connection.read_exact(reply).await?;
    ensure!(reply == message, "no echo");
    Ok(())
}

/// Keeps all of them busy for so long: how many round trips there were, and the connections.
async fn trips(
    all: Vec<Connection>,
    size: usize,
    slice: Duration,
) -> Result<(u64, Vec<Connection>)> {
    let end = Instant::now() + slice;
    let mut tasks = JoinSet::new();
    for mut connection in all {
        tasks.spawn(async move {
            let (message, mut reply) = (vec![b'x'; size], vec![0; size]);
            let mut trips = 0;
            while Instant::now() < end {
                trip(&mut connection, &message, &mut reply).await?;
                trips += 1;
            }
            anyhow::Ok((trips, connection))
        });
    }
    let (mut sum, mut back) = (0, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (trips, connection) = done??;
        sum += trips;
        back.push(connection);
    }
    Ok((sum, back))
}

/// Connects again and again for so long, on as many connections at once: how often.
async fn handshakes(address: SocketAddr, client: &TlsConnector, slice: Duration) -> Result<u64> {
    let end = Instant::now() + slice;
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let client = client.clone();
        tasks.spawn(async move {
            let mut done = 0;
            while Instant::now() < end {
                let mut connection = connect(address, &client).await?;
                // Tickets come with the reply.
                trip(&mut connection, b"x", &mut [0]).await?;
                connection.shutdown().await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut sum = 0;
    while let Some(done) = tasks.join_next().await {
        sum += done??;
    }
    Ok(sum)
}
