//! Connections and calls as spans of `tracing`. This prints them; a layer for OpenTelemetry, say, takes its place.

use eco_host::{Budgets, Compiler, Engine, Language, Limits, Server, ServerPlugin, Source};
use std::fmt::{Debug, Write as _};
use std::time::Instant;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, SpanRef};
use tracing_subscriber::util::SubscriberInitExt as _;

const SCRIPT: &str = "function receive(chunk) {
  const began = Date.now();
  while (Date.now() < began + 100);
  console.log('got ' + chunk.byteLength);
  return chunk;
}";

/// Prints a span when it is over, with its time, and events within their spans.
struct Printing;

/// What it keeps of a span.
struct Began {
    at: Instant,
    fields: Fields,
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a text never fails.
        let _ = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Printing {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let at = Instant::now();
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Began { at, fields });
        }
    }

    /// The version of the plugin is known when a connection is opened.
    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(began) = span.extensions_mut().get_mut::<Began>()
        {
            values.record(&mut began.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or_default();
        println!(
            "event{}{} on {thread}",
            fields.0,
            around(context.event_span(event))
        );
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(began) = span.extensions().get::<Began>()
        {
            let (name, fields, around) = (span.name(), &began.fields.0, around(span.parent()));
            println!("{name}{fields}{around} took {:?}", began.at.elapsed());
        }
    }
}

/// A span, and all that it lies in.
fn around<'a, S: LookupSpan<'a>>(mut span: Option<SpanRef<'a, S>>) -> String {
    let mut all = String::new();
    while let Some(inner) = span {
        if let Some(began) = inner.extensions().get::<Began>() {
            let _ = write!(all, " in {}{}", inner.name(), began.fields.0);
        }
        span = inner.parent();
    }
    all
}

fn main() -> anyhow::Result<()> {
    eco_host::if_helper();
    // Calls are of the level DEBUG, connections of INFO.
    let printing = Printing.with_filter(LevelFilter::DEBUG);
    tracing_subscriber::registry().with(printing).init();
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let engine = Engine::builder(Compiler::this_program()?, Budgets::default()).build()?;
    let source = Source::script("log.js", Language::JavaScript, SCRIPT);
    let plugin = ServerPlugin::load(&engine, source).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    // A name for the server, since all its tasks lie in the span that it is started in.
    let server = tracing::info_span!("service", name = "log").in_scope(|| {
        Server::builder(Limits::default())
            .listen(listener, move |_| Some(plugin.session()))
            .start()
    });
    tokio::signal::ctrl_c().await?;
    server.stop().await;
    Ok(())
}
