//! What decides which code the compiler makes of a plugin.
//!
//! An engine that compiles and one that runs are made of the same settings, in two processes, so that
//! one takes the other's code. It must not know what either is used for.

use crate::load::segments;
use serde::{Deserialize, Serialize};
use wasmtime::{Config, OperatorCost};

/// The settings that are in the code.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Address space that each memory gets, in bytes; `None` is wasmtime's own choice.
    pub(crate) reservation: Option<u64>,
    pub(crate) work: Work,
}

/// Whether the code counts its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    Uncounted,
    /// In fuel.
    Counted,
    /// In fuel, and the same on every machine. See [`Laboratory`](crate::Laboratory).
    Laboratory,
}

impl Settings {
    pub(crate) fn counts_fuel(self) -> bool {
        self.work != Work::Uncounted
    }

    /// For an engine that runs what another has compiled. It can't compile, so that a mistake fails.
    pub(crate) fn running(self) -> Config {
        let mut config = self.common();
        config.enable_compiler(false);
        config
    }

    /// For an engine that compiles, and runs nothing.
    pub(super) fn compiling(self) -> Config {
        let mut config = self.common();
        if self.work == Work::Laboratory {
            config.cranelift_nan_canonicalization(true);
        }
        config
    }

    fn common(self) -> Config {
        let mut config = Config::new();
        // No function of the contract is async-lifted, and with this on every call costs up to 1.5 µs.
        config.concurrency_support(false);
        config.epoch_interruption(true);
        // Lua's errors are exceptions of WebAssembly. Nothing else of garbage collection is on: the host
        // collects, and nothing counts what that takes.
        config.wasm_exceptions(true);
        config.wasm_gc(false);
        config.memory_guaranteed_dense_image_size(segments::MAPPED);
        if let Some(reservation) = self.reservation {
            config.memory_reservation(reservation);
        }
        config.consume_fuel(self.counts_fuel());
        if self.work == Work::Laboratory {
            // The host does these, which takes more than the one unit of other instructions.
            config.operator_cost(OperatorCost {
                Throw: u8::MAX,
                ThrowRef: u8::MAX,
                MemoryGrow: u8::MAX,
                TableGrow: u8::MAX,
                RefFunc: 50,
                ..OperatorCost::new()
            });
            config.relaxed_simd_deterministic(true);
        }
        config
    }
}
