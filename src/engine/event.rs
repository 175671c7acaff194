//! What an endpoint reports.

use super::errors::Status;
use super::memory::Chunk;

/// One thing that happened on an endpoint, in the order in which JavaScript sees it.
#[derive(Debug)]
pub enum Event {
    /// The connection attempt ended: 0, or why it failed.
    Connect(Status),
    /// Bytes arrived.
    Read(Chunk),
    /// Reading ended: `UV_EOF`, or an error. Reading is off afterwards.
    ReadEnd(Status),
    /// A queued write ended. One for each, first in, first out.
    Write(Status),
    /// The write side was shut down, or could not be.
    Shutdown(Status),
    /// A connection waits to be accepted (0), or accepting failed.
    Connection(Status),
}

/// What a descriptor became ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Bytes, a connection, the end of the stream or an error can be read.
    pub readable: bool,
    /// The kernel takes bytes again, or a connection attempt ended.
    pub writable: bool,
    /// The peer sends no more (`EPOLLRDHUP`, `EPOLLHUP`, `EPOLLERR`, `EV_EOF`): reading goes on
    /// until it sees the end, also after a read that was shorter than its buffer.
    pub read_closed: bool,
}

/// How an endpoint keeps the process alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Reading or listening: counts while the handle is ref'd.
    pub active: bool,
    /// A connect, write or shutdown whose event was not delivered: counts always.
    pub pending: bool,
}

impl Activity {
    /// Whether a handle with this activity keeps the process alive.
    pub fn is_alive(self, refed: bool) -> bool {
        self.pending || (refed && self.active)
    }
}
