//! The limits of a server. A limit is one row of the table here, and is kept elsewhere.

use eco_limits::{Range, Value};
use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The most connections that a person may ask for. Each takes four mappings of memory where sessions are plugins (a stack,
/// an instance, and what guards them), and Linux gives a process 65530 (`vm.max_map_count`). More is refused.
/// Test: `commands::usage::arguments_without_sense_are_usage_and_the_error_says_what_has_some`.
pub const MOST_CONNECTIONS: usize = 16_000;

eco_limits::limits! {
    /// The limits of a server.
    pub struct Limits {}

    /// One of the [`Limits`].
    pub enum Limit {
        /// The most bytes that one call of the plugin is handed
        ///
        /// Each worker thread keeps a buffer or two of this size, and a plugin must hold a chunk beside all else.
        ChunkSize {
            chunk_size: Size = 64 * KIB,
            code: "chunk-size",
            words: "the most bytes that one call of the plugin gets",
            range: Range::FromTo(Value::Size(1), Value::Size(16 * MIB)),
            reason: "1 B to 16 MiB. A page of WebAssembly's memory, which every plugin can spare.",
            test: "echo::a_chunk_size_of_16_gives_the_transcript_of_the_course",
        }

        /// Connections at the same time; the next ones wait
        ///
        /// At the cap, accepting waits; nothing is refused.
        MaxConnections {
            max_connections: Count = 2048,
            code: "max-connections",
            words: "connections at the same time; the next ones wait until one ends",
            range: Range::FromTo(Value::Count(1), Value::Count(MOST_CONNECTIONS)),
            reason: "1 to 16 000. A class has some dozens and a small service some hundreds, and address space is reserved for each.",
            test: "tcp::at_the_cap_connections_wait_and_none_is_refused",
        }

        /// Connections of one peer, an IPv4 address or an IPv6 /64; one more is reset
        ///
        /// Those at the same time. A transport without resets is just closed, as is one that has none before its
        /// handshake ([`Handshake`](crate::Handshake)). `None`: as many as there may be in all.
        MaxConnectionsPerPeer {
            max_connections_per_peer: Cap = None,
            code: "max-connections-per-peer",
            words: "connections of one peer; one more is reset",
            reason: "Many may share one address, behind a router or a proxy, so that the right number is known to the operator alone.",
            test: "tcp::a_peer_that_has_as_many_as_it_may_is_refused_and_stops_no_other",
        }

        /// Close a connection when nothing came from its peer, and nothing was written to it, for this long
        ///
        /// `None`: it stays for ever.
        IdleTimeout {
            idle_timeout: Timeout = Some(Duration::from_secs(600)),
            code: "idle-timeout",
            words: "closes a connection to which, and from which, nothing went for so long",
            reason: "A person who thinks, or types slowly, keeps the connection; one that was forgotten gives its place back.",
            test: "tcp::a_silent_peer_is_closed_in_order_after_the_idle_timeout",
        }

        /// Reset a connection whose peer takes none of a reply for this long
        ///
        /// A reply as a whole has this time too, and once more for each 64 KiB of it. `None`: it stays for ever.
        WriteTimeout {
            write_timeout: Timeout = Some(Duration::from_secs(30)),
            code: "write-timeout",
            words: "resets a connection whose peer takes none of a reply for so long",
            reason: "A bad network is away for some seconds. A peer that takes nothing makes the host hold a reply.",
            test: "tcp::a_peer_that_takes_nothing_is_reset_after_the_write_timeout",
        }

        /// At SIGINT or SIGTERM: how long replies in flight may take
        ///
        /// Those that take longer are cut off.
        Grace {
            grace: Time = Duration::from_secs(10),
            code: "grace",
            words: "when eco stops: how long replies on their way may take",
            reason: "As long as `docker stop` waits before it kills.",
            test: "stopping::a_peer_that_never_reads_is_cut_off_at_the_end_of_the_grace",
        }
    }
}
