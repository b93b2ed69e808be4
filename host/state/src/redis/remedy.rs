//! What helps against an error of Redis: another connection, or time.
//!
//! It owns which error means which. It must not know what was asked for.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// What helps against an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// To connect anew, as the address may lead to another server by now: the connection is broken, or leads to one
    /// that isn't the master of our keys any more, or serves nobody. Whether what was asked for is refused or lost,
    /// nothing on such a connection goes on working.
    Connect,
    /// To ask again later: the server is the right one, and what it refuses now (a write while its disk is full, its
    /// memory, its replicas are away) may be all that it refuses.
    Wait,
}

impl Remedy {
    /// Of an error that a command or a script has had.
    pub(super) fn of(error: &RedisError) -> Self {
        let is_broken = error.is_io_error()
            || error.is_timeout()
            || error.is_connection_dropped()
            || error.is_unrecoverable_error();
        let is_elsewhere = match error.kind() {
            ErrorKind::Server(
                ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::BusyLoading
                | ServerErrorKind::Moved
                | ServerErrorKind::ClusterDown,
            ) => true,
            // Redis 6 says so within what it says of the script.
            ErrorKind::Server(ServerErrorKind::ResponseError) => {
                let says = |word| error.detail().is_some_and(|detail| detail.contains(word));
                ["-READONLY ", "-MASTERDOWN ", "-MOVED ", "-CLUSTERDOWN "]
                    .into_iter()
                    .any(says)
            }
            _ => false,
        };
        if is_broken || is_elsewhere {
            Self::Connect
        } else {
            Self::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::Parser;

    #[test]
    fn a_server_that_is_no_master_is_given_up_and_one_that_refuses_is_asked_again() {
        for (said, remedy) in [
            (
                "READONLY You can't write against a read only replica.",
                Remedy::Connect,
            ),
            (
                "ERR Error running script (call to f_1): @user_script:9: @user_script: 9: -READONLY You can't write against a read only replica.",
                Remedy::Connect,
            ),
            (
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                Remedy::Connect,
            ),
            (
                "LOADING Redis is loading the dataset in memory",
                Remedy::Connect,
            ),
            ("MOVED 3999 127.0.0.1:6381", Remedy::Connect),
            ("CLUSTERDOWN The cluster is down", Remedy::Connect),
            ("ASK 3999 127.0.0.1:6381", Remedy::Wait),
            (
                "TRYAGAIN Multiple keys request during rehashing of slot",
                Remedy::Wait,
            ),
            (
                "NOREPLICAS Not enough good replicas to write.",
                Remedy::Wait,
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
                Remedy::Wait,
            ),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                Remedy::Wait,
            ),
            ("BUSY Redis is busy running a script.", Remedy::Wait),
            (
                "NOPERM this user has no permissions to run the 'evalsha' command",
                Remedy::Wait,
            ),
            ("ERR unknown command", Remedy::Wait),
        ] {
            let line = format!("-{said}\r\n");
            let answer = Parser::new().parse_value(line.as_bytes());
            let value = answer.expect("it is an answer").extract_error();
            let error = value.expect_err("it says that something is wrong");
            assert_eq!(Remedy::of(&error), remedy, "{said}: {error}");
        }
    }
}
