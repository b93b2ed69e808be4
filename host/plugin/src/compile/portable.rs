//! Portable code of the interpreters that are part of eco, which is part of eco too: with it a script runs at once,
//! while its interpreter is compiled to the machine's code.
//!
//! It owns that code, and says whether an engine can run it. Who makes it is `job`, by way of the test below. It is
//! much slower than the machine's code, and what it does is the same.

use super::{Facts, Loaded};
use crate::cache;
use crate::engine::EngineState;
use crate::load::scan::Scanned;
use crate::load::script::Interpreter;

/// The interpreter in portable code. `None` where there is none, or none that this engine can run: another version
/// of wasmtime takes no code of this one.
pub(super) fn load(engine: &EngineState, interpreter: &Interpreter) -> Option<Loaded> {
    let code = interpreter.portable()?;
    let component = cache::part_of_eco(engine.portable()?, code)
        .inspect_err(|error| tracing::debug!("portable code is not run: {error:#}"))
        .ok()?;
    Some(Loaded {
        facts: Facts {
            size: interpreter.read().ok()?.len(),
            // None of the interpreters that have portable code has a `post-return`.
            scan: Scanned::default(),
            held: 0,
            copied: 0,
            direct: None,
        },
        component: engine.count(component, None).ok()?,
        direct: None,
    })
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::compile::Settings;
    use crate::compile::job::{self, Job, Subject};
    use crate::load::script::Language;
    use eco_isolated::Priority;
    use std::path::Path;

    /// Bytes that may differ: the compiler puts a few entries of a table in the order of its own addresses.
    const REORDERED: usize = 64;

    /// `ECO_BLESS=1` writes what the compiler makes.
    #[test]
    fn portable_code_is_what_the_compiler_makes_of_the_interpreters() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/interpreters");
        for (language, path) in [
            (Language::JavaScript, "javascript/javascript.cwasm"),
            (Language::Lua, "lua/lua.cwasm"),
        ] {
            let interpreter = language.interpreter().unwrap();
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
                std::fs::write(&path, &made.component).unwrap();
            }
            let kept = std::fs::read(&path).unwrap_or_default();
            let differing = kept
                .iter()
                .zip(&made.component)
                .filter(|(one, other)| one != other);
            assert!(
                kept.len() == made.component.len() && differing.count() <= REORDERED,
                "{} is not what this version makes of the interpreter; make it anew with ECO_BLESS=1",
                path.display()
            );
        }
    }
}
