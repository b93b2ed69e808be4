//! The list, the languages, the keyboard, and what a screen reader finds.

use super::{OPENED, chunk, connection, event, made, numbered, snapshot};
use crate::admin::get;
use serde_json::json;

#[test]
fn with_the_keyboard_alone_one_finds_and_follows_a_connection_among_a_thousand() {
    let open = (1..=1000).map(|id| connection(id, &format!("127.0.0.1:{}", 40_000 + id)));
    let mut failed = connection(1001, "127.0.0.1:1");
    (failed["ended"], failed["reason"], failed["budget"]) =
        (json!(OPENED + 4000), json!("failed"), json!("cpu"));
    (failed["limit"], failed["error"]) = (json!(null), json!("out of time"));
    let mut list = snapshot(open.collect(), vec![failed]);
    list["services"][0]["unlisted"] = json!(12);
    list["services"][0]["open"] = json!(1012);
    let events = vec![event(0.0, "opened"), chunk(1.0, "received", b"hello")];
    let Some((_server, mut page, url)) = made("page-list", list, numbered(events)) else {
        return;
    };
    // Without a token it says where to find one, and takes the address that eco prints.
    page.go(&url);
    page.until("!document.getElementById('door').hidden");
    assert_eq!(page.text("document.activeElement.id"), "token");
    page.write(&format!("admin on {url}#token=made"));
    page.key("Enter");
    page.until("document.querySelectorAll('#open [role=option]').length === 1000");
    assert_eq!(
        page.text("document.getElementById('open-title').textContent"),
        "Open · 1,012"
    );
    assert_eq!(
        page.text("document.getElementById('open-note').textContent"),
        "12 older ones are open and not listed."
    );

    // Rows are kept from one second to the next.
    page.value("document.querySelector('#open li').isTheSame = true");
    let asked = page.requests.len();
    while page.requests.len() < asked + 2 {
        page.until("true");
    }
    assert_eq!(
        page.value("document.querySelector('#open li').isTheSame"),
        true
    );

    // The filter, then one stop of the Tab key for each list.
    page.value("document.getElementById('filter').focus()");
    page.write("4039");
    page.until("document.querySelectorAll('#open li').length === 10");
    page.key("Tab");
    for (key, id) in [
        ("ArrowDown", "398"),
        ("End", "390"),
        ("Home", "399"),
        ("ArrowUp", "399"),
    ] {
        page.key(key);
        assert_eq!(
            page.text("document.activeElement.querySelector('.name').textContent"),
            id,
            "{key}"
        );
    }
    page.key("Enter");
    page.boxes(2);
    assert_eq!(
        page.text("document.getElementById('dialogue-title').textContent"),
        "Connection 399"
    );
    page.until(
        "document.getElementById('announcements').textContent.includes('Following connection 399')",
    );

    // All that can be worked with has a name, and the parts of the page have theirs.
    page.value("document.getElementById('filter').value = ''; document.getElementById('filter').dispatchEvent(new Event('input'))");
    let accessible = page.accessible();
    let worked_with = [
        "button",
        "searchbox",
        "textbox",
        "checkbox",
        "radio",
        "option",
        "listbox",
        "list",
    ];
    for (role, name) in &accessible {
        assert!(
            !worked_with.contains(&&**role) || !name.is_empty(),
            "a {role} has no name"
        );
    }
    let has = |role: &str, name: &str| accessible.iter().any(|it| (&*it.0, &*it.1) == (role, name));
    for (role, name) in [
        ("main", ""),
        ("heading", "Connections"),
        ("heading", "Connection 399"),
        ("listbox", "Open · 1,012"),
        ("region", "Connections"),
        ("region", "Chunks and events"),
        ("list", "Chunks and events"),
        ("searchbox", "Search in bytes and log"),
        ("button", "Pause"),
        (
            "option",
            "1001 127.0.0.1:1 just now ↓ 2 KiB received ↑ 12 B sent the plugin failed · budget cpu · out of time",
        ),
    ] {
        assert!(has(role, name), "{role} {name:?} is not in {accessible:#?}");
    }
    // The token is not left where a class can read it.
    assert!(!page.text("location.href").contains("made"));
    page.is_at_peace(&url);
}

#[test]
fn it_speaks_spanish_to_who_reads_it_fits_a_narrow_window_and_says_when_eco_is_away() {
    let list = snapshot(vec![connection(7, "127.0.0.1:1")], vec![]);
    let events = vec![event(0.0, "opened"), chunk(1.5, "received", b"hola")];
    let Some((server, mut page, url)) = made("page-spanish", list, numbered(events)) else {
        return;
    };
    page.languages("es-MX,es,en");
    page.window(360, 640);
    page.follow_first(&url);
    page.boxes(2);
    assert_eq!(page.text("document.documentElement.lang"), "es");
    assert_eq!(
        page.text("document.getElementById('dialogue-title').textContent"),
        "Conexión 7"
    );
    assert_eq!(
        page.box_text(1).trim(),
        "→ Recibido 4 bytes trozo 1 a los 1.5 ms hola"
    );
    // Nothing is wider than the window; the list has made way, and comes back.
    let is_wide = "document.documentElement.scrollWidth > innerWidth";
    assert_eq!(page.value(is_wide), false);
    page.value("document.getElementById('back').click()");
    assert_eq!(page.value(is_wide), false);
    assert_eq!(page.text("document.activeElement.role"), "option");

    // A token that is not that of this eco, and no answer at all.
    page.is_at_peace(&url);
    let answers = |status| move |_: &str| Some((status, String::new()));
    page.answer(&["*/connections.json*"], Box::new(answers(500)));
    page.until("document.getElementById('state').textContent === 'sin respuesta'");
    page.answer(&["*/connections.json*"], Box::new(answers(401)));
    page.value("document.querySelector('#trouble button').click()");
    page.until("document.getElementById('door-why').textContent.startsWith('Este token no es')");

    // The policy is on the page and all of its parts.
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let address = address.parse().expect("it is an address");
    for path in ["/", "/page/main.js", "/page/page.css"] {
        let answer = get(address, path);
        for header in [
            "content-security-policy: default-src 'none'",
            "referrer-policy: no-referrer",
            "x-frame-options: DENY",
        ] {
            assert!(answer.head.contains(header), "{path}: {}", answer.head);
        }
    }
    drop(server);
}
