//! A small HTTP server on a thread of its own, for whoever looks at a program that runs. It answers while all processors are
//! busy with the program's work.
//!
//! It owns HTTP and its bounds: connections, bytes, times, methods, and the names that it may be asked by. What it listens on
//! and what it answers are its caller's. hyper speaks the protocol (HTTP/1.1, RFC 9112).
//!
//! ```
//! use eco_admin::{Admin, Answer, Hosts, Route, Site};
//! # let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
//! # runtime.block_on(async {
//! use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! let site = Site::new(Hosts::local(), vec![Route::new("/livez", |_| Answer::text(200, "ok\n"))]);
//! let (admin, address) = Admin::start(site, async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     let accept = move |cx: &mut std::task::Context<'_>| listener.poll_accept(cx).map_ok(|(stream, _)| stream);
//!     Ok::<_, std::io::Error>((accept, address))
//! })
//! .await
//! .expect("it listens");
//! let mut client = TcpStream::connect(address).await?;
//! client.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer).await?;
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"));
//! drop(admin);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).expect("it answers");
//! ```

mod answer;
mod connection;
mod connections;
mod hosts;
mod site;
mod thread;
mod token;

pub use answer::Answer;
pub use hosts::Hosts;
pub use site::{Request, Route, Site};
pub use thread::{Admin, StartError};
pub use token::Token;
