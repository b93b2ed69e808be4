//! An import of the embedder's: its name, its functions, and their bounds.

use super::arguments::Arguments;
use super::function::{Function, Given, HostFunction};
use super::returned::Returned;
use crate::imports::caller::Caller;
use crate::imports::host_functions::Terms;
use crate::laboratory::HOST_CALL;
use std::fmt;
use std::sync::Arc;

/// The most bytes of the arguments of a call, and of its result, unless the import says otherwise. The value is that of a
/// value in the store. More arguments, or a larger result, trap; a script gets an exception.
/// Test: `host_imports::hostile::data::arguments_beyond_the_bound_are_never_copied`.
pub const MOST_BYTES: usize = 64 * 1024;

/// An interface of the embedding program's own, which its plugins import: Rust closures and async functions for the
/// functions of a WIT package.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use eco_contract::Session as _;
/// use eco_plugin::{Budgets, Compiler, Engine, HostImport, ServerPlugin, Source};
/// use std::collections::BTreeMap;
/// use std::sync::{Arc, Mutex, PoisonError};
///
/// // package mycompany:kv@0.1.0;
/// // interface store {
/// //     get: func(key: string) -> option<list<u8>>;
/// //     set: func(key: string, value: list<u8>) -> result<_, string>;
/// // }
/// let entries = Arc::<Mutex<BTreeMap<String, Vec<u8>>>>::default();
/// let read = entries.clone();
/// let import = HostImport::new("mycompany:kv/store@0.1.0")
///     .function("get", move |key: String| -> Option<Vec<u8>> {
///         let entries = read.lock().unwrap_or_else(PoisonError::into_inner);
///         entries.get(&key).cloned()
///     })
///     .async_function("set", move |(key, value): (String, Vec<u8>)| {
///         let entries = entries.clone();
///         async move {
///             if key.is_empty() {
///                 return Err("the key is empty".to_owned());
///             }
///             let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
///             entries.insert(key, value);
///             Ok::<(), String>(())
///         }
///     });
/// let budgets = Budgets::server(1 << 30);
/// let engine = Engine::builder(Compiler::InProcess, budgets).import(import).build()?;
///
/// // Sets a key to its chunk, and replies with the key's value. A plugin of Rust has the WIT package in its world.
/// const PLUGIN: &str = r#"(component
///   (import "mycompany:kv/store@0.1.0" (instance $store
///     (export "get" (func (param "key" string) (result (option (list u8)))))
///     (export "set" (func (param "key" string) (param "value" (list u8)) (result (result (error string)))))))
///   (core module $memory
///     (memory (export "memory") 2)
///     (global $end (mut i32) (i32.const 1024))
///     (data (i32.const 16) "name")
///     (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
///       (local.set $at (i32.and (i32.add (global.get $end) (i32.const 7)) (i32.const -8)))
///       (global.set $end (i32.add (local.get $at) (local.get 3)))
///       (local.get $at)))
///   (core instance $memory (instantiate $memory))
///   (core func $get (canon lower (func $store "get")
///     (memory $memory "memory") (realloc (func $memory "realloc"))))
///   (core func $set (canon lower (func $store "set")
///     (memory $memory "memory") (realloc (func $memory "realloc"))))
///   (core module $plugin
///     (import "memory" "memory" (memory 1))
///     (import "store" "get" (func $get (param i32 i32 i32)))
///     (import "store" "set" (func $set (param i32 i32 i32 i32 i32)))
///     (func (export "receive") (param $chunk i32) (param $length i32) (result i32)
///       (call $set (i32.const 16) (i32.const 4) (local.get $chunk) (local.get $length) (i32.const 32))
///       (call $get (i32.const 16) (i32.const 4) (i32.const 64))
///       ;; An option has its case first, and then the list.
///       (i32.const 68)))
///   (core instance $plugin (instantiate $plugin
///     (with "memory" (instance $memory))
///     (with "store" (instance (export "get" (func $get)) (export "set" (func $set))))))
///   (func $receive (param "chunk" (list u8)) (result (list u8))
///     (canon lift (core func $plugin "receive")
///       (memory $memory "memory") (realloc (func $memory "realloc"))))
///   (instance $handler (export "receive" (func $receive)))
///   (export "eco:plugin/handler@0.1.0" (instance $handler)))"#;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("plugin.wat");
/// # std::fs::write(&path, PLUGIN)?;
/// # let source = Source::File(path);
/// let plugin = ServerPlugin::load(&engine, source).await?;
/// let mut session = plugin.session();
/// assert_eq!(session.receive(b"hello").await?.data, &b"hello"[..]);
/// # Ok(()) }
/// ```
///
/// # Types
///
/// Parameters and results are [values](crate::Value): integers, `bool`, `String`, `Vec<u8>`, options, results, lists,
/// tuples, and structs of [`record!`](crate::record). A function takes nothing (`|_: ()|`), one value, or a tuple of
/// several. A plugin whose import has another type fails to load ([`LoadError::OwnImportType`](crate::LoadError::OwnImportType)).
/// Servers and clients may import it.
///
/// # Scripts
///
/// Scripts see the import under its [`script_name`](Self::script_name), with the functions in the language's own
/// spelling. With `.script_name("kv")` the JavaScript for the plugin above is:
///
/// ```js
/// function receive(chunk) {
///     kv.set("name", chunk);
///     return kv.get("name");
/// }
/// ```
///
/// They can't call it while they are loaded: one evaluation serves many connections.
///
/// # Bounds
///
/// - Arguments and results are within [`most_bytes`](Self::most_bytes), each. Arguments are measured in the plugin's
///   memory, before they are copied. A text is read before it is measured, and one in UTF-16 or Latin-1 is copied for
///   that: as much as the plugin's memory holds, whatever the bound is.
/// - An item of a list takes its size in Rust of that bound, beside its texts.
/// - The host's copy of arguments counts towards the total of memory in use, and so does a result while it is copied into
///   the plugin.
/// - A call costs [`fuel`](Self::fuel) where the engine counts fuel, and as much as a call of eco's own for each 4 KiB,
///   and for each 32 items of lists that it takes. Each part of a script's value is such an item.
/// - The time of a function is its caller's: processor time counts for the call's `cpu`, waiting for its `wait`, and all
///   of it for its `deadline`. A closure that blocks its thread can't be stopped; the call ends when it returns. An async
///   function whose call ends is dropped at its next `await`.
/// - A closure has 2 MiB of stack, as a thread of tokio, however deep the plugin has recursed; a future has as much at
///   each poll. More ends the process, so that large buffers belong on the heap.
/// - A function that panics ends the call that called it ([`Error::Import`](crate::Error::Import)), where panics
///   unwind. [`Trap`](crate::Trap) ends the call on purpose.
///
/// The start code of a component may call functions, too: once while the plugin is loaded, and at the start of each
/// instance. [`Caller::connection`] is `None` while it is loaded.
///
/// An engine for a [laboratory](crate::EngineBuilder::laboratory) takes no imports: nothing says that they give the same
/// at every run.
pub struct HostImport {
    name: String,
    script_name: Option<String>,
    terms: Terms,
    functions: Vec<Arc<dyn HostFunction>>,
}

