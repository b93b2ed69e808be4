//! Services that can't be in one process: of one name, on one address, or with one state.

use super::described::Described;
use super::document::{Document, Mistake};
use eco_net::collide;
use eco_state::Location;
use std::ops::Range;

/// The first service that gets in the way of one before it.
pub(super) fn clash(document: &Document, services: &[Described]) -> Option<Mistake> {
    let mut later = services.iter().enumerate();
    later.find_map(|(place, service)| {
        let before = services.get(..place)?;
        before
            .iter()
            .find_map(|other| between(document, other, service))
    })
}

fn between(document: &Document, one: &Described, other: &Described) -> Option<Mistake> {
    let name = one.config.name.as_deref().unwrap_or_default();
    if one.config.name == other.config.name {
        let line = document.place(&one.at).line;
        let what = format!("the name `{name}` is that of the service in line {line}, too");
        return Some(document.mistake(&other.at, what));
    }
    for (place, listen) in other.config.listen.iter().enumerate() {
        let address = &listen.address;
        let mut taken = one.config.listen.iter();
        if taken.any(|taken| collide(&taken.address, address)) {
            let what = format!("the service `{name}` listens on {address} already");
            return Some(document.mistake(&place_of(other, "listen", place), what));
        }
    }
    if shares_state(one, other) {
        let (key, what) = match one.config.state.location {
            Location::File(_) => ("state", "a file has the state of one service: of"),
            _ => (
                "namespace",
                "the same state and namespace are of the service",
            ),
        };
        let what = format!("{what} `{name}` already");
        return Some(document.mistake(&place_of(other, key, 0), what));
    }
    None
}

fn shares_state(one: &Described, other: &Described) -> bool {
    let (one, other) = (&one.config.state, &other.config.state);
    one.location == other.location
        && match one.location {
            // Each has a memory of its own.
            Location::Memory => false,
            Location::File(_) => true,
            _ => one.namespace == other.namespace,
        }
}

/// The place of this value of a key, or else that of the service's name.
fn place_of(service: &Described, key: &str, place: usize) -> Range<usize> {
    let mut values = service
        .settings
        .iter()
        .filter(|setting| setting.flag.name == key);
    values
        .nth(place)
        .map_or(&service.at, |setting| &setting.at)
        .clone()
}
