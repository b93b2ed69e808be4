//! State that plugins share, from the host's side: the store, and a topic that the host speaks and listens to.

use eco_host::state::Event;
use eco_host::{
    Budgets, Compiler, Engine, Language, Limits, Server, ServerPlugin, SharedState, Source,
};

const CHAT: &str = "function open()
  subscribe('room', 'guest')
  return store.get('greeting')
end
function receive(chunk) publish('room', chunk) end
function message(topic, data, from) return from.label .. ': ' .. data end";

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let state = SharedState::default();
    state.store().set("greeting", b"welcome\n", None).await?;
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default())
        .state(state.clone())
        .build()?;
    let chat = ServerPlugin::load(&engine, Source::script("chat.lua", Language::Lua, CHAT)).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut room = state.listen("room").await?;
    println!("listening on {}", listener.local_addr()?);
    let server = Server::builder(Limits::default())
        .listen(listener, move |_| Some(chat.session()))
        .start();
    // The host hears the room without being a member, and says a word in it for each message.
    loop {
        match room.next().await {
            Event::Message { from, data, .. } if from.id != *state.id() => {
                println!("{}: {}", from.label, String::from_utf8_lossy(&data).trim());
                state.publish("room", "host", b"heard\n").await?;
                if *data == *b"bye\n" {
                    break;
                }
            }
            Event::Joined { member, .. } => println!("{} comes", member.label),
            _ => {}
        }
    }
    server.stop().await;
    Ok(())
}
