//! The store on Redis.

use super::link::Link;
use super::script::{StoreScripts, VALUES, namespace_of};
use crate::backend::{Answer, Namespaces, Page, StoreBackend};
use crate::limits::{Limit, Limits};
use crate::memory::ENTRY;
use crate::problem::Problem;
use redis::{Script, ScriptInvocation};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Keys of Redis that one question looks at, about. It answers others in between.
const SCANNED: usize = 1000;
/// Questions after which nobody looks for more names: a million keys, in which others may keep theirs.
const QUESTIONS: usize = 1000;

/// See [`StoreBackend`].
pub(crate) struct RedisStore {
    link: Arc<Link>,
    scripts: StoreScripts,
    limits: Limits,
}

impl RedisStore {
    pub(crate) fn new(link: Arc<Link>, namespace: &str, limits: &Limits) -> Self {
        Self {
            link,
            scripts: StoreScripts::new(namespace),
            limits: limits.clone(),
        }
    }

    fn call<'a>(&'a self, script: &'a Script, key: &str) -> ScriptInvocation<'a> {
        let mut call = self.scripts.call(script);
        call.arg(ENTRY)
            .arg(self.limits.store)
            .arg(self.limits.keys)
            .arg(key);
        call
    }

    /// Runs a script that says a word: what it did, or what was in its way.
    async fn word(&self, call: ScriptInvocation<'_>) -> Result<String, Problem> {
        let word: String = self.link.run(&call).await?;
        match &*word {
            "store-size" => Err(Problem::TooMany(Limit::Store)),
            "store-keys" => Err(Problem::TooMany(Limit::Keys)),
            "not-a-number" => Err(Problem::NotANumber),
            _ => Ok(word),
        }
    }
}

impl StoreBackend for RedisStore {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Arc<[u8]>>> {
        let call = self.call(&self.scripts.get, key);
        Box::pin(async move { self.link.run(&call).await })
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Option<Duration>) -> Answer<'a, ()> {
        let mut call = self.call(&self.scripts.set, key);
        // Lua counts to 2^53; what is beyond is for ever.
        let ttl = ttl
            .map(|ttl| ttl.as_millis())
            .filter(|ttl| *ttl < 1 << 52)
            .map_or(String::new(), |ttl| ttl.to_string());
        call.arg(value).arg(ttl);
        Box::pin(async move { self.word(call).await.map(drop) })
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        expected: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    ) -> Answer<'a, bool> {
        let mut call = self.call(&self.scripts.compare_and_set, key);
        for value in [expected, new] {
            call.arg(u8::from(value.is_some()))
                .arg(value.unwrap_or_default());
        }
        Box::pin(async move { Ok(self.word(call).await? == "yes") })
    }

    fn add<'a>(&'a self, key: &'a str, delta: i64) -> Answer<'a, i64> {
        let mut call = self.call(&self.scripts.add, key);
        call.arg(delta);
        Box::pin(async move {
            let sum = self.word(call).await?;
            sum.parse().map_err(|_| Problem::NotANumber)
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, bool> {
        let call = self.call(&self.scripts.delete, key);
        Box::pin(async move { self.link.run(&call).await })
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        more: Option<&'a str>,
        limit: usize,
    ) -> Answer<'a, Page> {
        let mut call = self.call(&self.scripts.keys, prefix);
        call.arg(more.unwrap_or_default()).arg(limit);
        Box::pin(async move {
            let mut keys: Vec<String> = self.link.run(&call).await?;
            // The first is where the next page begins.
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
                let (next, keys): (String, Vec<Vec<u8>>) = self.link.ask(&scan).await?;
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
