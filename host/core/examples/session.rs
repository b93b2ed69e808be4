//! A session in Rust beside a plugin: one closure chooses for each connection.

use eco_host::{
    BUILT_IN_SERVERS, BoxSession, Budgets, Compiler, Connection, Engine, Limits, Next, Opening,
    Reason, Reply, Server, ServerPlugin, Session, Source,
};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

/// Counts the bytes of its peer, and says at the end how many there were.
#[derive(Default)]
struct Count(usize);

impl Session for Count {
    type Error = Infallible;

    async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, Infallible> {
        Ok(Opening::Greeting(Reply::default()))
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Infallible> {
        self.0 += chunk.len();
        Ok(Reply::default())
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Infallible> {
        let data = format!("{} bytes\n", self.0).into_bytes().into();
        let next = Next::Close;
        Ok(Reply { data, next })
    }

    async fn closed(&mut self, _: Reason) -> Result<(), Infallible> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The built-in echo is trusted, and needs no process of its own to be compiled in.
    let engine = Engine::builder(Compiler::InProcess, Budgets::default()).build()?;
    let echo = ServerPlugin::load(&engine, Source::named("echo", BUILT_IN_SERVERS)).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let counted = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let server = Server::builder(Limits::default())
        .listen(listener, move |arriving| {
            Some(match arriving.peer_address {
                Some(address) if address == counted => BoxSession::new(Count::default()),
                _ => BoxSession::new(echo.session()),
            })
        })
        .start();
    tokio::signal::ctrl_c().await?;
    println!("{:?}", server.stop().await);
    Ok(())
}
