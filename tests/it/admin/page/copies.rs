//! Copies of a dialogue: as steps, which `eco check` takes, and as a line of `eco call`.

use super::{call, chunk, connection, ended, event, made, numbered, snapshot};
use crate::harness::{Eco, binary};
use crate::support::empty_folder;
use serde_json::json;
use std::process::Command;

#[test]
fn a_copied_dialogue_is_the_same_for_check_and_for_call() {
    let every: Vec<u8> = (0..=255).collect();
    let chunks: [&[u8]; 10] = [
        &every,
        b"-",
        b"--raw",
        b"@file",
        b"it's \"quoted\" \\n $HOME `id` !! \\\n\r\t",
        "\u{feff}\u{202e}ñ🦀\u{a0}\u{1f468}\u{200d}\u{1f469}".as_bytes(),
        b"\xc3",
        b"\xb1",
        b"\x00123",
        b"'",
    ];
    let mut events = vec![event(0.0, "opened")];
    for (number, bytes) in (1..).zip(chunks) {
        let at = f64::from(number);
        events.push(chunk(at, "received", bytes));
        events.push(call(at + 0.1, "receive", json!(null)));
        events.push(chunk(at + 0.2, "sent", bytes));
    }
    events.push(event(20.0, "fin-received"));
    events.push(event(20.1, "fin-sent"));
    events.push(ended(20.2, "ended"));
    let list = snapshot(vec![connection(5, "127.0.0.1:1")], vec![]);
    let Some((_server, mut page, url)) = made("page-copies", list, numbered(events)) else {
        return;
    };
    page.follow_first(&url);
    page.boxes(24);
    let copy = |page: &mut crate::support::devtools::Page, what: &str| {
        page.value(&format!("document.getElementById('copy-{what}').click()"));
        assert_eq!(
            page.text("document.getElementById('copy-warnings').textContent"),
            ""
        );
        let text = page.text("document.getElementById('copy-text').value");
        // It is selected, for who can't use the clipboard.
        assert_eq!(page.text("document.activeElement.id"), "copy-text");
        page.key("Escape");
        text
    };
    let steps = copy(&mut page, "steps");
    let line = copy(&mut page, "call");
    page.is_at_peace(&url);

    let folder = empty_folder("page-copies-exercise");
    let exercise = format!("format = 1\nslug = \"copy\"\ntitle = \"Copy\"\npoints = 1\n{steps}");
    std::fs::write(folder.join("exercise.toml"), exercise).expect("a file can be written");
    let folder = folder.display().to_string();
    let checked = Eco::new(&["check", &folder, "echo"]).run(b"");
    assert_eq!(
        checked.code,
        0,
        "{}\n{}\n{steps}",
        checked.text(),
        checked.stderr
    );
    let line = line.trim_end().replace("PLUGIN", "echo --raw");
    let shell = Command::new("sh")
        .args(["-c", &format!("eco() {{ \"$0\" \"$@\"; }}; {line}")])
        .arg(binary())
        .output();
    let shell = shell.expect("there is a shell");
    assert_eq!(
        shell.stdout,
        chunks.concat(),
        "{line}\n{}",
        String::from_utf8_lossy(&shell.stderr)
    );
}
