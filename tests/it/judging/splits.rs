//! Splits: the same bytes arrive in many ways, and a failure shows the smallest that breaks a plugin.

use crate::harness::Eco;
use crate::support::empty_folder;
use crate::support::plugin_file;

/// An exercise with one case of these steps.
pub(crate) fn one_case(name: &str, steps: &str) -> String {
    let folder = empty_folder(name);
    let text = format!(
        "format = 1\nslug = \"one\"\ntitle = \"One\"\npoints = 1\n\n[[cases]]\nname = \"it\"\nsteps = [{steps}]\n"
    );
    std::fs::write(folder.join("exercise.toml"), text).expect("it can be written");
    folder.display().to_string()
}

/// The output of `eco check` on a plugin that fails.
#[track_caller]
pub(crate) fn failed(exercise: &str, plugin: &str) -> String {
    let checked = Eco::new(&["check", exercise, plugin]).run(b"");
    assert_eq!(checked.code, 1, "{}{}", checked.text(), checked.stderr);
    checked.text()
}

#[test]
fn the_smallest_split_that_breaks_it_is_shown() {
    // Wrong when a chunk begins with the seventh letter, and only then.
    let text = "function receive(chunk) { return chunk[0] === 103 ? '?' : chunk; }";
    let plugin = plugin_file("stumbles-over-g.js", text);
    let letters = "abcdefghijklmnopqrstuvwxyz".repeat(8);
    let steps = format!("{{ send = \"{letters}\" }}, {{ expect = \"{letters}\" }}");
    let shown = failed(&one_case("stumbles", &steps), &plugin);
    assert!(shown.contains("as few cuts as it takes"), "{shown}");
    let sent = shown.lines().filter(|line| line.contains("--> \"")).count();
    assert_eq!(sent, 2, "one cut is enough\n{shown}");
    assert!(shown.contains("--> \"ghij"), "{shown}");
}

#[test]
fn a_plugin_that_two_cuts_break_is_shown_with_two() {
    // Wrong when it gets a single "x": that takes a cut before it and one after.
    let text =
        "function receive(chunk) { return chunk.length === 1 && chunk[0] === 120 ? '?' : chunk; }";
    let plugin = plugin_file("stumbles-over-x.js", text);
    let steps = "{ send = \"abcdefghxijklmnop\" }, { expect = \"abcdefghxijklmnop\" }";
    let shown = failed(&one_case("stumbles-twice", steps), &plugin);
    let sent: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("--> \""))
        .collect();
    assert_eq!(sent.len(), 3, "{shown}");
    assert!(sent[1].ends_with("--> \"x\""), "{shown}");
}

#[test]
fn a_failure_as_written_is_shown_as_written() {
    let plugin = plugin_file("says-nothing.js", "function receive(chunk) {}");
    let steps = "{ send = \"ab\" }, { send = \"cd\" }, { expect = \"abcd\" }";
    let shown = failed(&one_case("nothing", steps), &plugin);
    assert!(shown.contains("The bytes came as written."), "{shown}");
    assert!(shown.contains("missing-bytes"), "{shown}");
}

#[test]
fn a_failure_in_one_chunk_alone_is_found() {
    // Only the first line of a chunk is answered.
    let text = "function receive(chunk) { return chunk.subarray(0, chunk.indexOf(10) + 1); }";
    let plugin = plugin_file("one-line-a-chunk.js", text);
    let steps =
        "{ send = \"a\\n\" }, { expect = \"a\\n\" }, { send = \"b\\n\" }, { expect = \"b\\n\" }";
    let shown = failed(&one_case("one-line", steps), &plugin);
    assert!(
        shown.contains("The bytes came all in one chunk."),
        "{shown}"
    );
    assert!(shown.contains("--> \"a\\nb\\n\""), "{shown}");
}

