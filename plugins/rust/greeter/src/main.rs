//! greeter: greets whoever connects, and sends each line back.
//!
//! It is a program like any other: what it reads is what the peer sends, what it writes is what the peer gets, and what it
//! writes to stderr is in eco's log. Each connection has a run of its own.

use std::env;
use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let peer = env::var("TCPREMOTEIP").unwrap_or_else(|_| "whoever you are".to_owned());
    writeln!(output, "hello, {peer}")?;

    // Lines have any bytes and any length; the last one may lack its end.
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        // The library sends what is written at the end of each line. To send less than a line, call output.flush().
        output.write_all(&line)?;
        line.clear();
    }
    Ok(())
}
