//! The import of script interpreters: `wit/script.wit`. No other plugin may import it.

use super::host_calls::{HostCalls, instructions_left};
use super::host_functions::{self, Calling, ScriptImports};
use super::import::{Import, Importer, Setup};
use crate::evaluation::{Evaluation, since_1970};
use crate::laboratory::{self, Laboratory, World};
use chacha20::ChaCha8Rng;
use eco_compile::Script;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, Lower};

/// Start of the monotonic clock. All instances share it, so that an instance that starts from a snapshot can use the
/// times in it.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// `source` of `wit/script.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
struct ScriptSource {
    name: Arc<str>,
    text: Arc<str>,
}

/// The script of one instance, with its sources of time and randomness.
pub(crate) struct RunningScript {
    pub(crate) script: Arc<Script>,
    laboratory: Option<(Laboratory, Box<ChaCha8Rng>)>,
    /// The script's evaluation, if this instance evaluates it outside of a laboratory.
    pub(crate) evaluation: Option<Arc<Evaluation>>,
    /// The embedder's functions that it may call.
    host: ScriptImports,
}

impl RunningScript {
    fn new(
        script: Arc<Script>,
        laboratory: Option<&Laboratory>,
        evaluation: Option<Arc<Evaluation>>,
        host: ScriptImports,
    ) -> Self {
        let laboratory = laboratory.map(|lab| (lab.clone(), Box::new(lab.randomness())));
        Self {
            script,
            laboratory,
            evaluation,
            host,
        }
    }

    /// Nanoseconds since 1970.
    fn now(&self) -> u64 {
        let fixed = || self.evaluation.as_ref()?.now();
        let now = match &self.laboratory {
            Some((laboratory, _)) => laboratory.now(),
            None => fixed().unwrap_or_else(since_1970),
        };
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Nanoseconds of the monotonic clock, which measures durations and due times.
    fn elapsed(&self) -> u64 {
        let evaluation = self.evaluation.as_ref();
        let elapsed = match &self.laboratory {
            Some((laboratory, _)) => laboratory.elapsed(),
            None if evaluation.is_some_and(|evaluation| evaluation.now().is_some()) => {
                Duration::ZERO
            }
            None => BEGAN.elapsed(),
        };
        u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
    }

    fn random(&mut self) -> wasmtime::Result<u64> {
        if let Some((_, randomness)) = &mut self.laboratory {
            return Ok(laboratory::next(randomness));
        }
        let fixed = self.evaluation.as_ref();
        match fixed.and_then(|evaluation| evaluation.random()) {
            Some(bits) => Ok(bits),
            None => Ok(getrandom::u64()?),
        }
    }
}

fn running(script: &mut Option<RunningScript>) -> wasmtime::Result<&mut RunningScript> {
    let script = script.as_mut();
    script.ok_or_else(|| wasmtime::format_err!("there is no script"))
}

/// The import `script`.
pub(crate) struct ScriptImport;

impl Import for ScriptImport {
    const NAME: &str = "eco:plugin/script@0.1.0";
    const TO: Importer = Importer::Interpreter;
    /// `Some` where the plugin is a script.
    type State = Option<RunningScript>;

    fn state(setup: &Setup<'_>) -> Option<RunningScript> {
        let script = setup.script?.clone();
        let evaluation = setup.evaluation.clone();
        let host = setup.script_imports.clone();
        Some(RunningScript::new(
            script,
            setup.laboratory,
            evaluation,
            host,
        ))
    }

    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        own: fn(&mut T) -> &mut Option<RunningScript>,
        _: World,
    ) -> wasmtime::Result<()> {
        let mut imports = linker.instance(Self::NAME)?;
        imports.func_wrap("read", move |mut store: StoreContextMut<'_, T>, (): ()| {
            let import = running(own(store.data_mut()))?;
            if let Some(evaluation) = &import.evaluation {
                evaluation.begin();
            }
            let (name, text) = (import.script.name.clone(), import.script.text.clone());
            Ok((ScriptSource { name, text },))
        })?;
        imports.func_wrap("spent", move |mut store: StoreContextMut<'_, T>, (): ()| {
            let instructions_left = instructions_left(&store);
            Ok((store.data_mut().is_spent(instructions_left),))
        })?;
        imports.func_wrap("now", move |mut store: StoreContextMut<'_, T>, (): ()| {
            store.data_mut().count_host_call();
            Ok((running(own(store.data_mut()))?.now(),))
        })?;
        imports.func_wrap(
            "elapsed",
            move |mut store: StoreContextMut<'_, T>, (): ()| {
                store.data_mut().count_host_call();
                Ok((running(own(store.data_mut()))?.elapsed(),))
            },
        )?;
        imports.func_wrap(
            "random",
            move |mut store: StoreContextMut<'_, T>, (): ()| {
                store.data_mut().count_host_call();
                Ok((running(own(store.data_mut()))?.random()?,))
            },
        )?;
        imports.func_wrap(
            "evaluated",
            move |mut store: StoreContextMut<'_, T>, (): ()| {
                if let Some(evaluation) = &running(own(store.data_mut()))?.evaluation {
                    evaluation.end();
                }
                Ok(())
            },
        )?;
        host_functions::link(&mut imports, move |state| {
            let script = running(own(state))?;
            let evaluation = script.evaluation.as_ref();
            Ok(Calling {
                imports: script.host.clone(),
                is_evaluating: evaluation.is_some_and(|evaluation| !evaluation.is_over()),
            })
        })
    }
}
