//! One server on TCP and on a Unix socket, with a plugin for each.

use eco_host::{
    BUILT_IN_SERVERS, Budgets, Compiler, Engine, Language, Limits, Server, ServerPlugin, Source,
};

const REVERSE: &str = "function receive(chunk) return chunk:reverse() end";

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default()).build()?;
    let echo = ServerPlugin::load(&engine, Source::named("echo", BUILT_IN_SERVERS)).await?;
    let reverse = Source::script("reverse.lua", Language::Lua, REVERSE);
    let reverse = ServerPlugin::load(&engine, reverse).await?;

    let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("reverse.sock");
    let unix = tokio::net::UnixListener::bind(&path)?;
    println!("listening on {}", tcp.local_addr()?);
    println!("listening on {}", path.display());
    let server = Server::builder(Limits::default())
        .listen(tcp, move |_| Some(echo.session()))
        .listen(unix, move |_| Some(reverse.session()))
        .start();
    tokio::signal::ctrl_c().await?;
    println!("{:?}", server.stop().await);
    Ok(())
}
