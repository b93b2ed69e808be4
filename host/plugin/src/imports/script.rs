//! What the interpreter of a script imports: `wit/script.wit`. No other plugin may.

use crate::engine::World;
use crate::instance::state::State;
use crate::laboratory::{self, Laboratory};
use crate::load::script::Script;
use chacha20::ChaCha8Rng;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, Lower};

pub(super) const INTERFACE: &str = "eco:plugin/script@0.1.0";

/// `source` of `wit/script.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
struct ScriptSource {
    name: Arc<str>,
    text: Arc<str>,
}

/// The script of one instance, and what it draws its time and its randomness from.
pub(crate) struct ScriptImport {
    pub(crate) script: Arc<Script>,
    laboratory: Option<(Laboratory, Box<ChaCha8Rng>)>,
}

impl ScriptImport {
    pub(super) fn new(script: Arc<Script>, laboratory: Option<&Laboratory>) -> Self {
        let laboratory = laboratory.map(|lab| (lab.clone(), Box::new(lab.randomness())));
        Self { script, laboratory }
    }

    /// Nanoseconds since 1970.
    fn now(&self) -> u64 {
        let now = match &self.laboratory {
            Some((laboratory, _)) => laboratory.now(),
            // A clock before 1970 is not set.
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        };
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }

    fn random(&mut self) -> wasmtime::Result<u64> {
        match &mut self.laboratory {
            Some((_, randomness)) => Ok(laboratory::next(randomness)),
            None => Ok(getrandom::u64()?),
        }
    }
}

impl State {
    fn script_import(&mut self) -> wasmtime::Result<&mut ScriptImport> {
        let script = self.imports.script.as_mut();
        script.ok_or_else(|| wasmtime::format_err!("there is no script"))
    }
}

/// Defines its functions.
pub(super) fn link(linker: &mut Linker<State>, _: World) -> wasmtime::Result<()> {
    type Store<'a> = StoreContextMut<'a, State>;
    let mut imports = linker.instance(INTERFACE)?;
    imports.func_wrap("read", |mut store: Store<'_>, (): ()| {
        let script = &store.data_mut().script_import()?.script;
        let (name, text) = (script.name.clone(), script.text.clone());
        Ok((ScriptSource { name, text },))
    })?;
    imports.func_wrap("spent", |mut store: Store<'_>, (): ()| {
        let fuel_left = store.get_fuel().ok();
        Ok((store.data_mut().is_spent(fuel_left),))
    })?;
    imports.func_wrap("now", |mut store: Store<'_>, (): ()| {
        store.data_mut().count_host_call();
        Ok((store.data_mut().script_import()?.now(),))
    })?;
    imports.func_wrap("random", |mut store: Store<'_>, (): ()| {
        store.data_mut().count_host_call();
        Ok((store.data_mut().script_import()?.random()?,))
    })
}
