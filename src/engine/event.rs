//! What an endpoint reports.

use std::num::NonZeroU32;

use super::errors::Status;
use super::memory::Chunk;

/// One thing that happened on an endpoint, in the order in which JavaScript sees it.
#[derive(Debug)]
pub enum Event {
    /// The connection attempt ended: 0, or why it failed.
    Connect(Status),
    /// Bytes arrived.
    Read(Chunk),
    /// So many descriptors have arrived with bytes, and wait to be taken. Nothing else is read before.
    Descriptors(usize),
    /// Reading ended: `UV_EOF`, or an error. Reading is off afterwards.
    ReadEnd(Status),
    /// The queued write with this id ended. One for each, first in, first out.
    Write(NonZeroU32, Status),
    /// The kernel takes more of a large write, or it has failed.
    Writable(Status),
    /// The write side was shut down, or could not be.
    Shutdown(Status),
    /// A connection waits to be accepted (0), or accepting failed.
    Connection(Status),
}

impl Event {
    /// The number under which JavaScript knows this kind of event.
    pub fn kind(&self) -> i32 {
        match self {
            Event::Connect(_) => 1,
            Event::Read(_) | Event::ReadEnd(_) => 2,
            Event::Write(..) => 3,
            Event::Shutdown(_) => 4,
            Event::Connection(_) => 5,
            Event::Writable(_) => 7,
            Event::Descriptors(_) => 8,
        }
    }

    /// The number that goes with it: a status, or how many bytes or descriptors arrived.
    pub fn status(&self) -> Status {
        match self {
            Event::Read(chunk) => chunk.len() as Status,
            Event::Descriptors(count) => *count as Status,
            Event::Connect(status)
            | Event::ReadEnd(status)
            | Event::Write(_, status)
            | Event::Writable(status)
            | Event::Shutdown(status)
            | Event::Connection(status) => *status,
        }
    }

    /// The id of a queued write that ended.
    pub fn id(&self) -> Option<NonZeroU32> {
        match self {
            Event::Write(id, _) => Some(*id),
            _ => None,
        }
    }
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
    /// Both directions are over (`EPOLLHUP`): libuv takes a read that is shorter than its buffer for the last one.
    /// False where the platform does not report it.
    pub hung_up: bool,
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
