//! Errors of a running plugin. Types of wasmtime's errors tell the plugin's faults from the host's.
//!
//! It owns that distinction, and escapes the texts of a plugin. Each text includes its causes. So a cause is a field
//! and no `source()`: a printed chain of errors would say it twice.

use eco_compile::{Budget, Budgets, changed_with};
use eco_text::escape::{Escaped, one_line};
use std::char::{CharTryFromError, DecodeUtf16Error};
use std::num::TryFromIntError;
use std::str::Utf8Error;
use wasmtime::Trap;
use wasmtime::component::ResourceTableError;

/// A plugin that was running could not go on. Its instance is never called again, not even with `closed`: every call
/// after it gives [`Dead`](Self::Dead). The one exception is [`Plugin`](Self::Plugin).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The plugin returned an error of its own, which ends its connection. Only `closed` may follow, unless the error
    /// was that of `open`.
    #[error("the plugin says: {}", Escaped(.0.as_bytes()))]
    Plugin(String),
    /// The plugin broke a budget.
    #[error("the plugin broke its budget: {budget}, {value}{}{}", changed_with("it", .setting.as_ref()), line(.near.as_ref()))]
    Budget {
        /// The budget.
        budget: Budget,
        /// Its value, for a person.
        value: String,
        /// The script's line, if its interpreter knows it: `upper.js:3`. For a JavaScript loop in which nothing can
        /// fail, it is a line shortly before.
        near: Option<String>,
        /// The setting that changes it, if there is one.
        setting: Option<String>,
    },
    /// An earlier call failed, or was dropped before it was over, or was the last. The plugin was not called for this
    /// one.
    #[error(
        "the plugin's instance is dead: an earlier call failed, was dropped before its end, or was the last"
    )]
    Dead,
    /// The plugin trapped: a bug in it, or a panic.
    #[error("the plugin trapped: {0}")]
    Trap(String),
    /// The plugin returned a value that the component model forbids, such as a pointer out of its memory.
    #[error("the plugin broke the calling convention: {0}")]
    Abi(String),
    /// A function of the embedding program's own, which the plugin called, panicked.
    #[error("{0}")]
    Import(String),
    /// There was no room for another instance in the engine's pool.
    #[error("no room for another instance of this plugin: {0:#}")]
    Room(wasmtime::Error),
    /// The system refused eco something, or eco made a mistake, whatever the plugin does.
    #[error("eco failed, and not the plugin: {}", one_line(format_args!("{:#}", .0)))]
    Internal(wasmtime::Error),
}

impl Error {
    /// The code of a broken budget.
    pub(crate) const BUDGET: &str = "budget";
    /// All codes.
    pub(crate) const CODES: [&str; 8] = [
        "plugin-error",
        Self::BUDGET,
        "dead",
        "trap",
        "abi",
        "import",
        "no-room",
        "internal",
    ];

