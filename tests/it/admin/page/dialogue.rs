//! A dialogue: its boxes, and what strangers could try with them.

use super::{call, chunk, connection, ended, event, made, numbered, snapshot};
use serde_json::json;

#[test]
fn each_chunk_is_a_box_of_its_own_and_no_peer_can_make_markup() {
    let hostile = "<img src=x onerror=alert(1)> \u{202e}gnirts \u{5d0} \\n\n";
    let mut log = event(1021.0, "said");
    (log["level"], log["line"]) = (json!("info"), json!("\"<b>got</b> \u{202e}\""));
    let mut gap = event(3000.0, "gap");
    (gap["events"], gap["received"], gap["sent"]) = (json!(12), json!(1200), json!(7));
    let mut cut = chunk(3500.0, "received", b"abc");
    cut["bytes"] = json!(4096);
    let topic = "<u>room</u>";
    let mut failed = call(
        2001.0,
        "event",
        json!({ "kind": "message", "topic": topic }),
    );
    failed["error"] = json!("TypeError: <i>x</i>");
    let events = vec![
        event(0.0, "opened"),
        call(0.5, "open", json!(null)),
        chunk(812.0, "received", b"hel"),
        call(813.0, "receive", json!(null)),
        chunk(814.0, "sent", b"HEL"),
        chunk(1020.0, "received", b"lo\xff\xc3"),
        log,
        call(1022.0, "receive", json!(null)),
        chunk(1023.0, "sent", hostile.as_bytes()),
        call(2000.0, "event", json!({ "kind": "timer", "topic": null })),
        failed,
        gap,
        cut,
        call(3501.0, "receive", json!(null)),
        event(4000.0, "fin-received"),
        event(4001.0, "fin-sent"),
        event(4002.0, "a-kind-of-later"),
        ended(4003.0, "peer-reset"),
    ];
    let peer = "unix:<s>\u{202e}</s>";
    let list = snapshot(vec![connection(5, peer)], vec![]);
    let Some((_server, mut page, url)) = made("page-dialogue", list, numbered(events)) else {
        return;
    };
    page.follow_first(&url);
    page.boxes(15);
    let texts: Vec<String> = (0..15).map(|number| page.box_text(number)).collect();
    let texts: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
    assert_eq!(
        texts,
        [
            "The connection is open at 0 ms",
            "open() the plugin took 0.25 ms at 0.5 ms",
            "→ Received 3 bytes chunk 1 at 812 ms the plugin took 0.25 ms hel",
            "← Sent 3 bytes chunk 1 at 814 ms HEL",
            "→ Received 4 bytes chunk 2 at 1.020 s the plugin took 0.25 ms lo\\xff\\xc3",
            "log, info \"<b>got</b> \\u{202e}\" at 1.021 s",
            "← Sent 45 bytes chunk 2 at 1.023 s <img src=x onerror=alert(1)> \\u{202e}gnirts \u{5d0} \\\\n\\n",
            "timer the plugin took 0.25 ms at 2.000 s",
            "message in <u>room</u> the plugin took 0.25 ms failed: TypeError: <i>x</i> at 2.001 s",
            "12 events were left out: 1.2 KiB received, 7 B sent at 3.000 s",
            "→ Received 4,096 bytes at 3.500 s the plugin took 0.25 ms abceco kept 3 of 4,096 bytes",
            "The peer has finished sending (FIN) at 4.000 s",
            "eco has finished sending (FIN) at 4.001 s",
            "event a-kind-of-later at 4.002 s",
            "Ended: the peer tore it down at 4.003 s",
        ]
    );
    assert!(
        page.text("document.querySelector('.peer').textContent")
            .contains("<s>\\u{202e}</s>")
    );
    assert_eq!(
        page.value("document.querySelectorAll('img, b, u, i, s').length"),
        0
    );

    // A word is found where it goes from one chunk into the next.
    page.value("document.getElementById('needle').focus()");
    page.write(r"hello\xff");
    page.until("document.getElementById('found').textContent === '1 place'");
    assert_eq!(
        page.text("[...document.querySelectorAll('mark')].map((it) => it.textContent).join()"),
        "hel,lo\\xff"
    );
    page.key("Enter");
    page.until("document.getElementById('found').textContent === '1 of 1'");

    // Kinds are left out; gaps and the end never are.
    for kind in ["received", "sent", "events", "log"] {
        page.value(&format!(
            "document.querySelector('#kinds [value={kind}]').click()"
        ));
    }
    let shown = "[...document.querySelectorAll('#boxes .box')].filter((it) => it.checkVisibility()).map((it) => it.classList[2]).join()";
    assert_eq!(page.text(shown), "gap,ended");
    page.value("document.querySelector('[name=form][value=hex]').click()");
    assert_eq!(
        page.text("document.querySelectorAll('pre')[2].textContent"),
        format!("0000  6c 6f ff c3{}  lo··", " ".repeat(36))
    );
    page.is_at_peace(&url);
}

#[test]
fn a_chunk_of_a_megabyte_and_thousands_of_events_don_t_stop_the_page() {
    let mut events = vec![
        event(0.0, "opened"),
        chunk(1.0, "received", &[b'<'; 1 << 20]),
        chunk(1.5, "received", &b"\n\x01.".repeat(1000)),
    ];
    for number in 0..2600 {
        let at = f64::from(number) + 2.0;
        events.push(chunk(at, "received", format!("line {number}\n").as_bytes()));
        events.push(chunk(at, "sent", format!("LINE {number}\n").as_bytes()));
    }
    let list = snapshot(vec![connection(5, "127.0.0.1:1")], vec![]);
    let Some((_server, mut page, url)) = made("page-large", list, numbered(events)) else {
        return;
    };
    page.go(&format!("{url}#token=made"));
    page.until("document.querySelector('#open [role=option]')");
    page.value("document.querySelector('#open [role=option]').click()");
    // The beginning of the chunk, and more for who asks.
    page.until("document.querySelectorAll('#boxes .box').length > 2");
    let shown = "document.querySelector('#boxes pre').textContent.length";
    assert_eq!(page.value(shown), 512);
    page.value("document.querySelector('#boxes .more').click()");
    assert_eq!(page.value(shown), 512 + 65536);
    // Of binary bytes few escapes stand out, and few newlines are lines: a browser has no room for thousands of each.
    let binary = "document.querySelectorAll('#boxes pre')[1]";
    assert_eq!(
        page.value(&format!("{binary}.querySelectorAll('span').length")),
        16
    );
    let lines = format!("{binary}.textContent.split('\\n').length");
    assert_eq!(page.value(&lines), 33);
    // The newest stay, and the page says so.
    page.until("document.getElementById('dropped').textContent.startsWith('203 older events')");
    page.boxes(5000);
    assert!(page.box_text(4999).contains("LINE 2599"));

    // A copy of this says that it is not whole.
    page.value("document.getElementById('copy-steps').click()");
    let warnings = page.text("document.getElementById('copy-warnings').textContent");
    assert!(
        warnings.contains("left out the oldest events"),
        "{warnings}"
    );
    page.is_at_peace(&url);
}
