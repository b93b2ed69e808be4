//! What a connection costs that begins with a header of the PROXY protocol, beside one without.

use super::Bench;
use super::load;
use super::measures::CONNECTIONS;
use super::peers::serve;
use super::table::figure;
use anyhow::Result;
use eco_benches::figures::median;
use eco_benches::process::Process;

/// The name, the flags of the server, and what each connection begins with.
const CASES: [(&str, &[&str], &[u8]); 3] = [
    ("no header", &[], b""),
    (
        "version 1",
        TRUSTING,
        b"PROXY TCP4 192.0.2.7 192.0.2.8 50344 5005\r\n",
    ),
    (
        "version 2",
        TRUSTING,
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc0\0\x02\x08\xc4\xa8\x13\x8d",
    ),
];

const TRUSTING: &[&str] = &["--proxy-protocol", "127.0.0.1"];

/// The server's processor time of each, as a table.
pub(crate) fn table(bench: &Bench) -> Result<String> {
    let name = "PROXY headers";
    if !bench.wants(name) {
        return Ok(String::new());
    }
    let mut servers = Vec::new();
    for (case, flags, header) in CASES {
        let server = Process::start(|port| {
            let mut command = serve(&bench.eco, port, CONNECTIONS, "echo");
            command.args(flags);
            command
        })?;
        servers.push((case, server, header, Vec::new()));
    }
    for round in 0..=bench.rounds {
        for (_, server, header, figures) in &mut servers {
            let cpu = server.cpu_per_unit(|| {
                let load = load::connections(server.address, CONNECTIONS, bench.slice, header);
                bench.runtime.block_on(load)
            })?;
            // The first round warms up.
            if round > 0 {
                figures.push(cpu);
            }
        }
    }
    let without = servers.first().map(|(.., figures)| figures.clone());
    let without = without.unwrap_or_default();
    let mut text = format!(
        "
What {name} cost: server CPU of connect, a header and 16 B in one write, one reply, close, on {CONNECTIONS} connections (aim: 1.03):

| | µs | ratio |
|---|---|---|
"
    );
    for (case, _, _, figures) in servers {
        let ratios: Vec<f64> = figures.iter().zip(&without).map(|(a, b)| a / b).collect();
        let (cpu, ratio) = (figure(median(&figures)), median(&ratios));
        text += &format!("| {case} | {cpu} | {ratio:.3} |\n");
    }
    Ok(text)
}
