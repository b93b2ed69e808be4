//! Processor time that is had in small pieces, by connections that are new or mostly idle.

use crate::attackers::{ask, connect, crowd, steps_in_a_millisecond, unread};
use crate::neighbour::Neighbour;
use crate::scripts;
use crate::trial::{Figures, Scene, Trial};
use anyhow::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

const RECONNECTING: usize = 8;
/// In ms.
const SHORT: u64 = 40;
const LONG: u64 = 400;

/// Connections that make one call each are always new, and one makes a call that is longer.
pub(crate) async fn reconnecting(scene: Scene) -> Result<Figures> {
    let server = scene.serve(scripts::WORKS, &["--cpu", "1m"])?;
    let (from, address) = (scene.origin.address(), server.address);
    let steps = steps_in_a_millisecond(address).await?;
    let mut long = connect(Ipv4Addr::LOCALHOST, address).await?;
    ask(&mut long, "work 1").await?;
    let trial = Trial::begin(&scene, &server, Neighbour::echo(address)?).await?;
    let served = Arc::new(AtomicUsize::new(0));
    let mut reconnecting = JoinSet::new();
    for _ in 0..RECONNECTING {
        let served = served.clone();
        reconnecting.spawn(async move {
            loop {
                let one = one_call(from, address, SHORT * steps).await;
                served.fetch_add(usize::from(one.is_ok()), Ordering::Relaxed);
            }
        });
    }
    // All of them are at it.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (before, began) = (served.load(Ordering::Relaxed), trial.began.elapsed());
    let call = format!("work {}", LONG * steps);
    let over = timeout(scene.patience(), ask(&mut long, &call)).await;
    let took = (trial.began.elapsed() - began).as_secs_f64();
    let others = served.load(Ordering::Relaxed) - before;
    let came_of_it = match over {
        Ok(Ok(())) => format!("the long call took {took:.1} s, in which {others} short ones ended"),
        Ok(Err(_)) => format!("the long call failed after {took:.1} s and {others} short ones"),
        Err(_) => format!("the long call had not ended after {took:.1} s and {others} short ones"),
    };
    trial.end(came_of_it).await
}

async fn one_call(from: Ipv4Addr, address: SocketAddr, steps: u64) -> Result<()> {
    let mut stream = connect(from, address).await?;
    ask(&mut stream, &format!("work {steps}")).await
}

/// Connections that nobody sends anything to work now and then, each for less than anybody would notice.
pub(crate) async fn timers_that_work(scene: Scene) -> Result<Figures> {
    timers(scene, 1900, 250, 10).await
}

/// Timers that come as often as they can, for nothing.
pub(crate) async fn timers_without_work(scene: Scene) -> Result<Figures> {
    timers(scene, 100, 1, 0).await
}

async fn timers(scene: Scene, size: usize, every: u64, work: u64) -> Result<Figures> {
    let server = scene.serve(scripts::WORKS, &[])?;
    let (from, address) = (scene.origin.address(), server.address);
    let steps = work * steps_in_a_millisecond(address).await?;
    let trial = Trial::begin(&scene, &server, Neighbour::echo(address)?).await?;
    let size = scene.many(size, size / 10);
    let says = |_| format!("every {every} {steps}");
    let idle = crowd(from, address, size, says).await?;
    tokio::time::sleep(scene.span()).await;
    // Each says a byte.
    let events = unread(&idle);
    let rate = events as f64 / trial.began.elapsed().as_secs_f64();
    trial.end(format!("{rate:.0} timers a second")).await
}
