use super::serve;
use crate::support::browser::{Browser, PATIENCE};
use crate::support::{empty_folder, project_file};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Sender, channel};

/// A page with two others in it, which talk to each other. It tells at the end what was seen.
const PAGE: &str = r##"<!doctype html><iframe src="/chat.html#SERVER"></iframe><iframe src="/chat.html#SERVER"></iframe>
<script>
const seen = (page, text) => new Promise((resolve) => {
  const room = page.querySelector("pre");
  const look = () => room.textContent.includes(text) && resolve();
  new MutationObserver(look).observe(room, { childList: true });
  look();
});
const say = (page, text) => {
  page.querySelector("input").value = text;
  page.querySelector("form").requestSubmit();
};
const tell = (text) => fetch("/told", { method: "POST", body: text });
const talk = async () => {
  const frames = [...document.querySelectorAll("iframe")];
  const [anna, ben] = frames.map((frame) => frame.contentDocument);
  await seen(anna, "Your name? ");
  say(anna, "anna");
  await seen(anna, "You are the first.");
  await seen(ben, "Your name? ");
  say(ben, "ben");
  await seen(ben, "Here: anna");
  await seen(anna, "ben comes");
  say(anna, "¿qué tal? 🦀");
  await seen(ben, "anna: ¿qué tal? 🦀");
  say(ben, "x".repeat(1000));
  await seen(anna, "ben: xxx");
  frames[1].remove();
  await seen(anna, "ben goes");
  return anna.querySelector("pre").textContent;
};
onload = () => talk().then(tell, (error) => tell(`failed: ${error}`));
</script>"##;

/// Serves the pages, as any web server would, until it is dropped, and hands on what they tell.
fn pages(listener: TcpListener, server: SocketAddr, told: Sender<String>) {
    let chat = std::fs::read_to_string(project_file("plugins/javascript/chat/chat.html"));
    let chat = chat.expect("it is there");
    let page = PAGE.replace("SERVER", &format!("ws://{server}"));
    for stream in listener.incoming().flatten() {
        let mut reader = BufReader::new(&stream);
        let (mut request, mut length) = (String::new(), 0);
        while !request.ends_with("\r\n\r\n") {
            let begin = request.len();
            match reader.read_line(&mut request) {
                Ok(1..) => {}
                _ => break,
            }
            let line = request[begin..].to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("it is whole");
        let answer = match request.split(' ').nth(1) {
            Some("/") => page.as_str(),
            Some("/chat.html") => chat.as_str(),
            Some("/told") => {
                let _ = told.send(String::from_utf8_lossy(&body).into_owned());
                ""
            }
            _ => "",
        };
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
        let _ = write!(
            &stream,
            "{head}\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
    }
}

#[test]
fn two_pages_chat_with_each_other() {
    let chat = project_file("plugins/javascript/chat/chat.js");
    let (server, address) = serve(",text", &["-p", &chat]);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/", listener.local_addr().expect("it listens"));
    let (tell, told) = channel();
    std::thread::spawn(move || pages(listener, address, tell));
    let folder = empty_folder("websocket-browser");
    let Some(browser) = Browser::open(&folder, &url, &[], "the page of the chat") else {
        return;
    };
    let seen = told.recv_timeout(PATIENCE).unwrap_or_default();
    let shown = format!(
        "Your name? anna\nYou are the first.\nben comes\n¿qué tal? 🦀\nben: {}\nben goes\n",
        "x".repeat(1000)
    );
    assert_eq!(seen, shown, "{}\n{}", browser.log(), server.log());
    // A page that is left closes in order. It is the one that has said so much, whichever came first.
    server.logged(&["closed", "reason=\"ended\"", "received=1005"]);
}
