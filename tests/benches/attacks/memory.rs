//! What connections make the server hold: messages of calls that don't return, and events that wait.

use crate::attackers::{ask, crowd, ended};
use crate::neighbour::Neighbour;
use crate::scripts;
use crate::trial::{Figures, Scene, Trial};
use anyhow::Result;
use std::time::Duration;

const PUBLISHERS: usize = 40;
const LOOPS: usize = 30;

/// Connections, each of which publishes in one call that has no end of its own.
pub(crate) async fn endless_call(scene: Scene) -> Result<Figures> {
    let server = scene.serve(scripts::PUBLISHES, &["--total-memory", "256MiB"])?;
    let neighbour = Neighbour::echo(server.address)?;
    let trial = Trial::begin(&scene, &server, neighbour).await?;
    let publishers = crowd(scene.origin.address(), server.address, PUBLISHERS, |_| {
        "!".to_owned()
    });
    let publishers = publishers.await?;
    // So long that calls of a second each have all ended, if they do.
    tokio::time::sleep(Duration::from_millis(scene.many(8000, 1500) as u64)).await;
    let ended = ended(&publishers);
    let came_of_it = format!("{ended} of {PUBLISHERS} calls had ended");
    trial.end(came_of_it).await
}

/// Connections that take none of their events, because they loop, and others that fill what waits for them.
pub(crate) async fn waiting_events(scene: Scene) -> Result<Figures> {
    let server = scene.serve(
        scripts::WAITS,
        &[
            ["--waiting-size", "64MiB"],
            ["--mailbox-events", "100000"],
            ["--mailbox-size", "1GiB"],
            ["--publish-rate", "1000000"],
            ["--publish-size", "1GiB"],
            ["--cpu", "1h"],
        ]
        .concat(),
    )?;
    let (from, address) = (scene.origin.address(), server.address);
    let neighbour = Neighbour::echo(address)?;
    let hear = crowd(from, address, LOOPS, |number| format!("hear {number}"));
    let _hearers = hear.await?;
    scene.settle().await;
    let trial = Trial::begin(&scene, &server, neighbour).await?;
    let mut speakers = crowd(from, address, LOOPS, |_| String::new()).await?;
    let calls = scene.many(30, 6);
    let mut said = 0;
    let fill = async {
        for call in 0..calls * LOOPS {
            let number = call % LOOPS;
            if let Some(speaker) = speakers.get_mut(number) {
                ask(speaker, &format!("fill {number}")).await?;
            }
            said += 1000;
        }
        anyhow::Ok(())
    };
    let filled = match tokio::time::timeout(scene.patience(), fill).await {
        Ok(Ok(())) => "",
        Ok(Err(_)) => ", then a call failed",
        Err(_) => ", then the time was over",
    };
    trial.end(format!("{said} messages said{filled}")).await
}
