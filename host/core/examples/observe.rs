//! What happens, as types: no line of a log has to be parsed.

use eco_host::{
    Budgets, Compiler, Engine, EngineEvent, Language, Limits, Server, ServerEvent, ServerPlugin,
    Source,
};

const SCRIPT: &str = "function receive(chunk)
  print('got ' .. #chunk)
  return chunk
end";

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default())
        .observe(|event| match event {
            EngineEvent::Loaded { name, version, .. } => {
                println!("loaded {name}, version {version}")
            }
            EngineEvent::Called {
                connection,
                function,
                result,
                ..
            } => {
                println!(
                    "{connection}: {function} {}",
                    if result.is_ok() { "returned" } else { "failed" }
                );
            }
            EngineEvent::Said {
                connection, line, ..
            } => println!("{connection}: says {line}"),
            _ => {}
        })
        .build()?;
    let plugin =
        ServerPlugin::load(&engine, Source::script("log.lua", Language::Lua, SCRIPT)).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let server = Server::builder(Limits::default())
        .listen(listener, move |_| Some(plugin.session()))
        .observe(|event| match event {
            ServerEvent::Opened { connection, .. } => println!("{}: opened", connection.id),
            ServerEvent::Ended {
                id, reason, counts, ..
            } => {
                println!("{id}: {} after {} bytes", reason.code(), counts.received);
            }
            _ => {}
        })
        .start();
    tokio::signal::ctrl_c().await?;
    println!("{:?}, {:?}", server.counts(), engine.counters());
    server.stop().await;
    Ok(())
}
