//! A function of one's own for plugins: `get` and `set` of `mycompany:kv/store`, for scripts and components.

use eco_host::{
    Budgets, Compiler, Engine, HostImport, Language, Limits, Server, ServerPlugin, Source,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const SCRIPT: &str = "function receive(chunk) {
  const [word, key, value] = new TextDecoder().decode(chunk).trim().split(' ');
  if (word === 'set') { kv.set(key, new TextEncoder().encode(value)); return 'ok\\n'; }
  const found = kv.get(key);
  return found === undefined ? 'nothing\\n' : `${new TextDecoder().decode(found)}\\n`;
}";

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let values: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
    let (read, written) = (values.clone(), values);
    let kv = HostImport::new("mycompany:kv/store@0.1.0")
        .function("get", move |key: String| {
            read.lock().expect("nobody panics").get(&key).cloned()
        })
        .function("set", move |(key, value): (String, Vec<u8>)| {
            written.lock().expect("nobody panics").insert(key, value);
        })
        .most_bytes(64 << 10)
        .fuel(100)
        .script_name("kv");
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default())
        .import(kv)
        .build()?;
    let script = Source::script("kv.js", Language::JavaScript, SCRIPT);
    let script = ServerPlugin::load(&engine, script).await?;
    // A component, from a file of which only the bytes are known here.
    let component = match std::env::args().nth(1) {
        Some(path) => Source::component("component", std::fs::read(path)?),
        None => anyhow::bail!("give the component as an argument"),
    };
    let component = ServerPlugin::load(&engine, component).await?;
    let mut server = Server::builder(Limits::default());
    for plugin in [script, component] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on {}", listener.local_addr()?);
        server = server.listen(listener, move |_| Some(plugin.session()));
    }
    let server = server.start();
    tokio::signal::ctrl_c().await?;
    server.stop().await;
    Ok(())
}