    /// The kind in one word, stable: logs and tests use it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Plugin(_) => "plugin-error",
            Self::Budget { .. } => Self::BUDGET,
            Self::Dead => "dead",
            Self::Trap(_) => "trap",
            Self::Abi(_) => "abi",
            Self::Import(_) => "import",
            Self::Room(_) => "no-room",
            Self::Internal(_) => "internal",
        }
    }

    /// The budget that was broken, as an error with its value.
    pub fn budget(budget: Budget, budgets: &Budgets) -> Self {
        Self::Budget {
            budget,
            value: budgets.value(budget),
            near: None,
            setting: (budgets.setting)(budget),
        }
    }

    /// Sorts wasmtime's errors of a call.
    pub(crate) fn from_call(error: wasmtime::Error, budgets: &Budgets) -> Self {
        if let Some(by_type) = Self::of_plugin(&error, budgets) {
            return by_type;
        }
        if !is_of_a_value(&error) {
            return Self::of_host(error);
        }
        let cause = one_line(error.root_cause());
        // A backtrace shows that the value was passed to an import; else it was returned.
        if error.is::<wasmtime::WasmBacktrace>() {
            Self::Trap(with_place(&error, &cause))
        } else {
            Self::Abi(cause)
        }
    }

    /// As [`from_call`](Self::from_call), for an instance that is being made and has returned nothing yet.
    pub(crate) fn from_start(error: wasmtime::Error, budgets: &Budgets) -> Self {
        if error.is::<wasmtime::WasmBacktrace>() {
            return Self::from_call(error, budgets);
        }
        Self::of_plugin(&error, budgets).unwrap_or_else(|| Self::of_host(error))
    }

    /// The error, if wasmtime's type for it shows that the plugin caused it.
    fn of_plugin(error: &wasmtime::Error, budgets: &Budgets) -> Option<Self> {
        if let Some(budget) = error.downcast_ref::<Budget>() {
            return Some(Self::budget(*budget, budgets));
        }
        if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
            return Some(Self::Trap(format!(
                "it called exit, with {}",
                match exit.0 {
                    0 => "success",
                    // WASI 0.2 passes on no other code.
                    _ => "failure",
                }
            )));
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => return Some(Self::budget(Budget::Stack, budgets)),
            Some(Trap::OutOfFuel) => return Some(Self::budget(Budget::Fuel, budgets)),
            Some(trap) => {
                let text = trap.to_string();
                let text = text.strip_prefix(TRAP).unwrap_or(&text);
                return Some(Self::Trap(with_place(error, text)));
            }
            None => {}
        }
        let is_reply = error.root_cause().to_string() == REPLY_TOO_LONG;
        is_reply.then(|| Self::budget(Budget::Reply, budgets))
    }

    /// The error for a failure that the plugin did not cause.
    fn of_host(error: wasmtime::Error) -> Self {
        if error.is::<wasmtime::PoolConcurrencyLimitError>() {
            Self::Room(error)
        } else if let Some(panicked) = error.downcast_ref::<HostFunctionPanicked>() {
            Self::Import(panicked.to_string())
        } else {
            Self::Internal(error)
        }
    }

    /// Whether the machine or eco is at fault, and not the plugin.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::Import(_) | Self::Room(_) | Self::Internal(_) => true,
            Self::Plugin(_) | Self::Budget { .. } | Self::Dead | Self::Trap(_) | Self::Abi(_) => {
                false
            }
        }
    }
}

/// A function of the embedding program's panicked.
#[derive(Debug, thiserror::Error)]
#[error("{function} panicked: {}", one_line(.said))]
pub(crate) struct HostFunctionPanicked {
    /// The function, with its import.
    pub(crate) function: String,
    /// The message of the panic.
    pub(crate) said: String,
}

/// wasmtime's text for a value that is longer than the host lets it copy. The error has a type, which is private in
/// wasmtime 48. Test: `wasmtime_calls_a_reply_that_is_too_long_so`.
const REPLY_TOO_LONG: &str = "too much data is being copied between the host and the guest: \
    fuel allocated for hostcalls has been exhausted";

/// The prefix of all texts of [`Trap`]. eco's message replaces it with its own words.
/// Test: `every_trap_is_called_one`.
const TRAP: &str = "wasm trap: ";

/// Whether the error is about a value that a plugin passes: an address, a text, a number, a handle. wasmtime's error
/// for most values is a text alone; for some it has one of these types.
fn is_of_a_value(error: &wasmtime::Error) -> bool {
    error.is::<Utf8Error>()
        || error.is::<DecodeUtf16Error>()
        || error.is::<CharTryFromError>()
        || error.is::<TryFromIntError>()
        || error.is::<ResourceTableError>()
        || is_message(error)
}

/// Whether an error is a text alone, as wasmtime's errors for mistakes of a guest are. A refusal of the system has a
/// type, and most of the time a context.
pub(crate) fn is_message(error: &wasmtime::Error) -> bool {
    let backtraces = usize::from(error.is::<wasmtime::WasmBacktrace>());
    let has_text = error.is::<&'static str>() || error.is::<String>();
    has_text && error.chain().count() == backtraces + 1
}

fn line(near: Option<&String>) -> String {
    near.map_or_else(String::new, |line| format!(", near {}", one_line(line)))
}

/// Adds the innermost named function of the guest, if wasmtime knows one.
fn with_place(error: &wasmtime::Error, what: &str) -> String {
    let place = error
        .downcast_ref::<wasmtime::WasmBacktrace>()
        .and_then(|trace| trace.frames().iter().find_map(|frame| frame.func_name()));
    match place {
        // The plugin's author chose the name, and its length.
        Some(name) => format!("{what}, in {}", Escaped(name.as_bytes())),
        None => what.to_owned(),
    }
}

