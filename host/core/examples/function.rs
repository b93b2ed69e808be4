//! A plugin as a function: bytes in, bytes out, without a socket.

use eco_host::{Budgets, Compiler, Engine, Error, Language, ServerPlugin, Session as _, Source};
use std::time::Duration;

const SCRIPT: &str = "function receive(chunk)
  while chunk == 'for ever' do end
  return chunk:reverse()
end";

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    call()
}

#[tokio::main]
async fn call() -> anyhow::Result<()> {
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default()).build()?;
    let reverse = Source::script("reverse.lua", Language::Lua, SCRIPT);
    let mut session = ServerPlugin::load(&engine, reverse).await?.session();
    session.set_deadline(Duration::from_secs(5));
    println!(
        "{}",
        String::from_utf8_lossy(&session.receive(b"stressed").await?.data)
    );
    // A call that breaks a budget is ended, and its instance with it.
    let failed = session.receive(b"for ever").await.map(|_| ());
    println!("{}", failed.expect_err("it never ends"));
    assert!(matches!(session.receive(b"again").await, Err(Error::Dead)));
    session.reset();
    println!(
        "{}",
        String::from_utf8_lossy(&session.receive(b"again").await?.data)
    );
    println!("{:?}", session.usage());
    Ok(())
}
