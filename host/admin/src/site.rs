//! What there is to be asked for, and the answer to each request.

use crate::answer::{Answer, Whole};
use crate::hosts::Hosts;
use hyper::header::{ACCEPT, ALLOW, HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use std::fmt;

/// All that a server answers.
pub struct Site {
    hosts: Hosts,
    routes: Vec<Route>,
}

/// One thing that it answers.
pub struct Route {
    path: &'static str,
    answer: Box<dyn Fn(&Asked<'_>) -> Answer + Send + Sync>,
}

/// A request, as far as the one who answers it needs it. All of it is a stranger's.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// The types of media that the client takes (`Accept`); empty where it doesn't say.
    pub accept: &'a str,
}

impl Route {
    /// What is at this path, and nowhere else: paths are compared as they come, byte for byte. `answer` is called in the
    /// server's only thread, and should not block.
    pub fn new(
        path: &'static str,
        answer: impl Fn(&Asked<'_>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let answer = Box::new(answer);
        Self { path, answer }
    }
}

impl Site {
    /// With these routes, for who asks by these names.
    pub fn new(hosts: Hosts, routes: Vec<Route>) -> Self {
        Self { hosts, routes }
    }

    /// The answer to a request. Its body is not read.
    pub(crate) fn answer(&self, request: &Parts) -> Response<Whole> {
        if !self.is_asked_by_name(request) {
            let text =
                "ask by an IP address, by localhost, or by the name that this server listens on\n";
            return Answer::text(421, text).into_response();
        }
        if ![Method::GET, Method::HEAD].contains(&request.method) {
            let mut response = Answer::text(405, "only GET and HEAD\n").into_response();
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allowed);
            return response;
        }
        let accept = request.headers.get(ACCEPT);
        let asked = Asked {
            accept: accept
                .and_then(|accept| accept.to_str().ok())
                .unwrap_or_default(),
        };
        let mut routes = self.routes.iter();
        let found = routes.find(|route| route.path == request.uri.path());
        let answer = found.map(|route| (route.answer)(&asked));
        answer.unwrap_or_else(|| self.nothing()).into_response()
    }

    /// Whether all names that the request has for this server are its own. A browser always sends one.
    fn is_asked_by_name(&self, request: &Parts) -> bool {
        let hosts = request.headers.get_all(HOST).iter();
        let mut hosts = hosts.map(|host| host.to_str().ok());
        let in_uri = request.uri.authority().map(|name| name.as_str());
        hosts.all(|host| host.is_some_and(|host| self.hosts.admit(host)))
            && in_uri.is_none_or(|host| self.hosts.admit(host))
    }

    fn nothing(&self) -> Answer {
        let paths: Vec<&str> = self.routes.iter().map(|route| route.path).collect();
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
