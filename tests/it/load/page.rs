//! The page of `eco load --html`, opened in a browser.

use crate::harness::Eco;
use crate::support::empty_folder;
use crate::support::serve;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A page as a browser has it.
struct Opened {
    /// The elements, after the style and whatever scripts there are.
    elements: String,
    /// The browser's own messages about the page.
    complaints: Vec<String>,
}

#[test]
fn the_page_of_a_load_is_shown_by_a_browser() {
    let server = serve(&[]);
    let folder = empty_folder("page");
    let address = server.address.to_string();
    let load = ["load", "--to", &address, "-c", "4", "-d", "1s", "--json"];
    let load = Eco::new(&load).args(&["--html", "load.html"]);
    let loaded = load.inside(&folder).run(b"");
    assert_eq!(loaded.code, 0, "{}", loaded.stderr);
    let figures: serde_json::Value =
        serde_json::from_slice(&loaded.stdout).expect("the figures are JSON");

    let Some(opened) = open(&folder, "load.html") else {
        return;
    };
    assert!(opened.complaints.is_empty(), "{:?}", opened.complaints);
    let text = &opened.elements;
    for text_of_it in [
        format!("<h1>Load on {address}</h1>"),
        "plugin echo · 4 connections".to_owned(),
        format!("<td>{}</td>", grouped(&figures["turns"]["total"])),
    ] {
        assert!(text.contains(&text_of_it), "{text_of_it} is not in {text}");
    }
    // A curve has a point for each step, and a rate one for each tenth of a second.
    assert!(points(text, "latency-wide") > 20, "{text}");
    assert!(points(text, "time-wide") > 5, "{text}");

    // The same browser would complain of a page that did more, and not do it.
    let page = std::fs::read_to_string(folder.join("load.html")).expect("the page is there");
    let script = "<script>document.querySelector('h1').remove()</script></body>";
    let tampered = page.replace("</body>", script);
    std::fs::write(folder.join("tampered.html"), tampered).expect("a page can be written");
    let opened = open(&folder, "tampered.html").expect("the browser was there");
    assert!(opened.complaints.len() == 1, "{:?}", opened.complaints);
    assert!(opened.elements.contains("<h1>Load on"));
}

fn grouped(number: &serde_json::Value) -> String {
    let digits = number.to_string().into_bytes();
    let groups: Vec<_> = digits
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(",")
}

/// How many points the first curve of a picture has.
fn points(elements: &str, picture: &str) -> usize {
    let begin = format!("<title id=\"{picture}-title\">");
    let (_, svg) = elements.split_once(&begin).expect("the picture is there");
    let (svg, _) = svg.split_once("</svg>").expect("it ends");
    let (_, path) = svg
        .split_once("<path class=\"turn curve\" d=\"")
        .expect("it has a curve");
    let path = path.split('"').next().unwrap_or_default();
    path.matches(['L', 'H']).count()
}

/// Opens a page of the folder. Without a browser it says so; where `ECO_ALL_TOOLS` is set, there has
/// to be one.
fn open(folder: &Path, page: &str) -> Option<Opened> {
    let (elements, log) = (folder.join("elements"), folder.join("log"));
    let started = BROWSERS.into_iter().find_map(|browser| {
        let stdout = File::create(&elements).expect("a file can be made");
        let stderr = File::create(&log).expect("a file can be made");
        let mut browser = Command::new(browser);
        browser
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
            ])
            .args(["--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync"])
            .args(["--enable-logging=stderr", "--v=0", "--dump-dom"])
            .arg(format!(
                "--user-data-dir={}",
                folder.join("profile").display()
            ))
            .arg(format!("file://{}", folder.join(page).display()))
            .stdin(std::process::Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0);
        browser.spawn().ok()
    });
    let Some(browser) = started else {
        assert!(
            std::env::var_os("ECO_ALL_TOOLS").is_none(),
            "no browser: none of {BROWSERS:?} is installed"
        );
        // Not through the macro, whose output the test runner keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED the page of eco load: none of {BROWSERS:?} is installed"
        );
        return None;
    };
    let ended = wait(browser);
    let read =
        |path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let log = read(&log);
    assert!(ended, "the browser did not come to its end:\n{log}");
    let complaints = log.lines().filter(|line| line.contains("CONSOLE"));
    Some(Opened {
        elements: read(&elements),
        complaints: complaints.map(str::to_owned).collect(),
    })
}

/// Waits for a browser and ends what it has started; whether it came to its end by itself, and well.
fn wait(mut browser: Child) -> bool {
    let deadline = Instant::now() + PATIENCE;
    let mut status = None;
    while status.is_none() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
        status = browser.try_wait().expect("a child can be waited for");
    }
    let group = i32::try_from(browser.id()).ok().and_then(Pid::from_raw);
    // Of a browser that has ended in order there is nobody left to be found.
    let _ = kill_process_group(group.expect("a child has a number"), Signal::KILL);
    let _ = browser.wait();
    status.is_some_and(|status| status.success())
}
