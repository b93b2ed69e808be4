//! The page of `eco load --html`, opened in a browser.

use crate::harness::Eco;
use crate::support::browser::Browser;
use crate::support::empty_folder;
use crate::support::serve;
use std::path::Path;

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

/// Opens a page of the folder.
fn open(folder: &Path, page: &str) -> Option<Opened> {
    let url = format!("file://{}", folder.join(page).display());
    let browser = Browser::open(folder, &url, &["--dump-dom"], "the page of eco load")?;
    let (elements, log) = browser.wait();
    let complaints = log.lines().filter(|line| line.contains("CONSOLE"));
    Some(Opened {
        elements,
        complaints: complaints.map(str::to_owned).collect(),
    })
}
