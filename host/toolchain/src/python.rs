//! Python's interpreter, built once on the user's machine: it is too large to be part of eco.

use super::error::BuildError;
use super::merge::merge;
use super::wit;
use super::{folder, tool};
use std::path::{Path, PathBuf};

/// The version whose interpreter eco is tested with, and the hashes of its wheels. pip gets them from its
/// index, and takes nothing else from there.
const REQUIREMENTS: &str = include_str!("../plugins/interpreters/python/requirements.txt");

macro_rules! sources {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../plugins/interpreters/python/", $name)))),*]
    };
}

const INTERPRETER: [(&str, &str); 18] = sources![
    "interpreter.py" "answers.py" "chance.py" "image.py" "mistakes.py" "output.py" "library.py" "eco.py"
    "imports/__init__.py" "imports/arguments.py" "imports/call.py" "imports/host_imports.py" "imports/parts.py"
    "imports/peer.py" "imports/problem.py" "imports/store.py" "imports/timers.py" "imports/topics.py"
];

/// Its one module that isn't Python, and the file that Python looks for when it is imported.
const IMMORTAL: &str = include_str!("../plugins/interpreters/python/immortal.wat");
const IMMORTAL_FILE: &str = "immortal.cpython-314-wasm32-wasi.so";

const WORLD: &str = "eco:plugin/script-interpreter@0.1.0";

const INSTALL: &str = "  Debian:     apt install python3 python3-venv
  macOS:      brew install python
  Windows:    winget install Python.Python.3.13";

/// The steps of setting up Python, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupStep {
    /// A virtual environment is made, with pip in it.
    Environment,
    /// pip gets componentize-py.
    Download,
    /// That builds the interpreter. It takes the longest.
    Build,
    /// The modules of the interpreter become one.
    Merge,
}

/// Builds the interpreter and puts it at `output`. pip works in a folder that is removed at the end. `tell` is told
/// each step as it begins.
///
/// # Errors
/// There is no python3 with venv, pip can't get componentize-py, or that fails.
pub fn set_up(output: &Path, tell: impl Fn(SetupStep)) -> Result<(), BuildError> {
    tell(SetupStep::Environment);
    let parent = folder::make_parent(output)?;
    let work = tempfile::tempdir_in(parent).map_err(BuildError::file(parent))?;
    let place = work.path();
    let programs = virtual_environment(place)?;
    let write =
        |path: PathBuf, text: &str| std::fs::write(&path, text).map_err(BuildError::file(path));
    write(place.join("requirements.txt"), REQUIREMENTS)?;
    tell(SetupStep::Download);
    let mut pip = tool::command(programs.join("pip"), place);
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    // A source package would run its own code here, and an index may be anybody's.
    pip.args(["--only-binary", ":all:", "--require-hashes"]);
    pip.args(["--requirement", "requirements.txt"]);
    tool::run_unannounced(pip, "pip install componentize-py")?;
    write(place.join("eco.wit"), &wit::text())?;
    // Alone in their folder: componentize-py takes all that it finds beside them for part of the app.
    let app = place.join("app");
    let imports = app.join("imports");
    std::fs::create_dir_all(&imports).map_err(BuildError::file(&imports))?;
    for (name, text) in INTERPRETER {
        write(app.join(name), text)?;
    }
    let immortal = wat::parse_str(IMMORTAL).map_err(|error| BuildError::Unfit {
        what: "immortal.wat".to_owned(),
        why: error.into(),
        next: "It is a part of eco: please report this.",
    })?;
    let path = app.join(IMMORTAL_FILE);
    std::fs::write(&path, immortal).map_err(BuildError::file(&path))?;
    let mut componentize = tool::command(programs.join("componentize-py"), place);
    // It would look there for modules too.
    componentize.env_remove("VIRTUAL_ENV");
    componentize.args(["-q", "-d", "eco.wit", "-w", WORLD]);
    componentize.args([
        "componentize",
        "-p",
        "app",
        "interpreter",
        "-o",
        "python.wasm",
    ]);
    tell(SetupStep::Build);
    tool::run_unannounced(componentize, "componentize-py")?;
    tell(SetupStep::Merge);
    let linked = place.join("python.wasm");
    let component = std::fs::read(&linked).map_err(BuildError::file(&linked))?;
    let merged = merge(&component).map_err(|error| BuildError::Unfit {
        what: "what componentize-py made".to_owned(),
        why: error.into(),
        next: "eco builds with a version of it that it was tested with; is another one installed in its place?",
    })?;
    std::fs::write(&linked, merged).map_err(BuildError::file(&linked))?;
    // In one step: a server that starts meanwhile sees the old one, or the new one.
    std::fs::rename(&linked, output).map_err(BuildError::file(output))
}

/// Makes one with pip in it, and says where its programs are.
fn virtual_environment(place: &Path) -> Result<PathBuf, BuildError> {
    let mut modules = tool::command(tool::PYTHON, place);
    // Some systems have the second in a package of its own.
    modules.args(["-c", "import venv, ensurepip"]);
    if !tool::works(modules) {
        return Err(BuildError::Missing {
            what: "python3 with venv and pip was not found".to_owned(),
            install: INSTALL,
        });
    }
    let mut venv = tool::command(tool::PYTHON, place);
    // With pip it would keep to itself why that can't be installed.
    venv.args(["-m", "venv", "--without-pip", "venv"]);
    tool::run_quietly(venv, "python3 -m venv")?;
    let programs = place.join(if cfg!(windows) {
        "venv/Scripts"
    } else {
        "venv/bin"
    });
    let mut pip = tool::command(programs.join("python"), place);
    pip.args(["-m", "ensurepip", "--default-pip"]);
    tool::run_quietly(pip, "python3 -m ensurepip")?;
    Ok(programs)
}
