//! JavaScript.

use super::spec::{Case, Embedded, MIB, Origin, Spec};
use crate::script::absent::{Absent, between};
use crate::script::definitions::Syntax;

pub(super) static JAVASCRIPT: Spec = Spec {
    name: "JavaScript",
    word: "js",
    folder: "javascript",
    extension: "js",
    other_extensions: &["mjs", "cjs"],
    case: Case::Camel,
    instructions_per_unit: 3,
    least_memory: 2 * MIB,
    interpreter: embedded!("javascript"),
    syntax: Syntax {
        keyword: "function",
        anonymous: "function",
        globals: &["globalThis"],
        is_member: |_, _| false,
    },
    sockets: &[],
    absent,
    from_sockets: None,
    samples: samples!("javascript", "js"),
};

fn absent(error: &str, _: Absent) -> Option<Absent> {
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
