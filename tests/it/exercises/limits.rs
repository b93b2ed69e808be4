//! The default limits fit each language.

use crate::exercises::{HEAD, exercise, judged};
use crate::scripts::languages;
use crate::support::plugin_file;

/// A plugin that answers each line in capitals, as a beginner writes it, and one that logs each chunk.
const CAPITALS: [(&str, &str, &str); 3] = [
    (
        "lua",
        "local rest = '' function receive(chunk) rest = rest .. chunk if rest:find('\\n', 1, true) then local line = rest:upper() rest = '' return line end end",
        "function receive(chunk) print(chunk) return chunk:upper() end",
    ),
    (
        "js",
        "let rest = ''; function receive(chunk) { rest += String.fromCharCode(...chunk); if (!rest.endsWith('\\n')) return; const line = rest.toUpperCase(); rest = ''; return line; }",
        "function receive(chunk) { console.log(chunk); return String.fromCharCode(...chunk).toUpperCase(); }",
    ),
    (
        "py",
        "rest = b''\ndef receive(chunk):\n    global rest\n    rest += chunk\n    reply = b''\n    while b'\\n' in rest:\n        line, rest = rest.split(b'\\n', 1)\n        reply += line.upper() + b'\\n'\n    return reply\n",
        "def receive(chunk):\n    print(chunk)\n    return chunk.upper()\n",
    ),
];

#[test]
fn a_long_line_that_comes_byte_by_byte_is_within_the_default_in_each_language() {
    let line: String = ('a'..='z').cycle().take(4800).collect();
    let capitals = line.to_uppercase();
    let toml = format!(
        "{HEAD}limits.log = \"1MiB\"\n[[cases]]\nname = \"it\"\nsteps = [{{ send = \"{line}\\n\" }}, {{ expect = \"{capitals}\\n\" }}]\n"
    );
    let exercise = exercise("long-line", &toml);
    for (end, keeps, logs) in CAPITALS {
        if !languages().any(|(known, _)| known == end) {
            continue;
        }
        for (name, text) in [("keeps", keeps), ("logs", logs)] {
            let plugin = plugin_file(&format!("{name}-long-line.{end}"), text);
            let (verdict, share) = judged(&exercise, &plugin);
            assert_eq!(verdict, "passed", "{name}.{end}");
            assert!(share < 0.5, "{name}.{end} used {share}");
        }
    }
}

#[test]
fn a_script_has_the_memory_of_the_exercise_beside_its_interpreter() {
    let toml = format!(
        "{HEAD}limits.memory = \"8MiB\"\n[[cases]]\nname = \"it\"\nsteps = [{{ send = \"!\" }}, {{ expect = \"3\" }}]\n"
    );
    let exercise = exercise("little-memory", &toml);
    let texts = |mib: usize| {
        [
            (
                "lua",
                format!("function receive() kept = ('x'):rep({mib} << 20) return '3' end"),
            ),
            (
                "js",
                format!(
                    "function receive() {{ globalThis.kept = new Uint8Array({mib} << 20); return '3'; }}"
                ),
            ),
            (
                "py",
                format!(
                    "def receive(chunk):\n    global kept\n    kept = bytearray({mib} << 20)\n    return b'3'\n"
                ),
            ),
        ]
    };
    for (mib, expected) in [(3, "passed"), (16, "out-of-memory")] {
        for (end, text) in texts(mib) {
            if languages().any(|(known, _)| known == end) {
                let plugin = plugin_file(&format!("keeps-{mib}.{end}"), text);
                assert_eq!(judged(&exercise, &plugin).0, expected, "{mib} MiB: {end}");
            }
        }
    }
}
