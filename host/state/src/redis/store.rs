//! The store on Redis.

use super::link::PATIENCE;
use super::links::Links;
use super::script::{Call, StoreScripts, VALUES, namespace_of};
use super::sizes::{PAGE, SMALL, WORD};
use crate::backend::{Answer, Namespaces, Page, StoreBackend};
use crate::entry::ENTRY;
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use redis::{FromRedisValue, Script, Value, from_redis_value};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Keys of Redis that one question looks at, about. It answers others in between.
const SCANNED: usize = 1000;
/// Questions after which nobody looks for more names: a million keys, in which others may keep theirs.
const QUESTIONS: usize = 1000;

/// Bytes of a value whose length nobody knows yet. A longer value answers with its length first, so that it takes only
/// the room it needs, and the question is small even with the longest key of the defaults.
/// Test: `state::redis_attacks::store::forty_values_at_once_break_no_link`.
const SHORT: usize = SMALL - 2 * WORD;

/// See [`StoreBackend`].
pub(crate) struct RedisStore {
    links: Arc<Links>,
    scripts: StoreScripts,
    limits: Limits,
}

impl RedisStore {
    pub(crate) fn new(links: Arc<Links>, namespace: &str, limits: &Limits) -> Self {
        Self {
            links,
            scripts: StoreScripts::new(namespace),
            limits: limits.clone(),
        }
    }

    fn call<'a>(&self, script: &'a Script, key: &str) -> Call<'a> {
        let mut call = self.scripts.call(script);
        call.arg(ENTRY)
            .arg(self.limits.store)
            .arg(self.limits.keys)
            .arg(key);
        call
    }

    /// Runs a script again and again while it has more to do than one call does: it removes expired entries first, and
    /// counts anew after somebody has deleted keys. `size` has the bytes of its arguments, `answer` those of its answer
    /// at most. After [`PATIENCE`] it fails; the part that is done remains.
    /// Test: `state::redis_attacks::store::expired_values_are_not_there_however_many_they_are`.
    async fn run<'a>(
        &self,
        size: usize,
        answer: usize,
        call: impl Fn() -> Call<'a>,
    ) -> Result<Value, Problem> {
        let began = Instant::now();
        loop {
            match self.links.run(size + WORD, answer, &call).await? {
                Value::BulkString(word) if word == b"again" => {
                    if began.elapsed() >= PATIENCE {
                        self.links.server.warn("a store has much to remove");
                        return Err(Problem::AWAY);
                    }
                }
                answer => return Ok(answer),
            }
        }
    }

    /// Runs a script that answers with a word: its result, or the limit that was in its way.
    async fn word<'a>(&self, size: usize, call: impl Fn() -> Call<'a>) -> Result<String, Problem> {
        let word: String = self.read(self.run(size, WORD, call).await?)?;
        match &*word {
            "store-size" => Err(Problem::TooMany(Limit::Store)),
            "store-keys" => Err(Problem::TooMany(Limit::Keys)),
            "not-a-number" => Err(Problem::NotANumber),
            _ => Ok(word),
        }
    }

    /// The bytes to ask for, of a value that is longer than `most`.
    fn longer(&self, length: &[Value], most: usize) -> Result<usize, Problem> {
        let length = match length {
            [Value::Int(length)] => usize::try_from(*length).ok(),
            _ => None,
        };
        let within = |length: &usize| *length > most && *length <= self.limits.value;
        length.filter(within).ok_or_else(|| {
            self.links.server.warn(
                "a value is larger than a value may be here: give all servers of a namespace the same limits",
            );
            Problem::AWAY
        })
    }

    /// The answer, as this type.
    fn read<T: FromRedisValue>(&self, answer: Value) -> Result<T, Problem> {
        from_redis_value(answer).map_err(|error| {
            self.links.server.warn(error);
            Problem::AWAY
        })
    }
}

impl StoreBackend for RedisStore {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>> {
        Box::pin(async move {
            let mut most = SHORT.min(self.limits.value);
            loop {
                let call = || {
                    let mut call = self.call(&self.scripts.get, key);
                    call.arg(most);
                    call
                };
                let said = self.links.run(key.len() + WORD, most, call).await;
                match said.map_err(Problem::from)? {
                    Value::Array(length) => most = self.longer(&length, most)?,
                    value => return self.read(value),
                }
            }
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        // Lua counts to 2^53; a longer time is for ever.
        let ttl = ttl
            .map(|ttl| ttl.as_millis())
            .filter(|ttl| *ttl < 1 << 52)
            .map_or(String::new(), |ttl| ttl.to_string());
        Box::pin(async move {
            let call = || {
                let mut call = self.call(&self.scripts.set, key);
                call.arg(value).arg(&ttl);
                call
            };
            self.word(key.len() + value.len(), call).await.map(drop)
        })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let call = || {
                let mut call = self.call(&self.scripts.compare_and_set, key);
                for value in [expected, new] {
                    call.arg(u8::from(value.is_some()))
                        .arg(value.unwrap_or_default());
                }
                call
            };
            let values = [expected, new].into_iter().flatten().map(<[u8]>::len);
            let size = key.len() + values.sum::<usize>();
            Ok(self.word(size, call).await? == "yes")
        })
    }

    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64> {
        Box::pin(async move {
            let call = || {
                let mut call = self.call(&self.scripts.add, key);
                call.arg(delta);
                call
            };
            let sum = self.word(key.len(), call).await?;
            sum.parse().map_err(|_| Problem::NotANumber)
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let call = || self.call(&self.scripts.delete, key);
            self.read(self.run(key.len(), WORD, call).await?)
        })
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        more: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Page> {
        Box::pin(async move {
            let more = more.unwrap_or_default();
            let call = || {
                let mut call = self.call(&self.scripts.keys, prefix);
                call.arg(more).arg(limit).arg(PAGE);
                call
            };
            let size = prefix.len() + more.len();
            // The last key is whole, and comes twice if a page ends with it.
            let key = self.limits.key;
            let page = PAGE.min(limit.saturating_mul(key));
            let answer = page
                .saturating_add(key.saturating_mul(2))
                .saturating_add(WORD);
            let mut keys: Vec<String> = self.read(self.run(size, answer, call).await?)?;
            // The first is the beginning of the next page.
            let more = if keys.is_empty() {
                String::new()
            } else {
                keys.remove(0)
            };
            Ok(Page {
                keys,
                more: Some(more).filter(|more| !more.is_empty()),
            })
        })
    }

    fn namespaces(&self) -> Answer<'_, Namespaces> {
        Box::pin(async move {
            let mut names = BTreeSet::new();
            let mut cursor = "0".to_owned();
            for _ in 0..QUESTIONS {
                let mut scan = redis::cmd("SCAN");
                scan.arg(&cursor).arg("MATCH").arg(VALUES);
                scan.arg("COUNT").arg(SCANNED);
                let found = self.links.ask(scan, PAGE).await;
                let (next, keys): (String, Vec<Vec<u8>>) =
                    self.read(found.map_err(Problem::from)?)?;
                names.extend(keys.iter().filter_map(|key| namespace_of(key)));
                cursor = next;
                if cursor == "0" || names.len() > Namespaces::MOST {
                    break;
                }
            }
            Ok(Namespaces {
                may_be_more: cursor != "0" || names.len() > Namespaces::MOST,
                names: names.into_iter().take(Namespaces::MOST).collect(),
            })
        })
    }
}
