//! The connections of all services, live: what a page that shows them asks for, as JSON.
//!
//! [`connections`] has all connections, and [`events`] what happens on one of them. Both have peers' bytes, so that they need the
//! token.

mod connections;
mod events;
mod json;
mod query;

use super::figures::Figures;
use eco_admin::{Request, Route, Token};
use std::sync::Arc;

/// What there is to be asked for by who has this token.
pub(super) fn routes(figures: &Arc<Figures>, token: &Token) -> [Route; 2] {
    let (of_all, of_one) = (figures.clone(), figures.clone());
    let connections = move |_: &Request<'_>| json::answer(&connections::all(&of_all));
    let events = move |request: &Request<'_>| events::answer(of_one.clone(), request.query);
    [
        Route::new("/connections.json", connections),
        Route::waiting("/events.json", events),
    ]
    .map(|route| route.guarded_by(token).unlisted())
}
