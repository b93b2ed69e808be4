//! Opening the page in the browser of whoever started eco.
//!
//! The URL has the token, and every user of the machine sees the arguments of a program. So the browser gets a file that only its
//! user can read, which leads to the page.

use super::url::with_token;
use eco_admin::Token;
use eco_net::LocalAddress;
use eco_text::html;
use std::io::{self, Write as _};
use tempfile::TempPath;

/// Opens the page at this address. Where there is no browser, the log says so, and a person opens the printed URL by hand. It
/// returns the file that leads to the page: dropped, it is gone, and the browser may not have read it yet.
pub(crate) fn open(address: &LocalAddress, token: &Token) -> Option<TempPath> {
    if address.tcp().is_none() {
        tracing::warn!("--open needs an --admin that a browser can reach, such as 127.0.0.1:9095");
        return None;
    }
    let opened = leading_to(&with_token(address, token)).and_then(|file| {
        open::that_detached(&file)?;
        Ok(file)
    });
    opened
        .inspect_err(|error| {
            tracing::warn!("the browser does not start: {error}; open the URL that is printed");
        })
        .ok()
}

/// A file that only this user can read, which leads a browser to this URL.
fn leading_to(url: &str) -> io::Result<TempPath> {
    let mut file = tempfile::Builder::new()
        .prefix("eco-")
        .suffix(".html")
        .tempfile()?;
    let url = html::escaped(url).into_string();
    write!(
        file,
        "<!doctype html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0;url={url}\">\n<a href=\"{url}\">eco</a>\n"
    )?;
    file.flush()?;
    Ok(file.into_temp_path())
}
