//! An instance of a server plugin that is called as a component: by `handler`, or by `session`.
//!
//! It dispatches each call to its function, and commits the call's messages when the function has returned.

use crate::abi::{self, Bytes, Lifting, ServerExports};
use crate::call::{Call, CalledFunction};
use crate::error::Error;
use crate::function::Function;
use crate::instance::{Instance, Watch, call_span};
use crate::participation::event::Happening;
use eco_contract::{Reason, Reply};
use eco_state::Hearing;
use std::task::{Context, Poll};
use tracing::Instrument as _;
use wasmtime::component::{TypedFunc, WasmList};

type Answer<D> = Result<abi::Reply<D>, String>;
type ReplyFunction<P> = Function<P, Answer<WasmList<u8>>, Answer<Vec<u8>>>;

/// A live instance with its functions.
pub(super) struct ComponentServer {
    instance: Instance,
    functions: Functions,
}

/// The functions of an instance.
pub(super) enum Functions {
    Handler {
        receive: Function<(&'static [u8],), WasmList<u8>, Vec<u8>>,
    },
    Session {
        open: ReplyFunction<(abi::Connection,)>,
        receive: ReplyFunction<(&'static [u8],)>,
        end_of_input: ReplyFunction<()>,
        closed: TypedFunc<(abi::Reason,), ()>,
        event: Option<ReplyFunction<(Happening,)>>,
    },
}

impl Functions {
    /// Looks up the functions. The lookup fails where their types are not those of the contract.
    pub(super) fn find(
        exports: &ServerExports,
        lifting: Lifting,
        instance: &mut Instance,
    ) -> wasmtime::Result<Self> {
        Ok(match exports {
            ServerExports::Handler { receive } => Self::Handler {
                receive: Function::find(instance, receive, lifting)?,
            },
            ServerExports::Session {
                open,
                receive,
                end_of_input,
                closed,
                event,
            } => Self::Session {
                open: Function::find(instance, open, lifting)?,
                receive: Function::find(instance, receive, lifting)?,
                end_of_input: Function::find(instance, end_of_input, lifting)?,
                closed: instance.function(closed)?,
                event: match event {
                    Some(event) => Some(Function::find(instance, event, lifting)?),
                    None => None,
                },
            },
        })
    }
}

impl ComponentServer {
    /// Looks up the functions that an instance exports. A plugin with `event` hears the events of its topics that
    /// `hearing` allows.
    pub(super) fn new(
        exports: &ServerExports,
        lifting: Lifting,
        mut instance: Instance,
        hearing: Hearing,
    ) -> wasmtime::Result<Self> {
        let functions = Functions::find(exports, lifting, &mut instance)?;
        if let Functions::Session { event: Some(_), .. } = functions {
            instance.participation().listens(hearing);
        }
        Ok(Self {
            instance,
            functions,
        })
    }

    /// The instance, between calls.
    pub(super) fn instance(&self) -> &Instance {
        &self.instance
    }

    /// As [`instance`](Self::instance), for its settings.
    pub(super) fn instance_mut(&mut self) -> &mut Instance {
        &mut self.instance
    }

    /// Ready when an event is due for which the plugin wants to be called.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.instance.is_alive() {
            self.instance.participation().poll_event(cx)
        } else {
            Poll::Pending
        }
    }

    /// Dispatches a call to its function, and lends the reply from the plugin's memory. The reply is empty if the
    /// plugin lacks the function, or if the event is gone.
    pub(super) async fn dispatch(&mut self, call: Call<'_>) -> Result<Reply<'_>, Error> {
        let mut watch = self.instance.watch(call.function());
        let span = call_span(call.function());
        let answer = self.answer(call, watch.as_mut()).instrument(span).await;
        if !matches!(answer, Ok(None)) {
            self.instance.watched(watch, &answer);
        }
        Ok(match answer? {
            Some(reply) => Reply {
                data: reply.data.read(&self.instance.store),
                next: reply.next.into(),
            },
            None => Reply::default(),
        })
    }

    /// Makes the call, and commits its messages. `None` if there is nothing to call.
    async fn answer(
        &mut self,
        call: Call<'_>,
        watch: Option<&mut Watch>,
    ) -> Result<Option<abi::Reply<Bytes>>, Error> {
        let mut entered = self.instance.enter()?;
        if !matches!(call, Call::Event) {
            entered.participation().give_up_turn();
        }
        let is_open = matches!(call, Call::Open(_));
        let answer = match (&self.functions, call) {
            (Functions::Handler { receive }, Call::Receive(chunk)) => {
                let data = receive.call_in(&mut entered, (chunk,)).await?;
                let next = abi::Next::KeepOpen;
                Ok(abi::Reply { data, next })
            }
            (Functions::Session { open, .. }, Call::Open(connection)) => {
                // Boxed, as that for events: they are larger than those for chunks.
                Box::pin(open.call_in(&mut entered, (connection.into(),))).await?
            }
            (Functions::Session { receive, .. }, Call::Receive(chunk)) => {
                receive.call_in(&mut entered, (chunk,)).await?
            }
            (Functions::Session { event, .. }, Call::Event) => {
                // The event may have gone since it was polled, together with its topic.
                let turn = entered.participation().take_turn();
                match (event, entered.participation().next_event()) {
                    (Some(function), Some((happening, payer))) => {
                        if let Some(watch) = watch {
                            watch.is_for(&happening);
                        }
                        let paid = (turn, payer);
                        let event = (happening,);
                        Box::pin(function.call_for_event_in(&mut entered, event, paid)).await?
                    }
                    _ => {
                        entered.succeeds();
                        return Ok(None);
                    }
                }
            }
            (Functions::Session { end_of_input, .. }, Call::EndOfInput) => {
                end_of_input.call_in(&mut entered, ()).await?
            }
            (Functions::Handler { .. }, Call::Open(_) | Call::Event | Call::EndOfInput) => {
                entered.succeeds();
                return Ok(None);
            }
        };
        match answer {
            Ok(reply) => {
                entered.commit().await?;
                entered.succeeds();
                Ok(Some(reply))
            }
            Err(text) if is_open => Err(entered.refuses(text)),
            Err(text) => Err(entered.fails(text)),
        }
    }

    /// Makes the last call, unless the instance is dead, and unsubscribes from all topics afterwards.
    pub(super) async fn closed(&mut self, why: Reason) -> Result<(), Error> {
        self.instance.participation().give_up_turn();
        let watch = self.instance.watch(CalledFunction::Closed);
        let said = match (&self.functions, self.instance.enter_last()) {
            (Functions::Session { closed, .. }, Some(mut entered)) => {
                let last_call = async {
                    entered.call(*closed, (why.into(),)).await?;
                    entered.commit().await
                };
                Some(
                    last_call
                        .instrument(call_span(CalledFunction::Closed))
                        .await,
                )
            }
            (Functions::Session { .. }, None) | (Functions::Handler { .. }, _) => None,
        };
        if let Some(said) = &said {
            self.instance.watched(watch, said);
        }
        self.instance.leave().await;
        said.unwrap_or(Ok(()))
    }
}
