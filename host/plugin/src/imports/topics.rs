//! Topics, in which connections exchange messages: `wit/topics.wit`.

use super::arguments::{bytes, text};
use super::host_calls::HostCalls;
use super::import::{Import, Importer, Setup};
use crate::laboratory::World;
use crate::participation::event::Member;
use eco_state::{EventKind, Limit, Problem};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, Lower, WasmList, WasmStr};

/// Approximate bytes for a member in a list that a plugin receives. They count as memory of all instances until the
/// call ends.
const MEMBER: usize = 64;

/// `problem` of `wit/topics.wit`.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(crate) enum TopicsProblem {
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "too-large")]
    TooLarge,
    #[component(name = "too-many")]
    TooMany,
}

impl From<Problem> for TopicsProblem {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unavailable(lack) => Self::Unavailable(lack.to_string()),
            Problem::TooLarge(_) => Self::TooLarge,
            Problem::TooMany(_) => Self::TooMany,
            // No topic holds a number.
            _ => Self::Unavailable(problem.to_string()),
        }
    }
}

/// The import `topics`.
pub(crate) struct Topics;

impl Import for Topics {
    const NAME: &str = "eco:plugin/topics@0.1.0";
    const TO: Importer = Importer::Server;
    type State = ();

    fn state(_: &Setup<'_>) {}

    fn link<T: HostCalls>(
        linker: &mut Linker<T>,
        _: fn(&mut T) -> &mut (),
        _: World,
    ) -> wasmtime::Result<()> {
        let mut topics = linker.instance(Self::NAME)?;
        topics.func_wrap_async(
            "subscribe",
            |mut store: StoreContextMut<'_, T>, (topic, label): (WasmStr, WasmStr)| {
                Box::new(async move {
                    let topic = text(&mut store, &topic, Limit::Topic)?;
                    let label = text(&mut store, &label, Limit::Label)?;
                    let state = store.data_mut();
                    state.count_host_call();
                    let (priority, call_state) = (state.priority(), state.call_state());
                    // Memory for the members known so far is counted before they are listed.
                    let known = match (&topic, state.participation().participant()) {
                        (Ok(topic), Ok(participant)) => {
                            participant.audience(topic, EventKind::Presence)
                        }
                        (Err(_), _) | (_, Err(_)) => 0,
                    };
                    state.hold_for_call(known * MEMBER)?;
                    let shared = state.participation();
                    let others = async {
                        let (topic, label) = (topic?, label?);
                        if let Some(turn) = shared.turn_before(&topic)? {
                            drop(call_state.makes_way(turn).await);
                        }
                        let hearing = shared.hearing();
                        let participant = shared.participant()?;
                        participant.subscribe(&topic, &label, hearing).await
                    };
                    let others = priority.run(others).await;
                    let more = others.as_ref().map_or(0, Vec::len).saturating_sub(known);
                    state.hold_for_call(more * MEMBER)?;
                    let shared = state.participation();
                    let others = shared.note(others);
                    // Each member was told of the new one, and is listed for it.
                    state.count_host_calls(others.as_ref().map_or(0, Vec::len) as u64);
                    let members = others.map(|others| others.iter().map(Member::from).collect());
                    Ok((members.map_err(TopicsProblem::from) as Result<Vec<Member>, _>,))
                })
            },
        )?;
        topics.func_wrap(
            "unsubscribe",
            |mut store: StoreContextMut<'_, T>, (topic,): (WasmStr,)| {
                let topic = text(&mut store, &topic, Limit::Topic)?;
                let state = store.data_mut();
                state.count_host_call();
                // Unsubscribing does no harm where nothing is shared, or where no topic can have the name.
                if let (Ok(participant), Ok(topic)) = (state.participation().participant(), topic) {
                    participant.unsubscribe(&topic);
                }
                state.count_pending()?;
                Ok(())
            },
        )?;
        topics.func_wrap(
            "publish",
            |mut store: StoreContextMut<'_, T>, (topic, data): (WasmStr, WasmList<u8>)| {
                let topic = text(&mut store, &topic, Limit::Topic)?;
                let data = bytes(&mut store, &data, Limit::Message);
                let state = store.data_mut();
                state.count_host_call();
                let shared = state.participation();
                let published = topic.and_then(|topic| {
                    let data = data?;
                    shared.participant()?.publish(&topic, &data)
                });
                let published = shared.note(published);
                state.count_pending()?;
                Ok((published.map_err(TopicsProblem::from),))
            },
        )
    }
}
