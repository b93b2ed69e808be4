//! A plugin that was compiled.

use crate::compiler::settings::Target;
use crate::facts::DirectNames;
use crate::script::Script;
use crate::total_memory::Code;
use std::sync::Arc;

/// A plugin that was read and compiled, before it is put to a use.
#[derive(Clone)]
pub struct Compiled {
    /// Name for messages.
    pub name: String,
    /// Bytes of the component, of the module, or of the script.
    pub size: usize,
    /// Its code.
    pub code: Code,
    /// Whether the host must copy its functions' results before it looks at them.
    pub post_return: bool,
    /// The tools that made it, as its producers sections name them.
    pub made_with: Vec<String>,
    /// Bytes that the host holds for each instance, beside its memory and its tables.
    pub held: u64,
    /// Pages of memory into which data is copied for each instance.
    pub copied: u64,
    /// The module alone and the names of its parts, where the component is called directly.
    pub direct: Option<(wasmtime::Module, DirectNames)>,
    /// The script, where the component is its interpreter.
    pub script: Option<Arc<Script>>,
    /// The target of its code.
    pub target: Target,
}
