//! State that connections share: the store, topics, a file, Redis.

mod file;
mod publishing;
mod redis;
#[cfg(unix)]
mod redis_attacks;
mod store;
mod topics;
