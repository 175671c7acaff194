//! rsnet: Node's `net` on Rust. The rooms, from the bottom up:
//!
//! * [`engine`] is the network itself: state machines around a non-blocking socket.
//! * [`backend`] waits for readiness and decides on which thread the engine runs.
//! * [`bridge`] carries the engine's events into JavaScript.
//! * [`addon`] is what JavaScript sees; [`utf8`] encodes its large strings.
//!
//! Imports point one way: addon → bridge → backend → engine. No Node-API type appears in `engine` or
//! `backend`, so both run under `cargo test` without Node.

#[cfg(not(unix))]
compile_error!("rsnet supports Linux and macOS; Windows is not supported");

pub mod addon;
pub mod backend;
pub mod bridge;
pub mod engine;
pub mod utf8;
