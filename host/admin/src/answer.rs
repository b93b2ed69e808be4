//! What a request is answered with.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    content_type: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: String,
}

impl Answer {
    /// A text, with this status.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::of_type("text/plain; charset=utf-8", status, text)
    }

    /// A text of this type, with this status.
    pub fn of_type(content_type: &'static str, status: u16, text: impl Into<String>) -> Self {
        Self {
            status,
            content_type,
            headers: &[],
            body: text.into(),
        }
    }

    /// With these headers too, names and values: policies of security, most often. Names are in small letters.
    ///
    /// # Panics
    /// When it is sent, if a name has another letter than those of RFC 9110, 5.1, or a value one that can't be seen.
    #[must_use]
    pub fn with_headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    pub(crate) fn into_response(self) -> Response<Whole> {
        let mut response = Response::new(Whole(Some(self.body.into())));
        // A status out of its range is the caller's mistake.
        let status = StatusCode::from_u16(self.status);
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static(self.content_type);
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        for (name, value) in self.headers {
            let (name, value) = (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
            headers.insert(name, value);
        }
        response
    }
}

/// A body that is there as a whole.
pub(crate) struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
