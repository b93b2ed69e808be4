//! What `--admin` costs, and how fast it answers.
//!
//! `cargo bench -p eco-benches --bench admin` takes some minutes, and writes `tests/benches/ADMIN.md`. With `-- --quick` it writes
//! nothing. It holds no threshold: the machines are noisy. It wants to be alone on its machine, which is Linux.

mod instructions;
mod livez;

use anyhow::Result;
use eco_benches::figures::is_quick;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

fn main() -> Result<()> {
    let quick = is_quick();
    let (requests, trips) = if quick { (20, 20) } else { (1000, 300) };
    let page = format!(
        "# `--admin`: results\n\n\
        Written by `cargo bench -p eco-benches --bench admin`, on {} processors ({}).\n\n{}\n{}",
        std::thread::available_parallelism()?,
        eco_benches::processor(),
        livez::table(requests)?,
        instructions::table(trips)?,
    );
    print!("{page}");
    if !quick {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("ADMIN.md"), page)?;
    }
    Ok(())
}

/// An address on which nobody listens. Nobody else takes ports here.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
