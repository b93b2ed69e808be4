//! The page with real connections, by the server's own API.

use crate::support::devtools::Page;
use crate::support::{Peer, empty_folder, plugin_file, serve};

/// Echoes, and publishes what begins with `!`. At another first chunk it sets a timer, which says nothing, and hears a topic.
const PLUGIN: &str = r#"
let isFirst = true;
function receive(chunk) {
    if (chunk[0] === 33) publish("room", chunk);
    else if (isFirst) {
        subscribe("room");
        setTimeout(() => {}, 1);
    }
    isFirst = false;
    return chunk;
}
function message() {}
"#;

#[test]
fn a_real_connection_appears_is_followed_and_ends() {
    let plugin = plugin_file("page-real.js", PLUGIN);
    let mut server = serve(&["--admin", "127.0.0.1:0", "-p", &plugin]);
    let line = server.line();
    let url = line
        .strip_prefix("admin on ")
        .unwrap_or_default()
        .to_owned();
    let Some(mut page) = Page::open(&empty_folder("page-real"), "the page with real connections")
    else {
        return;
    };
    page.go(&url);
    page.until("document.getElementById('state').dataset.state === 'live'");
    let mut peer = Peer::connect(server.address);
    page.until("document.querySelector('#open [role=option]')");
    page.value("document.querySelector('#open [role=option]').click()");
    peer.send(b"hel").expect(b"hel");
    page.until("document.querySelectorAll('.chunk').length === 2");
    // What happens beside the connection is between the chunks.
    page.until("document.querySelectorAll('.box.called').length === 2");
    Peer::connect(server.address).send(b"!").expect(b"!");
    page.until("document.querySelectorAll('.box.called').length === 3");
    let called = page.text("[...document.querySelectorAll('.box.called .label')].map((it) => it.textContent).join('|')");
    assert_eq!(called, "open()|timer|message in \"room\"");
    peer.send(b"lo <b>\n").expect(b"lo <b>\n");
    page.until("document.querySelectorAll('.chunk').length === 4");
    // While it is paused, what comes waits.
    page.value("document.getElementById('pause').click()");
    peer.send(b"!").expect(b"!");
    page.until("/[1-9] new/.test(document.getElementById('pause').textContent)");
    assert_eq!(page.value("document.querySelectorAll('.chunk').length"), 4);
    page.value("document.getElementById('pause').click()");
    page.until("document.querySelectorAll('.chunk').length === 6");
    peer.finish().expect_end();
    page.until("document.querySelector('.box.ended')");
    let chunks = page.text("[...document.querySelectorAll('.chunk')].map((it) => it.querySelector('.label').textContent + it.querySelector('pre').textContent).join('|')");
    assert_eq!(
        chunks,
        "→ Receivedhel|← Senthel|→ Receivedlo <b>\\n\n|← Sentlo <b>\\n\n|→ Received!|← Sent!"
    );
    let heads = page.text(
        "[...document.querySelectorAll('.received .took')].map((it) => it.textContent).join('|')",
    );
    assert!(
        heads.starts_with("the plugin took ") && heads.contains('|'),
        "{heads}"
    );
    page.until("document.querySelector('#ended [role=option]')");
    // Copies have the times at which timers came, and say what is not in them.
    for (what, pause) in [("steps", "{ pause = "), ("call", "--pause ")] {
        page.value(&format!("document.getElementById('copy-{what}').click()"));
        let text = page.text("document.getElementById('copy-text').value");
        assert!(text.contains(pause), "{text}");
        let warnings = page.text("document.getElementById('copy-warnings').textContent");
        for warning in ["depends on other connections", "timers came in between"] {
            assert!(warnings.contains(warning), "{warnings}");
        }
        page.key("Escape");
    }
    let background = "getComputedStyle(document.body).backgroundColor";
    let light = page.text(background);
    page.dark();
    assert_eq!(
        (&*light, &*page.text(background)),
        ("rgb(246, 247, 249)", "rgb(18, 22, 28)")
    );
    page.is_at_peace(url.split('#').next().unwrap_or_default());
}
