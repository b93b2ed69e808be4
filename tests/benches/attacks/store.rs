//! Large values, beside small ones.

use crate::attackers::{connect, crowd};
use crate::neighbour::Neighbour;
use crate::scripts;
use crate::trial::{Figures, Scene, Trial};
use anyhow::Result;
use std::net::Ipv4Addr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

const LOOPS: usize = 16;

/// Connections in the background set and get large values, and the neighbour gets a small one.
pub(crate) async fn large_values(scene: Scene) -> Result<Figures> {
    let server = scene.serve(scripts::STORES, &["--cpu", "1h"])?;
    let (from, address) = (scene.origin.address(), server.address);
    let neighbour = Neighbour::asks(address, b"get", 3)?;
    let mut counts = connect(Ipv4Addr::LOCALHOST, address).await?;
    let trial = Trial::begin(&scene, &server, neighbour).await?;
    let _loops = crowd(from, address, LOOPS, |number| format!("loop {number}")).await?;
    tokio::time::sleep(scene.span()).await;
    let mut count = [0; 20];
    let counted = timeout(scene.patience(), async {
        counts.write_all(b"count").await?;
        counts.read_exact(&mut count).await
    });
    let came_of_it = match counted.await {
        Ok(Ok(_)) => {
            let count: u64 = std::str::from_utf8(&count)?.parse()?;
            let rate = count as f64 / trial.began.elapsed().as_secs_f64();
            format!("{rate:.0} values set and got a second")
        }
        Ok(Err(_)) | Err(_) => "nobody can tell how many".to_owned(),
    };
    trial.end(came_of_it).await
}
