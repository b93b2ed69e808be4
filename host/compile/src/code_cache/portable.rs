//! Portable code of the embedded interpreters, which is embedded too. A script runs on it at once, while its
//! interpreter is compiled to the machine's code.
//!
//! Portable code does the same as the machine's own, much more slowly. The test below has `compiler::job` make it. This
//! module loads it into an engine that can run it.

use super::loaded::Loaded;
use crate::cache::code::part_of_eco;
use crate::facts::{Facts, Scanned};
use crate::interpreter::Interpreter;
use crate::total_memory::{Code, TotalMemory};
use std::sync::LazyLock;

/// An engine for portable code, made at its first use. `None` if it can't be made.
pub(super) type PortableEngine =
    LazyLock<Option<wasmtime::Engine>, Box<dyn FnOnce() -> Option<wasmtime::Engine> + Send>>;

/// Loads an interpreter's portable code into an engine for such code. `None` where there is none, where the total
/// memory has no room for it, or where the engine can't run it: another version of wasmtime takes no code of this one.
pub(super) fn load(
    engine: &wasmtime::Engine,
    total_memory: &TotalMemory,
    interpreter: &Interpreter,
) -> Option<Loaded> {
    let component = part_of_eco(engine, interpreter.portable()?)
        .inspect_err(|error| tracing::debug!("portable code is not run: {error:#}"))
        .ok()?;
    // None of the interpreters that have portable code has a `post-return`.
    let facts = Facts::of_interpreter(interpreter.read().ok()?.len(), Scanned::default());
    let image = component.image_range();
    let counted = total_memory.count(component, [image]).ok()?;
    Some(Loaded {
        facts,
        code: Code::Component(counted),
        module: None,
    })
}

#[cfg(all(test, feature = "compile"))]
#[allow(clippy::panic, clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::cache::Cache;
    use crate::compiler::job;
    use crate::compiler::request::{Job, Subject};
    use crate::compiler::settings::Settings;
    use crate::interpreter::Interpreter;
    use crate::script::languages::Language;
    use eco_isolated::Priority;
    use std::path::Path;

    /// Bytes that may differ: the compiler puts a few entries of a table in the order of its own addresses.
    const REORDERED: usize = 64;

    /// `ECO_BLESS=1` writes the compiler's code to the files.
    #[test]
    fn portable_code_is_what_the_compiler_makes_of_the_interpreters() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/interpreters");
        let languages = Language::ALL.iter().copied();
        for language in languages.filter(|language| !language.needs_setup()) {
            let path = format!("{0}/{0}.cwasm", language.folder());
            let interpreter = Interpreter::of(language, &Cache::None).unwrap();
            let job = Job {
                name: language.name().to_owned(),
                subject: Subject::Interpreter,
                settings: Settings::PORTABLE,
                priority: Priority::Ordinary,
            };
            let made = job::compile(&job, interpreter.read().unwrap().into_owned()).ok();
            let made = made.unwrap_or_else(|| panic!("{path} does not compile"));
            assert!(!made.facts.scan.post_return, "{path}: see `load`");
            let path = folder.join(path);
            if std::env::var_os("ECO_BLESS").is_some_and(|value| value == "1") {
                std::fs::write(&path, &made.code).unwrap();
            }
            let kept = std::fs::read(&path).unwrap_or_default();
            let differing = kept
                .iter()
                .zip(&made.code)
                .filter(|(one, other)| one != other);
            assert!(
                kept.len() == made.code.len() && differing.count() <= REORDERED,
                "{} is not what this version makes of the interpreter; make it anew with ECO_BLESS=1",
                path.display()
            );
        }
    }
}
