//! A script from memory answers a socket.

use eco_host::{Budgets, Compiler, Engine, Language, Limits, Server, ServerPlugin, Source};

const UPPER: &str =
    "function receive(chunk) { return new TextDecoder().decode(chunk).toUpperCase(); }";

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default()).build()?;
    let source = Source::script("upper.js", Language::JavaScript, UPPER);
    let upper = ServerPlugin::load(&engine, source).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let server = Server::builder(Limits::default())
        .listen(listener, move |_| Some(upper.session()))
        .start();
    tokio::signal::ctrl_c().await?;
    println!("{:?}", server.stop().await);
    Ok(())
}
