//! The service that an event is about, where a process has several: the span that it happened in.
//!
//! The only spans that the log wants are those of services. A thread is in the span of the service that it works for.

use parking_lot::Mutex;
use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::OnceLock;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Span};
use tracing_core::span::Current;

/// The name of the spans, and of their field.
const SERVICE: &str = "service";

/// The names of all services that there ever were. The number of a span is the place of its name, from 1.
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The one place in the code that makes spans, which `tracing` wants to know of each.
static METADATA: OnceLock<&'static Metadata<'static>> = OnceLock::new();

thread_local! {
    /// The spans that the thread is in. The last is the innermost.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

/// The span of a service. The only service of a command line has no name, and no span.
pub(crate) fn span(name: Option<&str>) -> Span {
    match name {
        Some(name) => tracing::error_span!(SERVICE, service = name),
        None => Span::none(),
    }
}

/// Whether a span is that of a service.
pub(super) fn is_span(metadata: &Metadata<'_>) -> bool {
    metadata.name() == SERVICE
}

/// The number of a new span.
pub(super) fn new(attributes: &Attributes<'_>) -> Id {
    METADATA.get_or_init(|| attributes.metadata());
    let mut name = Name::default();
    attributes.record(&mut name);
    let mut names = NAMES.lock();
    let place = names.iter().position(|known| *known == name.0);
    let place = place.unwrap_or_else(|| {
        names.push(name.0);
        names.len() - 1
    });
    Id::from_u64(place as u64 + 1)
}

/// The thread goes into a span.
pub(super) fn enter(span: &Id) {
    ENTERED.with_borrow_mut(|entered| entered.push(span.clone()));
}

/// The thread leaves a span.
pub(super) fn exit(span: &Id) {
    ENTERED.with_borrow_mut(|entered| {
        if let Some(place) = entered.iter().rposition(|inner| inner == span) {
            entered.remove(place);
        }
    });
}

/// The span that the thread is in, if any.
pub(super) fn current() -> Current {
    let span = ENTERED.with_borrow(|entered| entered.last().cloned());
    match (span, METADATA.get()) {
        (Some(span), Some(metadata)) => Current::new(span, metadata),
        _ => Current::none(),
    }
}

/// The name of the service that the thread works for.
pub(super) fn name() -> Option<String> {
    let span = ENTERED.with_borrow(|entered| entered.last().map(Id::into_u64))?;
    let place = usize::try_from(span).ok()?.checked_sub(1)?;
    NAMES.lock().get(place).cloned()
}

/// Takes the name out of the fields of a span.
#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, _: &Field, value: &str) {
        value.clone_into(&mut self.0);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
