//! The page that shows the connections and their chunks as they come and go.
//!
//! It is part of the binary: plain files, which the browser runs as they are, and which ask nobody but this server. They have
//! no data, so that nobody has to be known for them; what they show they ask for with the token.

use eco_admin::{Answer, Route};

#[cfg(test)]
#[allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]
mod tests;

/// What a browser may do with the page: run and show what comes from this server, ask it, and nothing else. No site can put
/// the page into one of its own, and no text can become markup. <https://www.w3.org/TR/CSP3/>
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
];

/// A file of the page.
struct File {
    path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

/// The files below `/page/`, each of this type.
macro_rules! files {
    ($content_type:literal: $($name:literal)*) => {
        &[$(File {
            path: concat!("/page/", $name),
            content_type: $content_type,
            text: include_str!($name),
        }),*]
    };
}

const PAGE: File = File {
    path: "/",
    content_type: "text/html; charset=utf-8",
    text: include_str!("page.html"),
};

const ICON: &[File] = files!("image/svg+xml": "icon.svg");

const STYLES: &[File] = files!("text/css; charset=utf-8": "boxes.css" "colours.css" "page.css");

const SCRIPTS: &[File] = files!("text/javascript; charset=utf-8":
    "announce.js" "boxes.js" "bytes.js" "call.js" "copy.js" "dialogue.js" "door.js" "elements.js" "english.js" "find.js"
    "follow.js" "list.js" "listbox.js" "main.js" "numbers.js" "reasons.js" "repeat.js" "row.js" "search.js" "server.js"
    "spanish.js" "steps.js" "token.js" "view.js" "waiting.js" "words.js"
);

/// The page, and what belongs to it.
pub(super) fn routes() -> impl Iterator<Item = Route> {
    let parts = [ICON, STYLES, SCRIPTS].into_iter().flatten();
    [route(&PAGE)]
        .into_iter()
        .chain(parts.map(|part| route(part).unlisted()))
}

fn route(file: &'static File) -> Route {
    Route::new(file.path, |_| {
        Answer::of_type(file.content_type, 200, file.text).with_headers(HEADERS)
    })
}
