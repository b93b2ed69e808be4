//! The remedy for an error of Redis: another connection, or time.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// The remedy for an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// To connect anew, as the address may lead to another server by now. The connection is broken, or its server isn't
    /// the master of our keys any more, or serves nobody. Nothing goes on working over it.
    Connect,
    /// To ask again later. The server is the right one, and may refuse nothing else: a write while its disk or its
    /// memory is full, say, or while its replicas are away.
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
            // Redis 6 has the code within its text about the script, and nowhere else.
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
