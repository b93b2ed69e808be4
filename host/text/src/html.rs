//! The frame that all pages of eco share: one file each that needs nothing else, not even a script.
//!
//! A page is written with `maud`, which escapes every value in it.

use crate::escape::harmless;
use maud::{Markup, PreEscaped, html};

/// A page of HTML with this title, style sheet and content. It forbids scripts, and all else that would have to
/// be fetched. `style` stands in it as it is, so it must be eco's own.
pub fn page(title: &str, style: &str, main: Markup) -> String {
    let page = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" { "\n"
            head { "\n"
                meta charset="utf-8"; "\n"
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"; "\n"
                meta name="viewport" content="width=device-width, initial-scale=1"; "\n"
                meta name="generator" content="eco"; "\n"
                meta name="color-scheme" content="light dark"; "\n"
                title { (escaped(title)) } "\n"
                style { "\n" (PreEscaped(style)) } "\n"
            } "\n"
            body { "\n"
                main { "\n" (main) } "\n"
            } "\n"
        } "\n"
    };
    page.into_string()
}

/// Text of unknown origin as HTML that shows it, in an element or in an attribute, made [`harmless`] first.
pub fn escaped(text: &str) -> Markup {
    let escaped = html! { (harmless(text)) }.into_string();
    // `maud` leaves these as they are, since it quotes attributes with the other ones. Escaped, the text is
    // safe between these as well.
    PreEscaped(escaped.replace('\'', "&#39;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped_even_if_nobody_asks_for_it() {
        let hostile = "\"><script>&";
        let page = page(hostile, "", html! { p title=(hostile) { (hostile) } });
        let shown = "&quot;&gt;&lt;script&gt;&amp;";
        let element = format!("<p title=\"{shown}\">{shown}</p>");
        assert!(page.contains(&element), "{page}");
        assert!(page.contains(&format!("<title>{shown}</title>")), "{page}");
    }
}
