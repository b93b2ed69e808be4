//! What connections say to each other: `wit/topics.wit`.

use super::taken::{bytes, text};
use crate::abi::{Member, TopicProblem};
use crate::engine::World;
use crate::instance::state::State;
use eco_state::{EventKind, Limit};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, WasmList, WasmStr};

pub(super) const INTERFACE: &str = "eco:plugin/topics@0.1.0";

/// Bytes that a member takes while members are listed for a plugin, about. They count as memory of all instances until the call
/// ends.
const MEMBER: usize = 64;

/// Defines its functions.
pub(super) fn link(linker: &mut Linker<State>, _: World) -> wasmtime::Result<()> {
    type Store<'a> = StoreContextMut<'a, State>;
    let mut topics = linker.instance(INTERFACE)?;
    topics.func_wrap_async(
        "subscribe",
        |mut store: Store<'_>, (topic, label): (WasmStr, WasmStr)| {
            Box::new(async move {
                let topic = text(&mut store, &topic, Limit::Topic)?;
                let label = text(&mut store, &label, Limit::Label)?;
                let state = store.data_mut();
                state.count_host_call();
                let (priority, call_state) = (state.priority(), state.meter.call_state.clone());
                // Those that are known of already are listed before anybody could count them.
                let known = match (&topic, state.imports.shared.participant()) {
                    (Ok(topic), Ok(participant)) => {
                        participant.audience(topic, EventKind::Presence)
                    }
                    (Err(_), _) | (_, Err(_)) => 0,
                };
                state.hold_for_call(known * MEMBER)?;
                let shared = &mut state.imports.shared;
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
                let shared = &mut state.imports.shared;
                let others = shared.note(others);
                // Each of them was told, and is told of.
                state.count_host_calls(others.as_ref().map_or(0, Vec::len) as u64);
                let members = others.map(|others| others.iter().map(Member::from).collect());
                Ok((members.map_err(TopicProblem::from) as Result<Vec<Member>, _>,))
            })
        },
    )?;
    topics.func_wrap(
        "unsubscribe",
        |mut store: Store<'_>, (topic,): (WasmStr,)| {
            let topic = text(&mut store, &topic, Limit::Topic)?;
            let state = store.data_mut();
            state.count_host_call();
            // There is no harm in it where nothing is shared, or the name is none that a topic could have.
            if let (Ok(participant), Ok(topic)) = (state.imports.shared.participant(), topic) {
                participant.unsubscribe(&topic);
            }
            state.count_pending()?;
            Ok(())
        },
    )?;
    topics.func_wrap(
        "publish",
        |mut store: Store<'_>, (topic, data): (WasmStr, WasmList<u8>)| {
            let topic = text(&mut store, &topic, Limit::Topic)?;
            let data = bytes(&mut store, &data, Limit::Message);
            let state = store.data_mut();
            state.count_host_call();
            let shared = &mut state.imports.shared;
            let published = topic.and_then(|topic| {
                let data = data?;
                shared.participant()?.publish(&topic, &data)
            });
            let published = shared.note(published);
            state.count_pending()?;
            Ok((published.map_err(TopicProblem::from),))
        },
    )
}
