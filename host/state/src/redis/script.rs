//! The scripts, and what keys are called.

use redis::{Script, ScriptInvocation};

/// What the keys and channels of a namespace begin with. The braces keep them together in a cluster.
pub(super) fn base(namespace: &str) -> String {
    format!("eco:{{{namespace}}}:")
}

/// A script of the store, after what all of them begin with.
macro_rules! store {
    ($name:literal) => {
        Script::new(concat!(
            include_str!("scripts/store.lua"),
            include_str!(concat!("scripts/", $name, ".lua"))
        ))
    };
}

macro_rules! topics {
    ($name:literal) => {
        Script::new(concat!(
            include_str!("scripts/topics.lua"),
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
            get: store!("get"),
            set: store!("set"),
            compare_and_set: store!("compare_and_set"),
            add: store!("add"),
            delete: store!("delete"),
            keys: store!("keys"),
            names: ["values", "expires", "keys", "used"].map(|name| format!("{base}{name}")),
        }
    }

    /// A call of one of them.
    pub(super) fn call<'a>(&'a self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for name in &self.names {
            call.key(name);
        }
        call
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
    base: String,
    host: String,
    names: [String; 2],
}

impl TopicScripts {
    pub(super) fn new(namespace: &str, host: &str) -> Self {
        let base = base(namespace);
        Self {
            join: topics!("join"),
            rejoin: topics!("rejoin"),
            rename: topics!("rename"),
            publish: topics!("publish"),
            leave: topics!("leave"),
            lose: topics!("lose"),
            list: topics!("list"),
            renew: topics!("renew"),
            names: ["hosts", "used"].map(|name| format!("{base}{name}")),
            host: host.to_owned(),
            base,
        }
    }

    /// A call of one of them, over the connection with this number.
    pub(super) fn call<'a>(&'a self, script: &'a Script, connection: u64) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for name in &self.names {
            call.key(name);
        }
        call.arg(&self.base);
        call.arg(format!("{}\n{connection}", self.host));
        call
    }

    /// What is published to a topic.
    pub(super) fn topic_channel(&self, topic: &str) -> String {
        format!("{}topic:{topic}", self.base)
    }

    /// Lists, for this host alone.
    pub(super) fn host_channel(&self) -> String {
        format!("{}host:{}", self.base, self.host)
    }
}
