//! A plugin as the session of one connection: the exports `handler` and `session`.
//!
//! It owns when an instance is made and when it is given up.

use super::abi::{self, OfChunk, Returned};
use super::error::Error;
use super::instance::{Instance, Usage};
use super::lab::Lab;
use super::loaded::{Kind, Loaded, Plugin, Starts};
use super::straight::Straight;
use eco_contract::{Connection, Effort, Next, Opening, Reason, Reply, Session};
use wasmtime::component::{TypedFunc, WasmList};

type Answer<D> = Result<abi::Reply<D>, String>;

/// The functions of a server plugin, of either interface.
enum Functions<D: 'static> {
    Handler {
        receive: OfChunk<D>,
    },
    Session {
        open: TypedFunc<(abi::Connection,), (Answer<D>,)>,
        receive: OfChunk<Answer<D>>,
        end_of_input: TypedFunc<(), (Answer<D>,)>,
        closed: TypedFunc<(abi::Reason,), ()>,
    },
}

/// [`Functions`], with the way in which bytes come back.
enum Served {
    InPlace(Functions<WasmList<u8>>),
    Copied(Functions<Vec<u8>>),
}

/// Whether the exports have the types of the contract.
pub(super) fn check(plugin: &Loaded, instance: &mut Instance) -> wasmtime::Result<()> {
    find(plugin, instance).map(drop)
}

fn find(plugin: &Loaded, instance: &mut Instance) -> wasmtime::Result<Served> {
    Ok(if plugin.post_return {
        Served::Copied(functions(plugin, instance)?)
    } else {
        Served::InPlace(functions(plugin, instance)?)
    })
}

fn functions<D: Returned>(
    plugin: &Loaded,
    instance: &mut Instance,
) -> wasmtime::Result<Functions<D>> {
    let Instance { store, exports, .. } = instance;
    let found = &plugin.exports;
    Ok(match plugin.kind {
        Kind::Session => Functions::Session {
            open: found.function(0, exports, store)?,
            receive: found.function(1, exports, store)?,
            end_of_input: found.function(2, exports, store)?,
            closed: found.function(3, exports, store)?,
        },
        Kind::Handler | Kind::Client => Functions::Handler {
            receive: found.function(0, exports, store)?,
        },
    })
}

struct Live {
    running: Running,
    /// Set while a call is under way. If it is still set later, the call failed or was dropped
    /// halfway, and the instance is dead.
    entered: bool,
}

impl Live {
    fn straight(&mut self) -> Option<&mut Straight> {
        match &mut self.running {
            Running::Straight(straight) => Some(straight),
            Running::Component(..) => None,
        }
    }
}

/// An instance, by the way in which it is called.
enum Running {
    Straight(Straight),
    Component(Instance, Served),
}

