//! Who waits for readiness, and on which thread the engine then runs.
//!
//! * [`worker`]: tasks on the shared tokio runtime; works in every host. [`hub`]: how they meet the
//!   JavaScript thread.
//! * [`inline`]: the JavaScript thread itself; needs a host whose event loop can watch a descriptor.

pub mod batch;
pub mod handle;
pub mod hub;
pub mod inline;
pub mod runtime;
pub mod slots;
pub mod worker;

use std::rc::Rc;
use std::sync::Arc;

use crate::engine::errors::Status;
use handle::{Delta, Handle};
use inline::InlineSocket;
use worker::WorkerSocket;

/// Most events of one socket before the others have their turn.
pub const EVENTS_PER_SOCKET: usize = 16;

/// Most events of one turn before the rest of the event loop has its turn.
pub const EVENTS_PER_TURN: usize = 256;

/// Whether the receiver of events can take more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It can.
    Continue,
    /// JavaScript cannot be called any more.
    Stop,
}

/// A socket on either lane.
#[derive(Clone)]
pub enum LaneSocket {
    /// On the worker lane.
    Worker(Arc<WorkerSocket>),
    /// On the inline lane.
    Inline(Rc<InlineSocket>),
}

impl LaneSocket {
    /// Runs `command` and sees to it that what it began goes on.
    pub fn command<R>(&self, command: impl FnOnce(&mut Handle) -> R) -> (R, Delta) {
        match self {
            LaneSocket::Worker(socket) => socket.command(command),
            LaneSocket::Inline(socket) => socket.command(command),
        }
    }

    /// Runs `ask`, which changes nothing.
    pub fn ask<R>(&self, ask: impl FnOnce(&Handle) -> R) -> R {
        match self {
            LaneSocket::Worker(socket) => socket.ask(ask),
            LaneSocket::Inline(socket) => socket.ask(ask),
        }
    }

    /// Accepts a connection of `listener`, which is on the same lane, into this socket.
    pub fn accept(&self, listener: &LaneSocket) -> (Status, Delta) {
        match (self, listener) {
            (LaneSocket::Worker(socket), LaneSocket::Worker(listener)) => socket.accept(listener),
            (LaneSocket::Inline(socket), LaneSocket::Inline(listener)) => socket.accept(listener),
            _ => (-libc::EINVAL, Delta::default()),
        }
    }

    /// Closes the socket by `close`, which closes its endpoint.
    pub fn close<R>(&self, close: impl FnOnce(&mut Handle) -> R) -> (R, Delta) {
        match self {
            LaneSocket::Worker(socket) => socket.close(close),
            LaneSocket::Inline(socket) => socket.close(close),
        }
    }
}
