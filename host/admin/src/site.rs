//! What there is to be asked for, and the answer to each request.

use crate::answer::Answer;
use crate::hosts::Hosts;
use crate::token::Token;
use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, HOST};
use hyper::http::request::Parts;
use std::fmt;
use std::future::ready;
use std::pin::Pin;

/// All that a server answers.
pub struct Site {
    hosts: Hosts,
    routes: Vec<Route>,
}

/// One thing that it answers.
pub struct Route {
    path: &'static str,
    is_listed: bool,
    /// What a client needs to be answered.
    token: Option<Token>,
    answer: Box<dyn Fn(&Request<'_>) -> Answering + Send + Sync>,
}

type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A request, as far as the one who answers it needs it. All of it is a stranger's.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The types of media that the client takes (`Accept`); empty where it doesn't say.
    pub accept: &'a str,
    /// What comes after the path and the question mark, as it was sent; empty where there is nothing.
    pub query: &'a str,
}

impl Route {
    /// What is at this path, and nowhere else: paths are compared as they come, byte for byte. `answer` is called in the
    /// server's only thread, and should not block.
    pub fn new(
        path: &'static str,
        answer: impl Fn(&Request<'_>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::waiting(path, move |request| ready(answer(request)))
    }

    /// As [`new`](Self::new), for an answer that takes its time: 20 seconds at the most, since the whole connection has 30. It
    /// is waited for in the server's only thread, and should not block that.
    pub fn waiting<F>(
        path: &'static str,
        answer: impl Fn(&Request<'_>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let answer = move |request: &Request<'_>| -> Answering { Box::pin(answer(request)) };
        Self {
            path,
            is_listed: true,
            token: None,
            answer: Box::new(answer),
        }
    }

    /// Answers only who sends this token (`Authorization: Bearer`, RFC 6750), and others that they need it.
    pub fn guarded_by(self, token: &Token) -> Self {
        let token = Some(token.clone());
        Self { token, ..self }
    }

    /// Whether a request has the token that it needs.
    fn admits(&self, request: &Parts) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let mut sent = request.headers.get_all(AUTHORIZATION).iter();
        match (sent.next(), sent.next()) {
            (Some(only), None) => token.is_in(only.as_bytes()),
            _ => false,
        }
    }

    /// Leaves it out of the list of paths that a 404 shows.
    #[must_use]
    pub fn unlisted(mut self) -> Self {
        self.is_listed = false;
        self
    }
}

impl Site {
    /// With these routes, for who asks by these names.
    pub fn new(hosts: Hosts, routes: Vec<Route>) -> Self {
        Self { hosts, routes }
    }

    /// The answer to a request. Its body is not read.
    pub(crate) async fn answer(&self, request: &Parts) -> Answer {
        if !self.admits_host(request) {
            let text =
                "ask by an IP address, by localhost, or by the name that this server listens on\n";
            return Answer::text(421, text);
        }
        if ![Method::GET, Method::HEAD].contains(&request.method) {
            return Answer::text(405, "only GET and HEAD\n")
                .with_headers(&[("allow", "GET, HEAD")]);
        }
        let mut routes = self.routes.iter();
        let path = request.uri.path();
        let Some(route) = routes.find(|route| route.path == path) else {
            return self.not_found();
        };
        if !route.admits(request) {
            let text = "this needs the token that is printed when the server starts\n";
            return Answer::text(401, text).with_headers(&[("www-authenticate", "Bearer")]);
        }
        let accept = request.headers.get(ACCEPT);
        let request = Request {
            accept: accept
                .and_then(|accept| accept.to_str().ok())
                .unwrap_or_default(),
            query: request.uri.query().unwrap_or_default(),
        };
        (route.answer)(&request).await
    }

    /// Whether all names that the request has for this server are its own. A browser always sends one.
    fn admits_host(&self, request: &Parts) -> bool {
        let hosts = request.headers.get_all(HOST).iter();
        let mut hosts = hosts.map(|host| host.to_str().ok());
        let in_uri = request.uri.authority().map(|name| name.as_str());
        hosts.all(|host| host.is_some_and(|host| self.hosts.admit(host)))
            && in_uri.is_none_or(|host| self.hosts.admit(host))
    }

    fn not_found(&self) -> Answer {
        let listed = self.routes.iter().filter(|route| route.is_listed);
        let paths: Vec<&str> = listed.map(|route| route.path).collect();
        Answer::text(404, format!("here are {}\n", paths.join(", ")))
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.routes.iter().map(|route| route.path);
        f.debug_list().entries(paths).finish()
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({})", self.path)
    }
}
