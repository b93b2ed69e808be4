//! The functions of a server plugin that is called as a component: of `handler`, or of `session`.

use crate::abi::{self, OfChunk, Returned, ServerExports};
use crate::error::Error;
use crate::instance::Instance;
use crate::participation::event::Happening;
use eco_contract::{Connection, Next, Reason, Reply};
use eco_state::Hearing;
use std::task::{Context, Poll};
use wasmtime::component::{TypedFunc, WasmList};

type Answer<D> = Result<abi::Reply<D>, String>;

/// What is called with what the connection brings.
pub(super) enum Call<'a> {
    Open(&'a Connection),
    Chunk(&'a [u8]),
    /// What has happened beside it.
    Event,
    End,
}

/// A live instance with its functions. `D` is the way in which bytes come back.
pub(super) struct ComponentServer<D: 'static> {
    pub(super) instance: Instance,
    functions: Functions<D>,
    /// Set while a call is under way. If it is still set later, the call failed or was dropped
    /// halfway, and the instance is dead.
    entered: bool,
}

enum Functions<D: 'static> {
    Handler {
        receive: OfChunk<D>,
    },
    Session {
        open: TypedFunc<(abi::Connection,), (Answer<D>,)>,
        receive: OfChunk<Answer<D>>,
        end_of_input: TypedFunc<(), (Answer<D>,)>,
        closed: TypedFunc<(abi::Reason,), ()>,
        event: Option<TypedFunc<(Happening,), (Answer<D>,)>>,
    },
}

/// Whether the exports have the types of the contract.
pub(super) fn check(
    exports: &ServerExports,
    post_return: bool,
    instance: &mut Instance,
) -> wasmtime::Result<()> {
    if post_return {
        Functions::<Vec<u8>>::find(exports, instance).map(drop)
    } else {
        Functions::<WasmList<u8>>::find(exports, instance).map(drop)
    }
}

impl<D: Returned> Functions<D> {
    fn find(exports: &ServerExports, instance: &mut Instance) -> wasmtime::Result<Self> {
        Ok(match exports {
            ServerExports::Handler { receive } => Self::Handler {
                receive: instance.function(receive)?,
            },
            ServerExports::Session {
                open,
                receive,
                end_of_input,
                closed,
                event,
            } => Self::Session {
                open: instance.function(open)?,
                receive: instance.function(receive)?,
                end_of_input: instance.function(end_of_input)?,
                closed: instance.function(closed)?,
                event: match event {
                    Some(event) => Some(instance.function(event)?),
                    None => None,
                },
            },
        })
    }
}

impl<D: Returned> ComponentServer<D> {
    /// The instance, with the functions that it exports.
    /// It hears so much of its topics, if it can be told.
    pub(super) fn new(
        exports: &ServerExports,
        mut instance: Instance,
        hearing: Hearing,
    ) -> wasmtime::Result<Self> {
        let functions = Functions::find(exports, &mut instance)?;
        if let Functions::Session { event: Some(_), .. } = functions {
            instance.participation().listens(hearing);
        }
        Ok(Self {
            instance,
            functions,
            entered: false,
        })
    }

    /// Ready when something has happened that the plugin wants to be called for.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.instance.participation().poll_event(cx)
    }

    /// Makes a call, and gives its reply.
    pub(super) async fn call(&mut self, call: Call<'_>) -> Result<Reply<'_>, Error> {
        let instance = &mut self.instance;
        self.entered = true;
        if !matches!(call, Call::Event) {
            instance.participation().give_up_turn();
        }
        let (answer,) = match (&self.functions, call) {
            (Functions::Handler { receive }, Call::Chunk(chunk)) => {
                let (data,) = instance.call(*receive, (chunk,)).await?;
                instance.commit().await?;
                self.entered = false;
                return Ok(Reply {
                    data: data.bytes(&instance.store),
                    next: Next::KeepOpen,
                });
            }
            (Functions::Handler { .. }, Call::Open(_) | Call::Event | Call::End) => {
                self.entered = false;
                return Ok(Reply::default());
            }
            (Functions::Session { open, .. }, Call::Open(connection)) => {
                instance.call(*open, (connection.into(),)).await?
            }
            (Functions::Session { receive, .. }, Call::Chunk(chunk)) => {
                instance.call(*receive, (chunk,)).await?
            }
            (Functions::Session { event, .. }, Call::Event) => {
                // It may be gone since somebody looked: with the topic that it was of.
                let turn = instance.participation().take_turn();
                match (event, instance.participation().next_event()) {
                    (Some(event), Some((happening, payer))) => {
                        let paid = (turn, payer);
                        instance.call_for_event(*event, (happening,), paid).await?
                    }
                    _ => {
                        self.entered = false;
                        return Ok(Reply::default());
                    }
                }
            }
            (Functions::Session { end_of_input, .. }, Call::End) => {
                instance.call(*end_of_input, ()).await?
            }
        };
        self.entered = false;
        let reply = match answer {
            Ok(reply) => {
                instance.commit().await?;
                reply
            }
            Err(text) => {
                instance.roll_back();
                return Err(instance.store.data().error(text));
            }
        };
        Ok(Reply {
            data: reply.data.bytes(&instance.store),
            next: reply.next.into(),
        })
    }

    /// The last call, unless the instance is dead; then it leaves its topics.
    pub(super) async fn closed(mut self, why: Reason) -> Result<(), Error> {
        self.instance.participation().give_up_turn();
        let said = match &self.functions {
            _ if self.entered => Ok(()),
            Functions::Handler { .. } => Ok(()),
            Functions::Session { closed, .. } => {
                match self.instance.call(*closed, (why.into(),)).await {
                    Ok(()) => self.instance.commit().await,
                    Err(error) => Err(error),
                }
            }
        };
        self.instance.leave().await;
        said
    }
}
