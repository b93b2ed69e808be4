//! The embedder's functions, as the interpreters of scripts call them: `host-imports` and `call-host` of
//! `wit/script.wit`.
//!
//! It owns the table of these functions and the bounds of a call. `host_import` converts the values.

use super::caller::Caller;
use super::host_calls::{HostCalls, charge, fuel_of};
use super::parts::{self, Part, UnreadPart};
use std::pin::Pin;
use std::sync::Arc;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, LinkerInstance, Lower, WasmList};

/// The bound and the price of a call to a function of the embedder's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The most bytes of the arguments of a call, and of its result.
    pub(crate) most_bytes: usize,
    /// Fuel for a call, beside that for its bytes.
    pub(crate) fuel: u64,
}

/// `host-failure` of `wit/script.wit`.
#[derive(Debug, PartialEq, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum HostFailure {
    #[component(name = "failed")]
    Failed(Vec<Part>),
    #[component(name = "refused")]
    Refused(String),
}

/// The result of a call by a script: parts of a value, or what failed. A `wasmtime::Error` ends the plugin's call.
pub(crate) type Answer = wasmtime::Result<Result<Vec<Part>, HostFailure>>;

/// A call whose arguments are converted.
pub(crate) struct Prepared<'a> {
    /// Bytes that lists of the arguments take, without their texts.
    pub(crate) lists: usize,
    /// Calls the function.
    pub(crate) run: Box<dyn FnOnce(Caller) -> Pending<'a> + Send + 'a>,
}

/// The future of an answer.
pub(crate) type Pending<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// A function of the embedder's that takes the parts of its arguments.
pub(crate) trait ScriptFunction: Send + Sync {
    /// Its name in WIT.
    fn name(&self) -> &str;

    /// The number of its parameters.
    fn parameters(&self) -> u32;

    /// Converts the arguments, whose lists take at most `most` bytes without their texts. The error says what doesn't
    /// fit.
    fn prepare(&self, arguments: Vec<Part>, most: usize) -> Result<Prepared<'_>, String>;
}

/// An import of the embedder's that scripts see.
#[derive(Clone)]
pub(crate) struct ScriptHostImport {
    /// Its name in scripts.
    pub(crate) name: String,
    pub(crate) terms: Terms,
    pub(crate) functions: Vec<Arc<dyn ScriptFunction>>,
}

/// All imports of the embedder's that scripts see. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct ScriptImports(Arc<[ScriptHostImport]>);

/// `host-function` of `wit/script.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
struct ListedFunction {
    name: String,
    parameters: u32,
}

/// `host-import` of `wit/script.wit`.
#[derive(ComponentType, Lower)]
#[component(record)]
struct ListedImport {
    name: String,
    functions: Vec<ListedFunction>,
}

impl ScriptImports {
    pub(crate) fn new(imports: Vec<ScriptHostImport>) -> Self {
        Self(imports.into())
    }

    /// All that a script's evaluation can learn of them, as a text: a snapshot of the script fits no other. It is
    /// empty where there are none.
    pub(crate) fn facts(&self) -> String {
        let mut facts = String::new();
        for import in &*self.0 {
            facts += &import.name;
            for function in &import.functions {
                facts += &format!(" {}/{}", function.name(), function.parameters());
            }
            facts.push('\n');
        }
        facts
    }

    fn list(&self) -> Vec<ListedImport> {
        let imports = self.0.iter().map(|import| ListedImport {
            name: import.name.clone(),
            functions: import
                .functions
                .iter()
                .map(|function| ListedFunction {
                    name: function.name().to_owned(),
                    parameters: function.parameters(),
                })
                .collect(),
        });
        imports.collect()
    }

    fn find(&self, import: u32, function: u32) -> Option<(&ScriptHostImport, &dyn ScriptFunction)> {
        let import = self.0.get(usize::try_from(import).ok()?)?;
        let function = import.functions.get(usize::try_from(function).ok()?)?;
        Some((import, &**function))
    }
}

/// The state of a script that calls the functions.
pub(super) struct Calling {
    pub(super) imports: ScriptImports,
    /// Whether the script's top level is still evaluated.
    pub(super) is_evaluating: bool,
}

/// Defines the two functions. `calling` reads the state of the script.
pub(super) fn link<T: HostCalls>(
    script: &mut LinkerInstance<'_, T>,
    calling: impl Fn(&mut T) -> wasmtime::Result<Calling> + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    script.func_wrap(
        "host-imports",
        move |mut store: StoreContextMut<'_, T>, (): ()| {
            store.data_mut().count_host_call();
            Ok((calling(store.data_mut())?.imports.list(),))
        },
    )?;
    script.func_wrap_async(
        "call-host",
        move |mut store: StoreContextMut<'_, T>,
              (import, function, arguments): (u32, u32, WasmList<UnreadPart>)| {
            Box::new(async move {
                store.data_mut().count_host_call();
                let Calling {
                    imports,
                    is_evaluating,
                } = calling(store.data_mut())?;
                let Some((import, function)) = imports.find(import, function) else {
                    return Ok((refused("there is no such function".to_owned()),));
                };
                if is_evaluating {
                    let why =
                        "it can't be called while the script is loaded; call it in a function";
                    return Ok((refused(why.to_owned()),));
                }
                let answer = call(&mut store, import.terms, function, &arguments).await?;
                Ok((answer,))
            })
        },
    )
}

/// Refuses a call, for a reason before which the interpreter puts the name of the function, as the script spells it.
fn refused(why: String) -> Result<Vec<Part>, HostFailure> {
    Err(HostFailure::Refused(why))
}

/// Calls a function within its bounds.
async fn call<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    terms: Terms,
    function: &dyn ScriptFunction,
    arguments: &WasmList<UnreadPart>,
) -> Answer {
    let most = terms.most_bytes;
    store.data_mut().count_time_exactly();
    charge(store, terms.fuel)?;
    let Some(arguments) = parts::read(store, arguments, most)? else {
        let why = format!("the arguments are beyond the bound of {most} bytes");
        return Ok(refused(why));
    };
    let length = parts::length(&arguments);
    charge(store, fuel_of(length, parts::count(&arguments)))?;
    let Prepared { lists, run } = match function.prepare(arguments, most) {
        Ok(prepared) => prepared,
        Err(why) => return Ok(refused(why)),
    };
    let answer = within_bounds(store, length.saturating_add(lists), run).await?;
    let (Ok(parts) | Err(HostFailure::Failed(parts))) = &answer else {
        return Ok(answer);
    };
    let length = parts::length(parts);
    charge(store, fuel_of(length, parts::count(parts)))?;
    if !parts::fit(parts, most) {
        let why = format!("the result is beyond the bound of {most} bytes");
        return Ok(refused(why));
    }
    store.data_mut().hold_result(length)?;
    Ok(answer)
}

/// Runs a function of the embedder's, for whose arguments the host holds so many bytes, within the bounds of the
/// plugin's call. It runs at ordinary priority, since it may hold what others wait for.
pub(crate) async fn within_bounds<T: HostCalls, R, F>(
    store: &mut StoreContextMut<'_, T>,
    length: usize,
    run: impl FnOnce(Caller) -> F,
) -> wasmtime::Result<R>
where
    F: Future<Output = wasmtime::Result<R>>,
{
    let state = store.data_mut();
    state.hold_for_call(length)?;
    let caller = Caller::new(state.participation().connection);
    let priority = state.priority();
    let result = priority.run(async { run(caller).await }).await;
    let state = store.data_mut();
    state.release_from_call(length);
    state.check_time()?;
    result
}
