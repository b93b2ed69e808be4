//! The WIT files, and that the host calls just what they say.

use crate::support::project_file;
use eco_host::plugin::{Budgets, ClientPlugin, Compiler, Engine, Interface, ServerPlugin, Source};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

/// A component that has exactly the exports and imports of a world, whose functions trap.
fn component_of(world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let folder = project_file("wit");
    let (package, _) = resolve.push_dir(&folder).expect("the WIT files parse");
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("the world is there");
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the types can be embedded");
    ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("a component can be made")
}

fn engine() -> Engine {
    Engine::builder(Compiler::InProcess, Budgets::server(1 << 30))
        .build()
        .expect("an engine")
}

async fn server(world: &str) -> Interface {
    let source = Source::component(world, component_of(world));
    let plugin = ServerPlugin::load(&engine(), source).await;
    plugin
        .expect("the host takes what the WIT files describe")
        .interface()
}

#[tokio::test]
async fn a_component_of_each_world_has_the_types_that_the_host_calls() {
    assert_eq!(server("handler-plugin").await, Interface::Handler);
    assert_eq!(server("session-plugin").await, Interface::Session);
    assert_eq!(server("event-plugin").await, Interface::Session);
    let world = "client-plugin";
    let source = Source::component(world, component_of(world));
    let client = ClientPlugin::load(&engine(), source).await;
    client.expect("the host takes what the WIT files describe");
}

#[test]
fn the_promise_to_plugin_authors_stays() {
    let folder = project_file("wit");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&folder).expect("the WIT files parse");
    let package = &resolve.packages[package];
    assert_eq!(package.name.to_string(), "eco:plugin@0.1.0");
    let handler = &resolve.interfaces[package.interfaces["handler"]];
    let receive = &handler.functions["receive"];
    assert_eq!(receive.params.len(), 1);
    let text = std::fs::read_to_string(format!("{folder}/handler.wit")).expect("it is there");
    assert!(text.contains("receive: func(chunk: list<u8>) -> list<u8>;"));
    for interface in package.interfaces.values() {
        for (name, function) in &resolve.interfaces[*interface].functions {
            assert!(function.docs.contents.is_some(), "{name} is not documented");
        }
    }
}
