//! Which thread waits for readiness, and then runs the engine.
//!
//! * [`tokio`]: tasks on the shared tokio runtime; works in every host.
//! * [`uv`]: the JavaScript thread itself; needs a host whose event loop can watch a descriptor.

pub mod batch;
pub mod handle;
pub mod key_table;
pub mod tokio;
pub mod uv;

use std::rc::Rc;
use std::sync::Arc;

use self::tokio::socket::TokioSocket;
use crate::engine::errors::Status;
use handle::{Handle, RefDelta};
use uv::UvSocket;

/// Most events of one socket of the tokio backend before the others are served.
pub const EVENTS_PER_SOCKET: usize = 16;

/// Most events of one iteration before the rest of the event loop runs.
pub const EVENTS_PER_ITERATION: usize = 256;

/// The environment variable `name`; `None`: it is not set, or it is empty.
pub fn setting(name: &str) -> Option<String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

/// Whether the receiver of events can take more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It can.
    Continue,
    /// JavaScript cannot be called any more.
    Stop,
}

/// A socket on either backend.
#[derive(Clone)]
pub enum BackendSocket {
    /// On the tokio backend.
    Tokio(Arc<TokioSocket>),
    /// On the uv backend.
    Uv(Rc<UvSocket>),
}

impl BackendSocket {
    /// Runs `command` and sees to it that what it began goes on.
    pub fn command<R>(&self, command: impl FnOnce(&mut Handle) -> R) -> (R, RefDelta) {
        match self {
            BackendSocket::Tokio(socket) => socket.command(command),
            BackendSocket::Uv(socket) => socket.command(command),
        }
    }

    /// Runs `ask`, which changes nothing.
    pub fn ask<R>(&self, ask: impl FnOnce(&Handle) -> R) -> R {
        match self {
            BackendSocket::Tokio(socket) => socket.ask(ask),
            BackendSocket::Uv(socket) => socket.ask(ask),
        }
    }

    /// Accepts a connection of `listener`, which is on the same backend, into this socket.
    pub fn accept(&self, listener: &BackendSocket) -> (Status, RefDelta) {
        match (self, listener) {
            (BackendSocket::Tokio(socket), BackendSocket::Tokio(listener)) => {
                socket.accept(listener)
            }
            (BackendSocket::Uv(socket), BackendSocket::Uv(listener)) => socket.accept(listener),
            _ => (-libc::EINVAL, RefDelta::default()),
        }
    }

    /// Watches the descriptor no longer, until something has to wait for it again.
    pub fn unwatch(&self) {
        match self {
            BackendSocket::Tokio(socket) => socket.unwatch(),
            BackendSocket::Uv(socket) => socket.unwatch(),
        }
    }

    /// Closes the socket by `close`, which closes its endpoint.
    pub fn close<R>(&self, close: impl FnOnce(&mut Handle) -> R) -> (R, RefDelta) {
        match self {
            BackendSocket::Tokio(socket) => socket.close(close),
            BackendSocket::Uv(socket) => socket.close(close),
        }
    }
}
