//! From a core module to a component of the package `eco:plugin`.

use super::error::BuildError;
use super::{folder, wit};
use eco_text::escape;
use std::path::Path;
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

/// Writes `binary` as a component: as it is if it is one, else wrapped. What a C library or a
/// language runtime imports of WASI's preview 1 is translated to WASI 0.2.
pub(super) fn write(binary: &[u8], output: &Path) -> Result<(), BuildError> {
    let component = if wasmparser::Parser::is_component(binary) {
        binary.to_vec()
    } else {
        wrap(binary).map_err(|error| BuildError::Unfit {
        what: escape::path(output),
        why: format!("{error:#}"),
        next: "Is every function of the world defined, with its exact name? `eco wit` prints the worlds.",
    })?
    };
    folder::replace(output, &component)
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
