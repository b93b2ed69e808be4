//! Where the page and the figures are, as a person reads it, and a browser.

use eco_admin::Token;
use eco_net::LocalAddress;

/// An address as it is printed: one of TCP as the URL of the page, without its token.
pub(crate) fn shown(address: &LocalAddress) -> String {
    match address.tcp() {
        Some(address) => format!("http://{address}/"),
        None => address.to_string(),
    }
}

/// An address with the token, for whoever may see all. It is in the fragment, which a browser sends to nobody.
pub(crate) fn with_token(address: &LocalAddress, token: &Token) -> String {
    let token = token.reveal();
    match address.tcp() {
        Some(_) => format!("{}#token={token}", shown(address)),
        None => format!("{} (token {token})", shown(address)),
    }
}
