//! What the pages that eco writes have in common: one file each that needs nothing else, not even a
//! script.
//!
//! It owns the frame of a page, and the escaping. It must not know what a page is about.

use crate::escape::harmless;

/// A page with this title, which is escaped already, as is `main`. It forbids scripts, and whatever would
/// have to be fetched.
pub fn page(title: &str, style: &str, main: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="eco">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{main}</main>
</body>
</html>
"#
    )
}

/// Text as HTML that shows it, in an element or in an attribute, made [`harmless`] first.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}
