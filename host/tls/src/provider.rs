//! The cryptography of TLS.

use rustls::crypto::{CryptoProvider, ring};
use std::sync::Arc;

/// That which the program has installed, else ring's. Nothing is installed here, as that is the program's to decide, once
/// for the whole process.
pub(super) fn provider() -> Arc<CryptoProvider> {
    let installed = CryptoProvider::get_default().cloned();
    installed.unwrap_or_else(|| Arc::new(ring::default_provider()))
}
