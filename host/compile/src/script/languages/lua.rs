//! Lua.

use super::spec::{Case, Embedded, MIB, Origin, Spec};
use crate::script::absent::{Absent, between};
use crate::script::definitions::{Kind, Syntax};

pub(super) static LUA: Spec = Spec {
    name: "Lua",
    word: "lua",
    folder: "lua",
    extension: "lua",
    other_extensions: &[],
    case: Case::Snake,
    instructions_per_unit: 1,
    least_memory: MIB,
    interpreter: embedded!("lua"),
    syntax: Syntax {
        keyword: "function",
        anonymous: "function",
        globals: &["_G", "_ENV"],
        // A function after a brace or comma is a field of a table, and Lua itself calls its metamethods.
        is_member: |text, at| matches!(text.before(at, 1), Some(Kind::Mark(b'{' | b','))),
    },
    sockets: &[],
    absent,
    from_sockets: None,
    samples: samples!("lua", "lua"),
};

fn absent(error: &str, _: Absent) -> Option<Absent> {
    Some(match between(error, "a nil value (global '", "')")? {
        "require" | "package" => Absent::Packages,
        "io" | "os" | "dofile" | "loadfile" => Absent::Files,
        "socket" => Absent::Sockets,
        _ => return None,
    })
}