#[test]
fn a_pause_keeps_apart_what_no_split_may_join() {
    let text = "function receive(chunk) { return chunk.subarray(0, chunk.indexOf(10) + 1); }";
    let plugin = plugin_file("one-line-a-chunk-too.js", text);
    let steps =
        "{ send = \"\\n\" }, { pause = \"1s\" }, { send = \"\\n\" }, { expect = \"\\n\\n\" }";
    let checked = Eco::new(&["check", &one_case("pause", steps), &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}

#[test]
fn a_pause_is_time_for_the_plugin_and_none_for_the_student() {
    let text = "let then; function receive() { const now = Date.now(); const passed = now - (then ?? now); then = now; return String(passed); }";
    let plugin = plugin_file("tells-what-passed.js", text);
    let steps = "{ send = \"a\" }, { expect = \"0\" }, { pause = \"1h\" }, { send = \"b\" }, { expect = \"3600000\" }";
    let exercise = one_case("an-hour-passes", steps);
    let checked = Eco::new(&["check", &exercise, &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}

#[test]
fn only_so_many_pieces_are_small() {
    // Counts its calls, and gives up after 1,100.
    let text = "let calls = 0; function receive(chunk) { if (++calls > 1100) throw new Error('enough'); return chunk; }";
    let plugin = plugin_file("gives-up.js", text);
    let steps = "{ send = \"a\", repeat = 20000 }, { expect = \"a\", repeat = 20000 }";
    let checked = Eco::new(&["check", &one_case("many", steps), &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}

#[test]
fn replies_are_due_before_the_next_send_and_no_others() {
    let late = plugin_file(
        "late.js",
        "let last = ''; function receive(chunk) { const reply = last; last = chunk; return reply; } function endOfInput() { return last; }",
    );
    let steps = "{ send = \"a\" }, { expect = \"a\" }, { send = \"b\" }, { expect = \"b\" }, { half-close = true }";
    let shown = failed(&one_case("late", steps), &late);
    assert!(shown.contains("missing-bytes"), "{shown}");
    let eager = plugin_file(
        "eager.js",
        "let sent = false; function receive(chunk) { if (sent) return; sent = true; return 'ab'; }",
    );
    let shown = failed(&one_case("eager", steps), &eager);
    assert!(shown.contains("extra-bytes"), "{shown}");
    // Without an expect in between, nothing is due.
    let steps = "{ send = \"a\" }, { send = \"b\" }, { half-close = true }, { expect = \"ab\" }, { expect-close = true }";
    let checked = Eco::new(&["check", &one_case("whenever", steps), &late]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}

/// The verdict of `eco check` on a plugin in Lua.
#[track_caller]
fn verdict(name: &str, steps: &str, lua: &str) -> String {
    let (exercise, plugin) = (
        one_case(name, steps),
        plugin_file(&format!("{name}.lua"), lua),
    );
    let text = Eco::new(&["check", &exercise, &plugin]).run(b"").text();
    let line = text.lines().nth(2).unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["ok", ..] => "passed".to_owned(),
        [.., verdict] => (*verdict).to_owned(),
        [] => text,
    }
}

#[test]
fn a_plugin_that_ends_too_early_fails_though_an_end_is_expected_later() {
    let early = "function receive(chunk) return chunk, 'close' end";
    let later = "{ send = \"hello\" }, { expect = \"hello\" }, { send = \"quit\" }, { expect-close = true }";
    assert_eq!(verdict("early", later, early), "closed-early");
    let at_the_end = "{ send = \"hello\" }, { expect = \"hello\" }, { half-close = true }";
    assert_eq!(verdict("early-half", at_the_end, early), "closed-early");
    let at_once = "{ send = \"hello\" }, { expect = \"hello\" }, { expect-close = true }";
    let whole = "local n = 0 function receive(chunk) n = n + #chunk if n == 5 then return chunk, 'close' end return chunk end";
    assert_eq!(verdict("in-time", at_once, whole), "passed");
}

#[test]
fn a_reset_is_no_orderly_end() {
    let steps = "{ send = \"a\" }, { expect-close = true }";
    assert_eq!(
        verdict("resets", steps, "function receive() return '', 'reset' end"),
        "closed-early"
    );
    assert_eq!(
        verdict("closes", steps, "function receive() return '', 'close' end"),
        "passed"
    );
}

#[test]
fn a_plugin_that_finishes_is_given_what_still_comes_and_must_be_silent() {
    let steps = "{ send = \"a\" }, { expect = \"bye\" }, { expect-close = true }";
    let finishes = "function receive() return 'bye', 'finish' end";
    assert_eq!(verdict("finishes", steps, finishes), "passed");
    let steps = "{ send = \"a\" }, { half-close = true }, { expect = \"bye\" }";
    let goes_on =
        "function receive() return 'bye', 'finish' end function end_of_input() return 'ps' end";
    assert_eq!(verdict("goes-on", steps, goes_on), "crashed");
    let steps = "{ send = \"a\" }, { send = \"b\" }, { expect = \"bye\" }, { expect-close = true }";
    assert_eq!(verdict("says-it-twice", steps, finishes), "crashed");
}

#[test]
fn a_plugin_that_refuses_is_called_no_more() {
    let steps = "{ open = true }, { expect-close = true }";
    let refuses = "function open() error('no') end function receive() end function closed() while true do end end";
    assert_eq!(verdict("refuses", steps, refuses), "passed");
}

#[test]
fn a_long_reply_may_come_before_it_is_asked_for() {
    let text = "function receive(chunk) return string.rep('x', 1 << 20) end";
    let plugin = plugin_file("three-megabytes.lua", text);
    let steps = "{ send = \"a\" }, { pause = \"1s\" }, { send = \"b\" }, { pause = \"1s\" }, { send = \"c\" }, { expect = \"x\", repeat = 3145728 }";
    let checked = Eco::new(&["check", &one_case("three", steps), &plugin]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
}
