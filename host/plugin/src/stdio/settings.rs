//! What every instance of a program is started with.

/// The arguments and the environment of a program: a core module with `_start` (WASI preview 1), or a component that
/// exports `wasi:cli/run` (WASI 0.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramSettings {
    /// Its arguments, after its own name, which is that of its file.
    pub arguments: Vec<String>,
    /// Names and values of its environment. They replace variables of UCSPI with the same name.
    pub environment: Vec<(String, String)>,
}
