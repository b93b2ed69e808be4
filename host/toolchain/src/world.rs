//! The contract's worlds, for modules that don't say which one they are for.

use super::wit;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::{StringEncoding, embed_component_metadata};

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
