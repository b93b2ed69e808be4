//! New versions of a plugin while the server runs: each connection keeps the version that it began with.

use eco_host::{Budgets, Compiler, Engine, Language, Limits, Server, ServerPlugin, Source};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::watch;

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default()).build()?;
    let load = |text: String| {
        ServerPlugin::load(&engine, Source::script("stdin.lua", Language::Lua, text))
    };
    let first = load("function receive(chunk) return chunk end".to_owned()).await?;
    let (newest, current) = watch::channel(first);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let server = Server::builder(Limits::default())
        .listen(listener, move |_| Some(current.borrow().session()))
        .start();
    // Each line of stdin is a new version.
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(text) = lines.next_line().await? {
        match load(text).await {
            Ok(plugin) => {
                let version = plugin.version();
                newest.send_replace(plugin);
                println!("version {version}");
            }
            Err(error) => println!("not loaded, the old version stays: {error}"),
        }
    }
    server.stop().await;
    Ok(())
}
