//! A page in a browser that does what a test says, over the DevTools protocol.
//!
//! <https://chromedevtools.github.io/devtools-protocol/>. Messages are JSON, each with a zero at its end.

use super::browser::{Browser, PATIENCE};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, channel};

/// What a test answers in the server's place, by the address: a status and a text. Nothing lets the server answer.
pub(crate) type Answers = Box<dyn FnMut(&str) -> Option<(u16, String)>>;

/// A page.
pub(crate) struct Page {
    browser: Browser,
    commands: ChildStdin,
    messages: Receiver<Value>,
    last: u64,
    session: Option<String>,
    answers: Answers,
    /// The addresses of all that it has asked for.
    pub(crate) requests: Vec<String>,
    /// What the browser has to say against it: errors, and what the policy forbids.
    pub(crate) complaints: Vec<String>,
}

impl Page {
    /// An empty page, in a browser with a profile of its own in the folder; nothing without a browser, which is said.
    pub(crate) fn open(folder: &Path, what: &str) -> Option<Self> {
        let (browser, commands, output) = Browser::open_to_commands(folder, what)?;
        let (send, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0) {
                let message = message.map(|bytes| serde_json::from_slice(&bytes));
                let Ok(Ok(message)) = message else { return };
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let mut page = Self {
            browser,
            commands,
            messages,
            last: 0,
            session: None,
            answers: Box::new(|_| None),
            requests: Vec::new(),
            complaints: Vec::new(),
        };
        let target = page.command("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.command("Target.attachToTarget", target);
        page.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.command(&format!("{domain}.enable"), json!({}));
        }
        Some(page)
    }

    /// Answers requests for these patterns of addresses in the server's place.
    pub(crate) fn answer(&mut self, patterns: &[&str], answers: Answers) {
        self.answers = answers;
        let patterns: Vec<Value> = patterns
            .iter()
            .map(|it| json!({ "urlPattern": it }))
            .collect();
        self.command("Fetch.enable", json!({ "patterns": patterns }));
    }

    /// Goes to this address, as one that was not there before.
    pub(crate) fn go(&mut self, url: &str) {
        self.command("Page.navigate", json!({ "url": "about:blank" }));
        self.command("Page.navigate", json!({ "url": url }));
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// Asks for pages in these languages, the best first.
    pub(crate) fn languages(&mut self, languages: &str) {
        let agent = self.value("navigator.userAgent");
        let agent = json!({ "userAgent": agent, "acceptLanguage": languages });
        self.command("Network.setUserAgentOverride", agent);
    }

    /// The reader prefers dark.
    pub(crate) fn dark(&mut self) {
        let feature = json!({ "name": "prefers-color-scheme", "value": "dark" });
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        );
    }

    /// The window is so large.
    pub(crate) fn window(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", size);
    }

    /// The value of an expression of JavaScript in the page; what it promises, if it does.
    #[track_caller]
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        self.evaluate(expression)
            .unwrap_or_else(|error| panic!("{expression}: {error}\n{:?}", self.complaints))
    }

    /// The same, as text.
    #[track_caller]
    pub(crate) fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        let text = value.as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("{expression} is {value}"))
    }

    fn evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.try_command("Runtime.evaluate", parameters)?;
        match result.get_mut("exceptionDetails") {
            Some(details) => Err(details.take()),
            None => Ok(result["result"]["value"].take()),
        }
    }

    /// Waits until the expression is true.
    #[track_caller]
    pub(crate) fn until(&mut self, expression: &str) {
        let deadline = std::time::Instant::now() + PATIENCE;
        // In the page itself, frame by frame: it sees each change. A page that goes while another comes has no answer.
        let look = format!(
            "new Promise((done) => {{ const look = () => ({expression}) ? done(true) : setTimeout(look, 10); \
             setTimeout(() => done(false), 5000); look(); }})"
        );
        while self.evaluate(&look) != Ok(Value::Bool(true)) {
            let now = std::time::Instant::now();
            let shown = if now < deadline {
                continue;
            } else {
                self.evaluate("document.body.innerText")
            };
            panic!("never {expression}: {shown:?}\n{:?}", self.complaints);
        }
    }

    /// Presses a key, and lets it go.
    pub(crate) fn key(&mut self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            "Escape" => 27,
            " " => 32,
            "End" => 35,
            "Home" => 36,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            _ => 0,
        };
        let text = if key == "Enter" { "\r" } else { "" };
        let press = json!({ "type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
        self.command("Input.dispatchKeyEvent", press);
        let release =
            json!({ "type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code });
        self.command("Input.dispatchKeyEvent", release);
    }

    /// Types a text where the focus is.
    pub(crate) fn write(&mut self, text: &str) {
        self.command("Input.insertText", json!({ "text": text }));
    }

    /// The roles and the names of all that a screen reader finds.
    pub(crate) fn accessible(&mut self) -> Vec<(String, String)> {
        let tree = self.command("Accessibility.getFullAXTree", json!({}));
        let nodes = tree["nodes"].as_array().expect("a tree has nodes");
        let nodes = nodes.iter().filter(|node| node["ignored"] != true);
        let part = |node: &Value, part: &str| {
            let text = node[part]["value"].as_str();
            text.unwrap_or_default().to_owned()
        };
        nodes
            .map(|node| (part(node, "role"), part(node, "name")))
            .collect()
    }

    #[track_caller]
    fn command(&mut self, method: &str, parameters: Value) -> Value {
        let result = self.try_command(method, parameters);
        result.unwrap_or_else(|error| panic!("{method}: {error}\n{}", self.browser.log()))
    }

    fn try_command(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        let number = self.send(method, parameters);
        loop {
            let Ok(mut message) = self.messages.recv_timeout(PATIENCE) else {
                panic!("{method}: no answer\n{}", self.browser.log());
            };
            if message["id"] == number {
                return match message.get_mut("error") {
                    Some(error) => Err(error.take()),
                    None => Ok(message["result"].take()),
                };
            }
            self.hear(&message);
        }
    }

    fn send(&mut self, method: &str, parameters: Value) -> u64 {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let message = format!("{message}\0");
        let written = self.commands.write_all(message.as_bytes());
        written.unwrap_or_else(|error| panic!("{error}\n{}", self.browser.log()));
        self.last
    }

    /// Hears what the browser tells unasked.
    fn hear(&mut self, message: &Value) {
        let parameters = &message["params"];
        let url = || parameters["request"]["url"].as_str().unwrap_or_default();
        match message["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => self.requests.push(url().to_owned()),
            "Fetch.requestPaused" => {
                let request = &parameters["requestId"];
                let (method, answer) = match (self.answers)(url()) {
                    Some((status, text)) => {
                        let body = BASE64_STANDARD.encode(text);
                        let answer =
                            json!({ "requestId": request, "responseCode": status, "body": body });
                        ("Fetch.fulfillRequest", answer)
                    }
                    None => ("Fetch.continueRequest", json!({ "requestId": request })),
                };
                self.send(method, answer);
            }
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded" => {
                self.complaints.push(parameters.to_string());
            }
            _ => {}
        }
    }
}
