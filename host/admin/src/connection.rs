//! One connection: one request, and its answer.

use crate::site::Site;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::timeout;

/// Bytes of a request's head, with all its headers. Browsers send some KiB at the most. A larger one is refused, with the
/// status 431. Test: `connection::tests::a_head_that_is_too_large_or_too_slow_is_the_end`.
const HEAD: usize = 16 * 1024;

/// A request's head may take so long: a client that says nothing has its place no longer. A prober sends it at once. After
/// it the connection is closed. Test: `connection::tests::a_head_that_is_too_large_or_too_slow_is_the_end`.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// The whole connection may take so long. It is the time for an answer that waits, and for a client to take it: some MiB at
/// the most. After it the connection is closed. Test: `connection::tests::who_never_reads_the_answer_is_left`.
const TIME: Duration = Duration::from_secs(30);

/// What else a client has sent is thrown away for so long, up to [`WASTE`]: closing with unread bytes would send a reset,
/// which could overtake the answer.
const LINGER: Duration = Duration::from_secs(1);

/// Bytes of a body that nobody asked for, or of a head that is too large. A connection with more is reset.
const WASTE: u64 = 1024 * 1024;

/// Answers one request, whose end is that of the connection. `has_request` is set as soon as the request is there.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    site: &Site,
    has_request: &AtomicBool,
) {
    let served = async {
        let answer = service_fn(|request: Request<Incoming>| {
            has_request.store(true, Ordering::Relaxed);
            async move {
                let answer = site.answer(&request.into_parts().0).await;
                Ok::<_, Infallible>(answer.into_response())
            }
        });
        let connection = Builder::new()
            .keep_alive(false)
            .half_close(true)
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_header_size(HEAD)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(&mut stream), answer);
        // An error is the client's, who has seen what there is to see.
        let _ = connection.await;
        let (mut waste, mut nowhere) = (stream.take(WASTE), tokio::io::sink());
        let _ = timeout(LINGER, tokio::io::copy(&mut waste, &mut nowhere)).await;
    };
    let _ = timeout(TIME, served).await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{Answer, Hosts, Route};
    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use tokio::time::Instant;

    /// A client of a site that has a page of a megabyte, over a pipe that holds little.
    fn client() -> (DuplexStream, JoinHandle<()>) {
        let (near, far) = duplex(4096);
        let served = tokio::spawn(async move {
            let routes = vec![
                Route::new("/ok", |_| Answer::text(200, "ok\n")),
                Route::new("/large", |_| Answer::text(200, "x".repeat(1 << 20))),
            ];
            let site = Site::new(Hosts::local(), routes);
            serve(far, &site, &AtomicBool::new(false)).await;
        });
        (near, served)
    }

    /// The answer to these bytes.
    async fn answer_to(request: &str) -> String {
        let (mut near, served) = client();
        near.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        drop(near);
        served.await.unwrap();
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_answered_by_its_path_its_method_and_its_host_alone() {
        for (request, status, body) in [
            ("GET /ok HTTP/1.1\r\nHost: [::1]:7\r\n\r\n", 200, "ok\n"),
            ("GET /ok?x=/ HTTP/1.0\r\n\r\n", 200, "ok\n"),
            ("GET http://localhost/ok HTTP/1.1\r\n\r\n", 200, "ok\n"),
            ("HEAD /ok HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, ""),
            (
                "GET /ok HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                200,
                "ok\n",
            ),
            (
                "GET /ok HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET ",
                200,
                "ok\n",
            ),
            ("GET / HTTP/1.1\r\n\r\n", 404, "here are /ok, /large\n"),
            ("GET /ok/ HTTP/1.1\r\n\r\n", 404, "here are /ok, /large\n"),
            ("GET //ok HTTP/1.1\r\n\r\n", 404, "here are /ok, /large\n"),
            ("GET /%6fk HTTP/1.1\r\n\r\n", 404, "here are /ok, /large\n"),
            (
                "GET /x/../ok HTTP/1.1\r\n\r\n",
                404,
                "here are /ok, /large\n",
            ),
            ("POST /ok HTTP/1.1\r\n\r\n", 405, "only GET and HEAD\n"),
            ("OPTIONS * HTTP/1.1\r\n\r\n", 405, "only GET and HEAD\n"),
            (
                "CONNECT localhost:1 HTTP/1.1\r\n\r\n",
                405,
                "only GET and HEAD\n",
            ),
            ("garbage\r\n\r\n", 400, ""),
            ("\x16\x03\x01", 400, ""),
        ] {
            let answer = answer_to(request).await;
            let (line, rest) = answer.split_once("\r\n").unwrap();
            assert!(line.contains(&format!(" {status} ")), "{request}\n{answer}");
            let end = rest.split_once("\r\n\r\n").unwrap().1;
            assert_eq!(end, body, "{request}");
        }
        // HTTP/2, which this server doesn't speak.
        assert_eq!(answer_to("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await, "");
        for hosts in [
            "Host: evil.example\r\n",
            "Host: localhost\r\nHost: evil.example\r\n",
            "Host: \u{e4}\r\n",
        ] {
            let answer = answer_to(&format!("GET /ok HTTP/1.1\r\n{hosts}\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
        }
        let answer =
            answer_to("GET http://evil.example/ok HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_too_large_or_too_slow_is_the_end() {
        let (mut near, served) = client();
        let large = format!("GET /ok HTTP/1.1\r\nX: {}", "x".repeat(WASTE as usize));
        near.write_all(large.as_bytes()).await.unwrap();
        near.shutdown().await.unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        served.await.unwrap();

        let (began, (mut near, served)) = (Instant::now(), client());
        near.write_all(b"GET /ok HTTP/1.1\r\nX: y\r\n")
            .await
            .unwrap();
        assert_eq!(near.read_to_end(&mut Vec::new()).await.unwrap(), 0);
        assert!(began.elapsed() < HEAD_TIME + 2 * LINGER);
        drop(near);
        served.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_reads_the_answer_is_left() {
        let (began, (mut near, served)) = (Instant::now(), client());
        near.write_all(b"GET /large HTTP/1.1\r\n\r\n")
            .await
            .unwrap();
        served.await.unwrap();
        assert!(began.elapsed() >= TIME && began.elapsed() < TIME + LINGER);
    }
}