/// What is called with what the connection brings.
enum Call<'a> {
    Open(&'a Connection),
    Chunk(&'a [u8]),
    End,
}

/// One connection's instance of a plugin.
pub struct PluginSession {
    plugin: Plugin,
    connection: u64,
    effort: Effort,
    /// Its surroundings, in a laboratory.
    lab: Option<Lab>,
    /// What `place` could not say.
    failed: Option<Box<Error>>,
    live: Option<Live>,
}

impl Plugin {
    /// A session for a new connection. Nothing is instantiated until the plugin has something to
    /// do. `self` must have been loaded as a [`Role::Server`](super::Role::Server).
    pub fn session(&self) -> PluginSession {
        PluginSession {
            plugin: self.clone(),
            connection: 0,
            effort: Effort::default(),
            lab: None,
            failed: None,
            live: None,
        }
    }

    /// As [`session`](Self::session), in surroundings that the caller holds on to. The engine must be
    /// [`Engine::laboratory`](super::Engine::laboratory).
    pub fn session_in(&self, lab: &Lab) -> PluginSession {
        PluginSession {
            lab: Some(lab.clone()),
            ..self.session()
        }
    }
}

impl PluginSession {
    /// What its instance has used so far; `None` when there is none.
    pub fn usage(&self) -> Option<Usage> {
        self.live.as_ref().map(|live| match &live.running {
            Running::Straight(straight) => straight.usage(),
            Running::Component(instance, _) => instance.usage(),
        })
    }

    /// Makes a call and gives its reply, starting the instance if there is none.
    async fn answer(&mut self, call: Call<'_>) -> Result<Reply<'_>, Error> {
        if let Some(error) = self.failed.take() {
            self.live = None;
            return Err(*error);
        }
        let live = match &mut self.live {
            Some(live) => live,
            // Boxed, since it is large and rare: futures are moved whole when they are made.
            none => {
                let start = start(&self.plugin, self.connection, &self.effort, &self.lab);
                none.insert(Box::pin(start).await?)
            }
        };
        let Live { running, entered } = live;
        *entered = true;
        match running {
            Running::Straight(straight) => {
                let Call::Chunk(chunk) = call else {
                    return Err(only_receive());
                };
                let data = straight.receive(chunk)?.into();
                *entered = false;
                let next = Next::KeepOpen;
                Ok(Reply { data, next })
            }
            Running::Component(instance, Served::InPlace(functions)) => {
                let answer = invoke(instance, functions, call).await?;
                *entered = false;
                reply(answer, instance)
            }
            Running::Component(instance, Served::Copied(functions)) => {
                let answer = invoke(instance, functions, call).await?;
                *entered = false;
                reply(answer, instance)
            }
        }
    }
}

async fn start(
    plugin: &Plugin,
    connection: u64,
    effort: &Effort,
    lab: &Option<Lab>,
) -> Result<Live, Error> {
    let loaded = &plugin.0;
    let lab = lab.clone();
    let running = match &loaded.straight {
        Some(compiled) => Running::Straight(Straight::start(loaded, compiled, connection, lab)?),
        None => {
            let mut instance = Instance::start(loaded, connection, effort.clone(), lab).await?;
            let served = find(loaded, &mut instance)
                .map_err(|error| Error::from_call(&error, &loaded.engine.budgets))?;
            Running::Component(instance, served)
        }
    };
    Ok(Live {
        running,
        entered: false,
    })
}

/// A handler has no other function; `open` and `end_of_input` below don't ask for one.
fn only_receive() -> Error {
    Error::Plugin("a handler has only receive".to_owned())
}

async fn invoke<D: Returned>(
    instance: &mut Instance,
    functions: &Functions<D>,
    call: Call<'_>,
) -> Result<Answer<D>, Error> {
    match functions {
        Functions::Handler { receive } => match call {
            Call::Chunk(chunk) => {
                let (data,) = instance.call(*receive, (chunk,)).await?;
                let next = abi::Next::KeepOpen;
                Ok(Ok(abi::Reply { data, next }))
            }
            Call::Open(_) | Call::End => Err(only_receive()),
        },
        Functions::Session {
            open,
            receive,
            end_of_input,
            ..
        } => {
            let (answer,) = match call {
                Call::Open(connection) => instance.call(*open, (connection.into(),)).await?,
                Call::Chunk(chunk) => instance.call(*receive, (chunk,)).await?,
                Call::End => instance.call(*end_of_input, ()).await?,
            };
            Ok(answer)
        }
    }
}

fn reply<D: Returned>(answer: Answer<D>, instance: &Instance) -> Result<Reply<'_>, Error> {
    let reply = answer.map_err(|text| instance.store.data().error(text))?;
    Ok(Reply {
        data: reply.data.bytes(&instance.store),
        next: reply.next.into(),
    })
}

impl Session for PluginSession {
    type Error = Error;

    fn effort(&self) -> Effort {
        self.effort.clone()
    }

    fn version(&self) -> Option<u64> {
        Some(self.plugin.version())
    }

    fn broken_budget(error: &Error) -> Option<&'static str> {
        match error {
            Error::Budget { budget, .. } => Some(budget.code()),
            _ => None,
        }
    }

    async fn open(&mut self, connection: &Connection) -> Result<Opening<'_>, Error> {
        self.connection = connection.id;
        match self.plugin.0.starts {
            Starts::WithConnection => match self.answer(Call::Open(connection)).await {
                Ok(greeting) => Ok(Opening::Greeting(greeting)),
                Err(Error::Plugin(reason)) => Ok(Opening::Refusal(reason)),
                Err(error) => Err(error),
            },
            Starts::WithFirstChunk => Ok(Opening::Greeting(Reply::default())),
        }
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Error> {
        self.answer(Call::Chunk(chunk)).await
    }

    fn place(&mut self, length: usize) -> Option<&mut [u8]> {
        let straight = self.live.as_mut()?.straight()?;
        // `receive` comes next, and says what failed here.
        let failed = |error| self.failed = Some(Box::new(error));
        straight.place(length).map_err(failed).ok()
    }

    fn placed(&self, length: usize) -> &[u8] {
        match &self.live {
            Some(Live {
                running: Running::Straight(straight),
                ..
            }) => straight.placed(length),
            _ => &[],
        }
    }

    fn receive_placed(&mut self, length: usize) -> Result<Reply<'_>, Error> {
        let Some(straight) = self.live.as_mut().and_then(Live::straight) else {
            return Ok(Reply::default());
        };
        let data = straight.receive_placed(length)?.into();
        let next = Next::KeepOpen;
        Ok(Reply { data, next })
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Error> {
        let Loaded { kind, starts, .. } = &*self.plugin.0;
        // A script may have defined the function only when it was called.
        let listens = *starts == Starts::WithConnection || self.live.is_some();
        match kind {
            Kind::Session if listens => self.answer(Call::End).await,
            _ => Ok(Reply::default()),
        }
    }

    async fn closed(&mut self, why: Reason) -> Result<(), Error> {
        let Some(Live {
            running: Running::Component(mut instance, served),
            entered: false,
        }) = self.live.take()
        else {
            return Ok(());
        };
        let closed = match served {
            Served::InPlace(Functions::Session { closed, .. })
            | Served::Copied(Functions::Session { closed, .. }) => closed,
            Served::InPlace(Functions::Handler { .. })
            | Served::Copied(Functions::Handler { .. }) => return Ok(()),
        };
        instance.call(closed, (why.into(),)).await
    }
}