#[cfg(all(test, feature = "compile"))]
mod tests {
    use super::*;
    use std::io;
    use wasmtime::Store;
    use wasmtime::component::{Component, Linker};
    use wasmtime::error::OutOfMemory;

    fn code(error: impl Into<wasmtime::Error>) -> &'static str {
        Error::from_call(error.into(), &Budgets::server(1 << 30)).code()
    }

    #[test]
    fn what_a_plugin_can_have_done_is_a_list_and_all_else_is_internal() {
        let text = String::from_utf8(vec![0xff])
            .expect_err("it is none")
            .utf8_error();
        let number = u8::try_from(256).expect_err("it is too large");
        assert_eq!(code(wasmtime::Error::msg("pointer not aligned")), "abi");
        assert_eq!(code(wasmtime::format_err!("{} bytes", 7)), "abi");
        assert_eq!(code(text), "abi");
        assert_eq!(code(number), "abi");
        assert_eq!(code(ResourceTableError::HasChildren), "abi");
        assert_eq!(code(Trap::UnreachableCodeReached), "trap");
        assert_eq!(code(Budget::Memory), "budget");

        let system = || wasmtime::Error::from(io::Error::from_raw_os_error(12));
        assert_eq!(code(system()), "internal");
        assert_eq!(code(system().context("mmap failed")), "internal");
        assert_eq!(code(OutOfMemory::new(1)), "internal");
        #[cfg(unix)]
        assert_eq!(code(rustix::io::Errno::NOMEM), "internal");
        // A type that nobody has thought of.
        assert_eq!(code(std::fmt::Error), "internal");
    }

    #[test]
    fn an_instance_that_is_not_there_yet_has_passed_nothing() {
        let error = wasmtime::Error::msg("it could not be made");
        let budgets = Budgets::server(1 << 30);
        assert_eq!(Error::from_start(error, &budgets).code(), "internal");
    }

    #[test]
    fn an_internal_error_keeps_its_cause_and_says_it_once() {
        let cause = wasmtime::Error::from(io::Error::from(io::ErrorKind::OutOfMemory));
        let error = Error::from_call(cause.context("mmap failed"), &Budgets::server(1 << 30));
        let text = "eco failed, and not the plugin: mmap failed: out of memory";
        assert_eq!(error.to_string(), text);
        let Error::Internal(cause) = &error else {
            unreachable!("{error}");
        };
        let system = cause.chain().find_map(|it| it.downcast_ref::<io::Error>());
        assert_eq!(
            system.map(io::Error::kind),
            Some(io::ErrorKind::OutOfMemory)
        );
        assert_eq!(format!("{:#}", anyhow::Error::from(error)), text);
    }

    #[test]
    fn every_trap_is_called_one() {
        let traps: Vec<Trap> = (0..=u8::MAX).filter_map(Trap::from_u8).collect();
        assert!(!traps.is_empty());
        for trap in traps {
            let text = trap.to_string();
            assert!(text.starts_with(TRAP), "{text}");
        }
    }

    #[test]
    fn wasmtime_calls_a_reply_that_is_too_long_so() -> wasmtime::Result<()> {
        let text = r#"(component
            (core module $m
                (memory (export "memory") 1)
                (func (export "f") (result i32)
                    (i32.store (i32.const 4) (i32.const 100))
                    i32.const 0))
            (core instance $m (instantiate $m))
            (func (export "f") (result (list u8))
                (canon lift (core func $m "f") (memory $m "memory"))))"#;
        let engine = wasmtime::Engine::default();
        let component =
            Component::new(&engine, wat::parse_str(text).map_err(wasmtime::Error::new)?)?;
        let mut store = Store::new(&engine, ());
        store.set_hostcall_fuel(99);
        let instance = Linker::new(&engine).instantiate(&mut store, &component)?;
        let function = instance.get_typed_func::<(), (Vec<u8>,)>(&mut store, "f")?;
        let error = function.call(&mut store, ()).expect_err("it is too long");
        let budgets = Budgets::server(1 << 30);
        let error = Error::from_call(error, &budgets);
        let budget = Budget::Reply;
        assert!(
            matches!(error, Error::Budget { budget: it, .. } if it == budget),
            "{error}"
        );
        Ok(())
    }
}
