//! What scripts know from elsewhere and eco doesn't have: sockets, files, packages. An error about one of them is
//! told with what there is instead.
//!
//! It owns the words of that. It reads the interpreter's error and the script's text as a person would; what it
//! finds is only ever a hint.

use super::Script;
use super::language::Language;
use std::fmt;

/// What a script may look for in vain. Its text says what there is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// A server's own.
    Sockets,
    /// Other files of code.
    Packages,
    /// Files of data, and the environment.
    Files,
    /// A client's own.
    Network,
    /// Threads and processes.
    Threads,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sockets => {
                "eco has the sockets: it listens, accepts and reads, and calls receive(chunk) for what comes; return what is to be sent."
            }
            Self::Packages => {
                "A plugin is one file, without packages or other modules: put what you need into it."
            }
            Self::Files => {
                "A plugin has no files and no environment: put what you need into the script, or into the store."
            }
            Self::Network => {
                "A plugin has no network of its own: it answers those who connect to eco. A client plugin says what eco sends, and where the reply ends."
            }
            Self::Threads => {
                "A plugin has no threads and no processes: eco runs an instance for each connection."
            }
        })
    }
}

/// Bytes of an error that are looked at. What it misses is named in its first line, and its text is the script's, which may be
/// megabytes. Test: `what_an_error_says_late_is_not_looked_at`.
const LOOKED_AT: usize = 4096;

impl Absent {
    /// What the error of a script misses. `None` for all other errors.
    pub fn of(script: &Script, error: &str) -> Option<Self> {
        let (error, _) = error.split_at(error.floor_char_boundary(LOOKED_AT));
        match script.language {
            Language::JavaScript => javascript(error),
            Language::Lua => lua(error),
            Language::Python => python(script, error),
        }
    }
}

fn javascript(error: &str) -> Option<Absent> {
    if let Some(module) = between(error, "there is no module '", "'") {
        return Some(match module.trim_start_matches("node:") {
            "net" | "http" | "https" | "tls" | "dgram" | "ws" | "express" => Absent::Sockets,
            "fs" | "fs/promises" | "path" | "os" | "process" => Absent::Files,
            "worker_threads" | "child_process" | "cluster" => Absent::Threads,
            _ => Absent::Packages,
        });
    }
    Some(
        match between(error, "ReferenceError: ", " is not defined")? {
            "require" | "module" | "exports" => Absent::Packages,
            "fetch" | "XMLHttpRequest" | "WebSocket" => Absent::Network,
            "process" | "Deno" | "Bun" | "Buffer" | "__dirname" | "__filename" => Absent::Files,
            "Worker" => Absent::Threads,
            _ => return None,
        },
    )
}

fn lua(error: &str) -> Option<Absent> {
    Some(match between(error, "a nil value (global '", "')")? {
        "require" | "package" => Absent::Packages,
        "io" | "os" | "dofile" | "loadfile" => Absent::Files,
        "socket" => Absent::Sockets,
        _ => return None,
    })
}

fn python(script: &Script, error: &str) -> Option<Absent> {
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
    let threads = [
        "can't start new thread",
        "does not support processes",
        "has no attribute 'fork'",
    ];
    if threads.iter().any(|text| error.contains(text)) {
        return Some(Absent::Threads);
    }
    if error.contains("URLError") {
        return Some(Absent::Network);
    }
    let refused = [
        "PermissionError",
        "OSError",
        "FileNotFoundError",
        "NotImplementedError",
    ];
    let is_refused = refused.iter().any(|name| error.contains(name));
    if is_refused && script.hints.speaks_of_sockets {
        Some(Absent::Sockets)
    } else if is_refused {
        Some(Absent::Files)
    } else {
        None
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_says_late_is_not_looked_at() {
        let script = Script::new(Language::JavaScript, "a.js", "");
        let error = "ReferenceError: fetch is not defined";
        let after = |space: usize| Absent::of(&script, &("ñ".repeat(space / 2) + error));
        assert_eq!(after(LOOKED_AT - 100), Some(Absent::Network));
        assert_eq!(after(LOOKED_AT), None);
    }
}
