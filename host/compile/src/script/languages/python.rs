//! Python.

use super::spec::{Case, MIB, Origin, Spec};
use crate::script::absent::{Absent, between};
use crate::script::definitions::Syntax;

pub(super) static PYTHON: Spec = Spec {
    name: "Python",
    word: "python",
    folder: "python",
    extension: "py",
    other_extensions: &[],
    case: Case::Snake,
    instructions_per_unit: 8,
    least_memory: 24 * MIB,
    interpreter: Origin::SetUp,
    syntax: Syntax {
        keyword: "def",
        anonymous: "lambda",
        globals: &[],
        // Methods are indented.
        is_member: |text, at| text.is_indented(at),
    },
    sockets: &["socket", "asyncio"],
    absent,
    from_sockets: Some("plugins/python/README.md takes a program with sockets line by line."),
    samples: samples!("python", "py"),
};

fn absent(error: &str, refused: Absent) -> Option<Absent> {
    if let Some(module) = between(error, "No module named '", "'") {
        return Some(match module.split('.').next().unwrap_or_default() {
            "socketserver" | "http" | "selectors" | "select" | "ssl" | "flask" | "fastapi"
            | "websockets" | "twisted" | "tornado" | "aiohttp" => Absent::Sockets,
            "requests" | "urllib" | "urllib3" | "httpx" | "ftplib" | "smtplib" => Absent::Network,
            "subprocess" | "multiprocessing" | "concurrent" => Absent::Threads,
            "sqlite3" | "tempfile" | "glob" | "shutil" => Absent::Files,
            _ => Absent::Packages,
        });
    }
    let has = |texts: &[&str]| texts.iter().any(|text| error.contains(text));
    if has(&[
        "can't start new thread",
        "does not support processes",
        "has no attribute 'fork'",
    ]) {
        Some(Absent::Threads)
    } else if has(&["URLError"]) {
        Some(Absent::Network)
    } else if has(&[
        "PermissionError",
        "OSError",
        "FileNotFoundError",
        "NotImplementedError",
    ]) {
        Some(refused)
    } else {
        None
    }
}
