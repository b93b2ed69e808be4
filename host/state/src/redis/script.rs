//! The scripts, and the names of keys and channels.

use redis::{Cmd, Script, ToRedisArgs};

/// A script with its arguments.
pub(super) struct Call<'a> {
    pub(super) script: &'a Script,
    pub(super) command: Cmd,
}

impl<'a> Call<'a> {
    fn new(script: &'a Script, keys: &[String]) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(script.get_hash()).arg(keys.len()).arg(keys);
        Self { script, command }
    }

    pub(super) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.command.arg(argument);
        self
    }
}

/// The beginning of a namespace's keys and channels. The braces keep them together in a cluster.
pub(super) fn base(namespace: &str) -> String {
    format!("eco:{{{namespace}}}:")
}

/// The keys under which stores have their values, for `SCAN`.
pub(super) const VALUES: &str = "eco:{*}:values";

/// The namespace of such a key. A topic's key may look like one, but for the text between the braces.
pub(super) fn namespace_of(key: &[u8]) -> Option<String> {
    let key = std::str::from_utf8(key).ok()?;
    let name = key.strip_prefix("eco:{")?.strip_suffix("}:values")?;
    (!name.contains("}:")).then(|| name.to_owned())
}

/// A script of the store or of topics, after their common beginning.
macro_rules! script {
    ($common:literal, $name:literal) => {
        Script::new(concat!(
            include_str!(concat!("scripts/", $common, ".lua")),
            include_str!(concat!("scripts/", $name, ".lua"))
        ))
    };
}

pub(super) struct StoreScripts {
    pub(super) get: Script,
    pub(super) set: Script,
    pub(super) compare_and_set: Script,
    pub(super) add: Script,
    pub(super) delete: Script,
    pub(super) keys: Script,
    /// The keys that they work on.
    names: [String; 4],
}

impl StoreScripts {
    pub(super) fn new(namespace: &str) -> Self {
        let base = base(namespace);
        Self {
            get: script!("store", "get"),
            set: script!("store", "set"),
            compare_and_set: script!("store", "compare_and_set"),
            add: script!("store", "add"),
            delete: script!("store", "delete"),
            keys: script!("store", "keys"),
            names: ["values", "expires", "keys", "used"].map(|name| format!("{base}{name}")),
        }
    }

    /// A call of one of them.
    pub(super) fn call<'a>(&self, script: &'a Script) -> Call<'a> {
        Call::new(script, &self.names)
    }
}

pub(super) struct TopicScripts {
    pub(super) join: Script,
    pub(super) rejoin: Script,
    pub(super) rename: Script,
    pub(super) publish: Script,
    pub(super) leave: Script,
    pub(super) lose: Script,
    pub(super) list: Script,
    pub(super) renew: Script,
    pub(super) remove_dead: Script,
    pub(super) memberships: Script,
    base: String,
    host: String,
    /// The beginning of the channels of topics.
    topic_prefix: String,
    /// For this host alone: lists, and its own renewals.
    host_channel: String,
    names: [String; 2],
}

impl TopicScripts {
    pub(super) fn new(namespace: &str, host: &str) -> Self {
        let base = base(namespace);
        Self {
            join: script!("topics", "join"),
            rejoin: script!("topics", "rejoin"),
            rename: script!("topics", "rename"),
            publish: script!("topics", "publish"),
            leave: script!("topics", "leave"),
            lose: script!("topics", "lose"),
            list: script!("topics", "list"),
            renew: script!("topics", "renew"),
            remove_dead: script!("topics", "remove_dead"),
            memberships: script!("topics", "memberships"),
            names: ["hosts", "used"].map(|name| format!("{base}{name}")),
            topic_prefix: format!("{base}topic:"),
            host_channel: format!("{base}host:{host}"),
            host: host.to_owned(),
            base,
        }
    }

    /// A call of one of them, over the connection with this number.
    pub(super) fn call<'a>(&self, script: &'a Script, connection: u64) -> Call<'a> {
        let mut call = Call::new(script, &self.names);
        call.arg(&self.base);
        call.arg(format!("{}\n{connection}", self.host));
        call
    }

    /// The channel of a topic.
    pub(super) fn topic_channel(&self, topic: &str) -> String {
        format!("{}{topic}", self.topic_prefix)
    }

    /// The topic of a channel, if it has one.
    pub(super) fn topic_of<'a>(&self, channel: &'a str) -> Option<&'a str> {
        channel.strip_prefix(&*self.topic_prefix)
    }

    /// Lists and renewals, for this host alone.
    pub(super) fn host_channel(&self) -> &str {
        &self.host_channel
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_found_by_its_values_and_by_nothing_else() {
        for name in ["chat", "a b", "{}", "é"] {
            let names = StoreScripts::new(name).names;
            let found: Vec<_> = names
                .iter()
                .filter_map(|key| namespace_of(key.as_bytes()))
                .collect();
            assert_eq!(found, [name]);
        }
        let topic = TopicScripts::new("chat", "host").topic_channel("x}:values");
        assert_eq!(namespace_of(topic.as_bytes()), None);
    }
}
