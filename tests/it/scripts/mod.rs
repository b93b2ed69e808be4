//! Scripts: their rights, and the end of those that misbehave.

mod errors;
mod failures;
mod first_start;
mod language;
mod library;
mod loading;
mod missing_features;
mod python;
mod snapshots;
mod timers;

use crate::support::samples::samples;

/// A server script that does what its chunk says: the same in each language.
const MISBEHAVING: [(&str, &str); 3] = [
    (
        "js",
        r#"function deeper(n) { return deeper(n + 1) + 1; }
function receive(chunk) {
  const word = new TextDecoder().decode(chunk);
  if (word === "loop") for (;;) {}
  if (word === "recurse") return deeper(0);
  if (word === "memory") for (const kept = []; ; ) kept.push(new Uint8Array(1 << 20).fill(1));
  if (word === "throw") throw new TypeError("on purpose");
  if (word === "type") return 42;
  if (word === "next") return { data: "x", next: "later" };
  if (word === "flood") for (;;) console.log("x".repeat(200));
  if (word === "reply") return new Uint8Array(2 << 20);
  return chunk;
}"#,
    ),
    (
        "lua",
        r#"local function deeper(n) return deeper(n + 1) + 1 end
function receive(word)
  if word == "loop" then while true do end end
  if word == "recurse" then local function deep(n) return deep(n + 1) + 1 end return deep(0) end
  if word == "memory" then local kept = {} while true do kept[#kept + 1] = ("x"):rep(1 << 20) .. #kept end end
  if word == "throw" then error("on purpose") end
  if word == "type" then return 42 end
  if word == "next" then return "x", "later" end
  if word == "flood" then while true do print(("x"):rep(200)) end end
  if word == "reply" then return ("x"):rep(2 << 20) end
  return word
end"#,
    ),
    (
        "py",
        r#"def deeper(n): return deeper(n + 1) + 1
def receive(word):
    if word == b"loop":
        while True: pass
    if word == b"recurse": return deeper(0)
    if word == b"memory":
        kept = []
        while True: kept.append(b"x" * (1 << 20))
    if word == b"throw": raise ValueError("on purpose")
    if word == b"type": return 42
    if word == b"next": return b"x", "later"
    if word == b"flood":
        while True: print("x" * 200)
    if word == b"reply": return bytes(2 << 20)
    return word
"#,
    ),
];

/// The ends of the names of the scripts that this machine runs.
pub(crate) fn languages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let python = samples().iter().any(|sample| sample.language == "python");
    MISBEHAVING
        .into_iter()
        .filter(move |(end, _)| python || *end != "py")
}
