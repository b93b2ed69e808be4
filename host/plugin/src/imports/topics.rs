//! What connections say to each other: `wit/topics.wit`.

use crate::abi::{Member, TopicProblem};
use crate::engine::World;
use crate::instance::state::State;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

pub(super) const INTERFACE: &str = "eco:plugin/topics@0.1.0";

/// Defines its functions.
pub(super) fn link(linker: &mut Linker<State>, _: World) -> wasmtime::Result<()> {
    type Store<'a> = StoreContextMut<'a, State>;
    let mut topics = linker.instance(INTERFACE)?;
    topics.func_wrap_async(
        "subscribe",
        |mut store: Store<'_>, (topic, label): (String, String)| {
            Box::new(async move {
                let state = store.data_mut();
                state.count_bytes(topic.len() + label.len());
                let shared = &mut state.imports.shared;
                let listens = shared.listens;
                let others = match shared.participant() {
                    Ok(part) => part.subscribe(&topic, &label, listens).await,
                    Err(problem) => Err(problem),
                };
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
        |mut store: Store<'_>, (topic,): (String,)| {
            let state = store.data_mut();
            state.count_bytes(topic.len());
            // There is no harm in it where nothing is shared.
            if let Ok(participant) = state.imports.shared.participant() {
                participant.unsubscribe(&topic);
            }
            Ok(())
        },
    )?;
    topics.func_wrap(
        "publish",
        |mut store: Store<'_>, (topic, data): (String, Vec<u8>)| {
            let state = store.data_mut();
            state.count_bytes(topic.len() + data.len());
            let shared = &mut state.imports.shared;
            let published = shared
                .participant()
                .and_then(|participant| participant.publish(&topic, &data));
            Ok((shared.note(published).map_err(TopicProblem::from),))
        },
    )
}
