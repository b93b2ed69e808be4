//! The clock of a process: one thread that ticks for all engines, as long as there are any.

use eco_compile::TICK;
use parking_lot::Mutex;
use std::thread;
use wasmtime::error::Context as _;
use wasmtime::{Engine, EngineWeak};

/// The engines that it ticks for. The thread runs while there is one.
static ENGINES: Mutex<Vec<EngineWeak>> = Mutex::new(Vec::new());

/// Ticks for this engine until it is gone.
pub(super) fn tick_for(engine: &Engine) -> wasmtime::Result<()> {
    let mut engines = ENGINES.lock();
    if engines.is_empty() {
        let clock = thread::Builder::new().name("eco-clock".to_owned());
        clock.spawn(tick).context("cannot start the clock")?;
    }
    engines.push(engine.weak());
    Ok(())
}

fn tick() {
    loop {
        thread::sleep(TICK);
        let mut engines = ENGINES.lock();
        engines.retain(|engine| {
            let engine = engine.upgrade();
            engine.inspect(Engine::increment_epoch).is_some()
        });
        if engines.is_empty() {
            return;
        }
    }
}
