//! What a client does with a connection before its dialogue begins.

use super::stream::Stream;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

/// One layer over a connection: a header that is sent first, or a handshake that makes another stream of it.
pub trait Layer: Send + Sync {
    /// The stream with this layer over it.
    ///
    /// # Errors
    /// The other end doesn't do its part.
    fn add(&self, stream: Stream) -> Pin<Box<dyn Future<Output = io::Result<Stream>> + Send + '_>>;
}

/// The layers of all connections of a client, from the lowest one up. By default there is none.
#[derive(Clone, Default)]
pub struct Layers(Vec<Arc<dyn Layer>>);

impl Layers {
    /// The same with one more on top.
    #[must_use]
    pub fn with(mut self, layer: impl Layer + 'static) -> Self {
        self.0.push(Arc::new(layer));
        self
    }

    /// The stream with all of them.
    ///
    /// # Errors
    /// That of the first that fails.
    pub async fn add(&self, mut stream: Stream) -> io::Result<Stream> {
        for layer in &self.0 {
            stream = layer.add(stream).await?;
        }
        Ok(stream)
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layers").field(&self.0.len()).finish()
    }
}