impl HostImport {
    /// Begins an import of the interface `name`, with its package and its version: `mycompany:kv/store@0.1.0`. A
    /// plugin must import just this version.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            script_name: None,
            terms: Terms {
                most_bytes: MOST_BYTES,
                fuel: HOST_CALL,
            },
            functions: Vec::new(),
        }
    }

    /// Adds a function, by its name in WIT. Its closure runs in the thread that runs the plugin: it should be short, and
    /// not block.
    #[must_use]
    pub fn function<A, R>(self, name: &str, body: impl Fn(A) -> R + Send + Sync + 'static) -> Self
    where
        A: Arguments,
        R: Returned,
    {
        self.with(name, move |_, arguments| Given::Now(body(arguments)))
    }

    /// As [`function`](Self::function), and tells the closure who calls it.
    #[must_use]
    pub fn function_with_caller<A, R>(
        self,
        name: &str,
        body: impl Fn(&Caller, A) -> R + Send + Sync + 'static,
    ) -> Self
    where
        A: Arguments,
        R: Returned,
    {
        self.with(name, move |caller: Caller, arguments| {
            Given::Now(body(&caller, arguments))
        })
    }

    /// Adds an async function, by its name in WIT. The plugin's call waits for it, and others run meanwhile. The future is
    /// dropped where it stands if the call ends before it does: when its connection ends, or a budget is broken.
    #[must_use]
    pub fn async_function<A, F>(
        self,
        name: &str,
        body: impl Fn(A) -> F + Send + Sync + 'static,
    ) -> Self
    where
        A: Arguments,
        F: Future<Output: Returned> + Send + 'static,
    {
        self.with(name, move |_, arguments| {
            Given::Later(Box::pin(body(arguments)))
        })
    }

    /// As [`async_function`](Self::async_function), and tells the function who calls it.
    #[must_use]
    pub fn async_function_with_caller<A, F>(
        self,
        name: &str,
        body: impl Fn(Caller, A) -> F + Send + Sync + 'static,
    ) -> Self
    where
        A: Arguments,
        F: Future<Output: Returned> + Send + 'static,
    {
        self.with(name, move |caller, arguments| {
            Given::Later(Box::pin(body(caller, arguments)))
        })
    }

    fn with<A: Arguments, R: Returned>(
        mut self,
        name: &str,
        body: impl Fn(Caller, A) -> Given<R> + Send + Sync + 'static,
    ) -> Self {
        let function = Function::new(&self.name, name, body);
        self.functions.push(Arc::new(function));
        self
    }

    /// Sets the most bytes of the arguments of a call, and of its result, each: those of texts and lists. The default
    /// is [`MOST_BYTES`]. A script may pass one value for each 32 bytes of that, and 32 more.
    #[must_use]
    pub fn most_bytes(mut self, bytes: usize) -> Self {
        self.terms.most_bytes = bytes;
        self
    }

    /// Sets the fuel that a call costs, beside 1000 for each 4 KiB that pass and for each 32 items that come. The default is 1000, which about equals the
    /// time of a function that does little. It counts where the engine is [metered](crate::EngineBuilder::metered).
    #[must_use]
    pub fn fuel(mut self, fuel: u64) -> Self {
        self.terms.fuel = fuel;
        self
    }

    /// Shows the import to scripts, under this name: letters, digits and `_`. Its functions, and the fields of records,
    /// have the language's own spelling: `get-all` is `kv.getAll` in JavaScript and `kv.get_all` in Lua and Python. Where
    /// that is a word of the language, as `end` and `from` are, it is `kv["end"]` in Lua and `kv.from_` in Python. Scripts
    /// don't see an import without a name.
    #[must_use]
    pub fn script_name(mut self, name: impl Into<String>) -> Self {
        self.script_name = Some(name.into());
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn name_in_scripts(&self) -> Option<&str> {
        self.script_name.as_deref()
    }

    pub(super) fn terms(&self) -> Terms {
        self.terms
    }

    pub(super) fn functions(&self) -> &[Arc<dyn HostFunction>] {
        &self.functions
    }
}

impl fmt::Debug for HostImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.functions.iter();
        let functions: Vec<_> = functions.map(|function| function.name()).collect();
        write!(f, "HostImport({}, {functions:?})", self.name)
    }
}
