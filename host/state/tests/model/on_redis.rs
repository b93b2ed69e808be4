//! The tests on a real Redis.

use crate::hands::Hands;
use crate::redis_server::{self, RedisServer};
use crate::sequences::{holds, namespace, open};
use std::sync::Arc;
use std::time::Duration;

/// Of a Redis: hours. They pass by moving all times at which keys expire.
struct RedisHands {
    port: u16,
    namespace: String,
}

impl Hands for RedisHands {
    fn step(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn moves(&self, steps: u64) {
        let by = u128::from(steps) * self.step().as_millis();
        let script = format!(
            "local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') for at = 1, #all, 2 do redis.call('ZADD', KEYS[1], tonumber(all[at + 1]) - {by}, all[at]) end return 'ok'"
        );
        let key = format!("eco:{{{}}}:expires", self.namespace);
        assert_eq!(
            redis_server::ask(self.port, &["EVAL", &script, "1", &key]),
            "$2"
        );
    }
}

fn hands(redis: &RedisServer, case: u32) -> Option<Arc<dyn Hands>> {
    Some(Arc::new(RedisHands {
        port: redis.port,
        namespace: namespace(case),
    }))
}

#[test]
fn what_connections_do_is_what_the_model_does_on_redis() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    holds(20, async |case| {
        let state = open(&redis.location(), case, "p-").await;
        (vec![state], hands(&redis, case))
    });
}

/// No hash is so small that Redis hands it out as a whole, so that lists come piece by piece.
#[test]
fn what_connections_do_is_what_the_model_does_on_two_hosts() {
    let pieces = ["--hash-max-listpack-entries", "0"];
    let Some(redis) = RedisServer::start_with(|port, _| {
        let port = ["--port".to_owned(), port.to_string()];
        port.into_iter().chain(pieces.map(str::to_owned)).collect()
    }) else {
        return;
    };
    holds(20, async |case| {
        let one = open(&redis.location(), case, "p-").await;
        let other = open(&redis.location(), case, "q-").await;
        (vec![one, other], hands(&redis, case))
    });
}
