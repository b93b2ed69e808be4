//! From a core module to a component of the package `eco:plugin`.

use super::make::{Form, Refusal};
use super::{wat, wit};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// One of the contract's worlds, by name.
pub(super) fn world(name: &str) -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("eco.wit", &wit::text())?;
    let world = resolve.select_world(&[package], Some(name))?;
    Ok((resolve, world))
}

/// Tells a core module which world it is for, where its toolchain didn't.
pub(super) fn embed(module: &mut Vec<u8>, name: &str) -> anyhow::Result<()> {
    let (resolve, world) = world(name)?;
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8)
}

/// The component: as it is if it is one, else wrapped. What a C library or a language runtime imports of
/// WASI's preview 1 is translated to WASI 0.2. It parses a stranger's bytes: see `make`.
pub(super) fn of(form: &Form, bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let binary = match form {
        Form::Text(name) => wat::binary(name, &bytes)?,
        Form::Binary => bytes,
    };
    if wasmparser::Parser::is_component(&binary) {
        Ok(binary)
    } else {
        wrap(&binary).map_err(|error| Refusal::Unfit(format!("{error:#}")))
    }
}

fn wrap(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default()
        .module(module)?
        .validate(true)
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .encode()
}
