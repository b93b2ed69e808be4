//! The samples in every language, made as a newcomer makes them: `eco new`, then `eco build`.

use crate::harness::{Eco, Exited};
use crate::support::empty_folder;
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// Compiling a language's standard library takes a while, once.
const PATIENCE: Duration = Duration::from_secs(900);

/// The samples of one language, as what `-p` takes.
pub(crate) struct Samples {
    pub(crate) language: &'static str,
    pub(crate) upper: String,
    pub(crate) lines: String,
    pub(crate) chat: String,
    pub(crate) client: String,
}

/// `eco`, with what the environment says for compilers of plugins alone: `GUEST_RUSTC` is RUSTC to
/// them, and nothing to what builds eco.
pub(crate) fn builder(arguments: &[&str]) -> Eco {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let mut eco = Eco::new(arguments)
        .env("CARGO_TARGET_DIR", target)
        .patience(PATIENCE);
    for (name, value) in std::env::vars_os() {
        if let Some(name) = name.to_str().and_then(|name| name.strip_prefix("GUEST_")) {
            eco = eco.env(name, value);
        }
    }
    eco
}

/// The languages whose tools this machine has. The others are named on stderr, whatever the test
/// runner does with its output; where `ECO_ALL_TOOLS` is set, none may be missing.
pub(crate) fn samples() -> &'static [Samples] {
    static MADE: OnceLock<Vec<Samples>> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = empty_folder("samples");
        ["rust", "c", "wat", "js", "lua", "python"]
            .into_iter()
            .filter_map(|language| make(language, &folder))
            .collect()
    })
}

fn make(language: &'static str, folder: &Path) -> Option<Samples> {
    let make = |shape: &str, flags: &[&str]| {
        let name = format!("{language}-{shape}");
        let new = Eco::new(&["new", &name, "--lang", language]).args(flags);
        let new = new.inside(folder).run(b"");
        assert_eq!(new.code, 0, "{}", new.stderr);
        let built = builder(&["build", &name]).inside(folder).run(b"");
        if is_missing(&built) {
            skip(language, &built);
            return None;
        }
        assert_eq!(built.code, 0, "{language} {shape}: {}", built.stderr);
        // It begins with `built PATH`, or with the path of a script.
        let said = String::from_utf8(built.stdout).expect("it is text");
        let path = said.trim_start_matches("built ").split(' ').next();
        let path = path.unwrap_or_default();
        Some(folder.join(path).display().to_string())
    };
    Some(Samples {
        language,
        upper: make("upper", &[])?,
        lines: make("lines", &["--session"])?,
        chat: make("chat", &["--chat"])?,
        client: make("client", &["--client"])?,
    })
}

/// Whether it failed for want of a tool, and said which.
pub(crate) fn is_missing(built: &Exited) -> bool {
    built.code == 69 || built.stderr.contains("eco setup python")
}

/// Names the language that this machine has no tools for.
pub(crate) fn skip(language: &str, built: &Exited) {
    assert!(
        std::env::var_os("ECO_ALL_TOOLS").is_none(),
        "no tool for {language}: {}",
        built.stderr
    );
    // Not through the macro, whose output the test runner keeps to itself.
    let why = built.stderr.lines().next().unwrap_or_default();
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED the samples in {language}: {why}"
    );
}
