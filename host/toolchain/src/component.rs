//! From a core module to a component of the package `eco:plugin`. A program stays what it is.

use super::exports::{exports, is_program};
use super::form::{Form, Refusal};
use super::text;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::Parser;
use wit_component::ComponentEncoder;

/// The component: as it is if it is one, or a program; else wrapped. Imports of WASI's preview 1, which C libraries and
/// language runtimes have, are translated to WASI 0.2. It parses a stranger's bytes: see `make`.
pub(super) fn of(form: &Form, bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let binary = match form {
        Form::Text(name) => text::binary(name, &bytes)?,
        Form::Binary => bytes,
    };
    if Parser::is_component(&binary) || is_program(&exports(&binary)) {
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
