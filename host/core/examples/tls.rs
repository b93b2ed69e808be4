//! TLS, by tokio-rustls: the handshake runs in each connection's own task, and the name that the client asked for
//! chooses the plugin.

use eco_host::contract::TlsDetails;
use eco_host::{
    Accepted, Arriving, Budgets, Compiler, Engine, Handshake, Language, Limits, Listener, Server,
    ServerPlugin, Source,
};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, rustls};

/// Listens for TLS over TCP.
struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for TlsListener {
    type Transport = Handshake<TlsStream<TcpStream>>;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<Self::Transport>>> {
        let accepted = ready!(Listener::poll_accept(&mut self.tcp, cx))?;
        let handshake = |tcp| {
            Handshake::new(self.tls.accept(tcp))
                .described_by(describe)
                .reset_by(reset)
        };
        Poll::Ready(Ok(accepted.map(handshake)))
    }
}

/// Adds the name that the client asked for.
fn describe(stream: &TlsStream<TcpStream>, arriving: &mut Arriving) {
    let name = stream.get_ref().1.server_name();
    arriving.details_mut().tls = Some(TlsDetails {
        server_name: name.map(str::to_owned),
        ..TlsDetails::default()
    });
}

/// Makes the drop of a stream a reset.
fn reset(stream: &TlsStream<TcpStream>) {
    // It fails only on a socket that is gone already.
    let _ = stream.get_ref().0.set_zero_linger();
}

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default()).build()?;
    let load = |name, text| ServerPlugin::load(&engine, Source::script(name, Language::Lua, text));
    let upper = load(
        "upper.lua",
        "function receive(chunk) return chunk:upper() end",
    )
    .await?;
    let lower = load(
        "lower.lua",
        "function receive(chunk) return chunk:lower() end",
    )
    .await?;
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", tcp.local_addr()?);
    let tls = TlsAcceptor::from(Arc::new(self_signed()?));
    let server = Server::builder(Limits::default())
        .listen(TlsListener { tcp, tls }, move |arriving| {
            match arriving.server_name()? {
                "upper.localhost" => Some(upper.session()),
                "lower.localhost" => Some(lower.session()),
                _ => None,
            }
        })
        .start();
    tokio::signal::ctrl_c().await?;
    println!("{:?}", server.stop().await);
    Ok(())
}

/// A certificate of its own, which is printed for the client.
fn self_signed() -> anyhow::Result<ServerConfig> {
    let names = ["upper.localhost", "lower.localhost", "other.localhost"];
    let made = rcgen::generate_simple_self_signed(names.map(str::to_owned))?;
    println!("{}", made.cert.pem());
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let key = key.map_err(anyhow::Error::msg)?;
    let config = ServerConfig::builder().with_no_client_auth();
    Ok(config.with_single_cert(vec![made.cert.der().clone()], key)?)
}
