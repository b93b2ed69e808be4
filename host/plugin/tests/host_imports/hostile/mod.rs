//! Plugins that attack the host through an import, and functions that fail.

mod control;
mod data;
mod time;

use super::{import, load};
use eco_contract::Session as _;
use eco_plugin::{Budget, Engine, Error, HostImport, ServerPlugin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An import with `f`, which counts its calls.
fn counts() -> (Arc<AtomicUsize>, HostImport) {
    let calls = Arc::<AtomicUsize>::default();
    let count = calls.clone();
    let import = import().function("f", move |_: Vec<u8>| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    (calls, import)
}

/// The error of a plugin's first call.
async fn fails(engine: &Engine, plugin: &str) -> Error {
    let plugin = load(engine, plugin).await.expect("it loads");
    failed(&plugin).await
}

async fn failed(plugin: &ServerPlugin) -> Error {
    let result = plugin.session().receive(b"x").await.map(drop);
    result.expect_err("it fails")
}

#[track_caller]
fn breaks(expected: Budget, error: &Error) {
    assert!(
        matches!(error, Error::Budget { budget, .. } if *budget == expected),
        "{error}"
    );
}
