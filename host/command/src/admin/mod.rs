//! What an operator sees of `eco serve`: whether it lives, whether it is ready, its metrics, and a page of its connections.
//!
//! It joins the figures of the libraries with HTTP: [`figures`] has those of all services, [`families`] says which metrics they
//! are, and [`exposition`] writes these. [`page`] is what a browser shows.

mod address;
mod exposition;
pub(crate) mod families;
mod figures;
mod live;
mod open;
mod page;
mod snapshot;
mod url;

pub(crate) use address::AdminAddress;
pub(crate) use figures::{Figures, Registration, ServiceFigures};
pub(crate) use open::open;
pub(crate) use url::{shown, with_token};

use eco_admin::{Admin, Answer, Request, Route, Site, StartError, Token};
use eco_net::{ActivatedSockets, BindError, BoundListener, Listener as _, LocalAddress, bind};
use exposition::Format;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Listens on this address, and shows these figures to whoever asks. It returns the addresses with the server.
///
/// # Errors
/// The address can't be listened on, or the system has no thread left.
pub(crate) async fn start(
    address: &AdminAddress,
    figures: Arc<Figures>,
    token: &Token,
) -> Result<(Admin, Vec<LocalAddress>), StartError<BindError>> {
    let site = Site::new(address.hosts(), routes(figures, token));
    let address = address.listen().clone();
    let listen = async move {
        // In the thread of the server, so that nothing of it waits for the threads that serve.
        let bound = bind(&[address], &mut ActivatedSockets::none()).await?;
        let mut listeners: Vec<BoundListener> = bound.into_iter().flatten().collect();
        let addresses = listeners.iter().map(|listener| listener.address().clone());
        let addresses = addresses.collect();
        let accept = move |cx: &mut Context<'_>| {
            let mut ready = listeners
                .iter_mut()
                .map(|listener| listener.poll_accept(cx));
            let accepted = ready.find(Poll::is_ready).unwrap_or(Poll::Pending);
            accepted.map_ok(|accepted| accepted.transport)
        };
        Ok((accept, addresses))
    };
    Admin::start(site, listen).await
}

/// What there is to be asked for.
fn routes(figures: Arc<Figures>, token: &Token) -> Vec<Route> {
    let (of_readiness, of_metrics) = (figures.clone(), figures.clone());
    let mut routes = vec![
        // It says that the process has its turn. What a service does is in the metrics.
        Route::new("/livez", |_| Answer::text(200, "ok\n")),
        Route::new("/readyz", move |_| match of_readiness.is_ready() {
            true => Answer::text(200, "ready\n"),
            false => Answer::text(503, "not ready: it does not listen yet, or stops\n"),
        }),
        Route::new("/metrics", move |request: &Request<'_>| {
            let format = Format::wanted(request.accept);
            let text = families::write(&of_metrics, format);
            Answer::of_type(format.content_type(), 200, text)
        }),
    ];
    routes.extend(page::routes());
    routes.extend(live::routes(&figures, token));
    routes
}
