//! An engine of a program without a compiler, built with no feature but languages.

#![cfg(not(feature = "compile"))]

use eco_plugin::{Budgets, Compiler, Engine, Language, LoadError, Program, ServerPlugin, Source};

/// An engine whose code comes from a program that isn't there.
fn engine() -> Engine {
    let nobody = Compiler::Helper(Program::new("/nowhere/eco"));
    let builder = Engine::builder(nobody, Budgets::server(1 << 30));
    builder.build().expect("an engine needs no compiler")
}

/// Scripts run on the portable code of their interpreter, which is part of the library.
#[cfg(any(feature = "javascript", feature = "lua"))]
#[tokio::test]
async fn a_script_runs_without_a_compiler() {
    use eco_contract::Session as _;
    for &language in Language::ALL
        .iter()
        .filter(|language| !language.needs_setup())
    {
        let (_, upper) = language
            .samples()
            .find(|(name, _)| *name == "upper")
            .expect("each language has it");
        let source = Source::script("upper", language, upper);
        let plugin = ServerPlugin::load(&engine(), source).await;
        let mut session = plugin.expect("it loads").session();
        let reply = session.receive(b"hello").await.expect("it replies");
        assert_eq!(&*reply.data, b"HELLO", "{language:?}");
    }
}

#[tokio::test]
async fn a_component_needs_a_program_that_compiles_it() {
    let echo = include_str!("../../../plugins/echo/echo.wat");
    let loaded = ServerPlugin::load(&engine(), Source::component("echo", echo)).await;
    let Err(LoadError::Compile(error)) = loaded.map(drop) else {
        unreachable!("nobody compiles it");
    };
    assert_eq!(error.code(), "internal");
    assert!(error.to_string().contains("/nowhere/eco"), "{error}");
}

/// A file of a language that was left out is no script.
#[test]
fn the_languages_are_those_of_the_features() {
    let features = [
        ("a.js", cfg!(feature = "javascript")),
        ("a.lua", cfg!(feature = "lua")),
        ("a.py", cfg!(feature = "python")),
    ];
    for (file, is_there) in features {
        assert_eq!(
            Language::of_file(file.as_ref()).is_some(),
            is_there,
            "{file}"
        );
    }
    let there = features.iter().filter(|(_, is_there)| *is_there);
    assert_eq!(Language::ALL.len(), there.count());
}
