//! The page of connections, in a real browser.
//!
//! The page is eco's. What it shows is made up here where a test wants what is rare, large or hostile, and is of real
//! connections in `real`.

mod copies;
mod dialogue;
mod list;
mod real;

use super::admin_of;
use crate::harness::Server;
use crate::support::devtools::Page;
use crate::support::{empty_folder, serve};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// When all made connections were opened: ms since 1970.
const OPENED: u64 = 1_764_500_000_000;

/// A page of a server that has nothing to do, whose connections and events are made up: `connections` is an answer of
/// `/connections.json`, and `events` has all events of the connection that is followed.
fn made(name: &str, connections: Value, events: Vec<Value>) -> Option<(Server, Page, String)> {
    let mut server = serve(&["--admin", "127.0.0.1:0"]);
    let url = format!("http://{}/", admin_of(&mut server));
    let mut page = Page::open(&empty_folder(name), "the page of connections")?;
    let (connections, whole) = (connections.to_string(), events);
    page.answer(
        &["*/connections.json*", "*/events.json*"],
        Box::new(move |url| {
            let Some((_, from)) = url.split_once("from=") else {
                return Some((200, connections.clone()));
            };
            let from = from.split('&').next()?.parse::<u64>().ok()?;
            let is_new = |event: &&Value| event["n"].as_u64() >= Some(from);
            let events: Vec<&Value> = whole.iter().filter(is_new).take(1000).collect();
            let next = events.last().map_or(Some(from), |last| {
                last["n"].as_u64().map(|number| number + 1)
            });
            let is_over = events.last().is_some_and(|last| last["kind"] == "ended");
            let answer = json!({ "next": next, "is_over": is_over, "events": events });
            Some((200, answer.to_string()))
        }),
    );
    Some((server, page, url))
}

/// A snapshot with these connections, of one service without a name.
fn snapshot(open: Vec<Value>, ended: Vec<Value>) -> Value {
    let service = json!({
        "name": null, "version": 1, "open": open.len(), "unlisted": 0, "connections": open,
        "ended": ended, "ended_unlisted": 0,
    });
    json!({ "now": OPENED + 5000, "services": [service] })
}

fn connection(id: u64, peer: &str) -> Value {
    json!({
        "id": id, "peer": peer, "local": "127.0.0.1:5005", "version": 1, "opened": OPENED,
        "received": 2048, "sent": 12, "chunks": 1, "kept": true,
    })
}

/// Numbers events in their order.
fn numbered(events: Vec<Value>) -> Vec<Value> {
    let numbered = events.into_iter().enumerate().map(|(number, mut event)| {
        event["n"] = json!(number);
        event
    });
    numbered.collect()
}

fn event(at: f64, kind: &str) -> Value {
    json!({ "at": at, "kind": kind })
}

fn chunk(at: f64, kind: &str, bytes: &[u8]) -> Value {
    json!({ "at": at, "kind": kind, "bytes": bytes.len(), "data": BASE64_STANDARD.encode(bytes) })
}

/// A call of the plugin, with the event that it was for.
fn call(at: f64, function: &str, event: Value) -> Value {
    json!({ "at": at, "kind": "called", "function": function, "took": 0.25, "event": event, "error": null })
}

fn ended(at: f64, reason: &str) -> Value {
    json!({ "at": at, "kind": "ended", "reason": reason, "budget": null, "limit": null, "error": null })
}

impl Page {
    /// Opens the page with a token, and follows the first connection.
    fn follow_first(&mut self, url: &str) {
        self.go(&format!("{url}#token=made"));
        self.until("document.querySelector('#open [role=option]')");
        self.value("document.querySelector('#open [role=option]').click()");
    }

    /// Waits until there are so many boxes.
    #[track_caller]
    fn boxes(&mut self, number: usize) {
        self.until(&format!(
            "document.querySelectorAll('#boxes .box').length === {number}"
        ));
    }

    /// The text of the box with this number.
    #[track_caller]
    fn box_text(&mut self, number: usize) -> String {
        self.text(&format!(
            "document.querySelectorAll('#boxes .box')[{number}].textContent"
        ))
    }

    /// Nothing was asked of anybody else, and the browser is content.
    #[track_caller]
    fn is_at_peace(&self, url: &str) {
        let others = self
            .requests
            .iter()
            .find(|it| !it.starts_with(url) && *it != "about:blank");
        assert_eq!(others, None);
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
    }
}
