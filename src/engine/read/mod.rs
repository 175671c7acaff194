//! The read side of a connection: when to read, how much, and what was read ahead.
//!
//! [`receive`] makes the reads, [`message`] those of messages, [`passed`] has the descriptors that come with bytes,
//! [`end`] decides how they end. What a read has found waits here until it is delivered as an event.

mod config;
mod end;
mod message;
mod passed;
mod receive;

pub use config::ReadConfig;

use std::collections::VecDeque;

use socket2::Socket;

use super::errors::{OK, Status, UV_EOF};
use super::event::{Event, Readiness};
use super::memory::{Chunk, MAX_READ, USUAL_READ};
use end::End;
use passed::Passed;

/// Once so many bytes wait for JavaScript, no further read is made. (The tokio backend reads ahead. The uv backend makes
/// one read at a time.)
pub const READ_AHEAD: usize = 2 * MAX_READ;

/// How much of the connection is left, as far as the kernel has reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Connection {
    /// The peer may send more.
    #[default]
    Open,
    /// The peer sends no more: a short read does not clear [`ReadSide::readable`].
    ReadClosed,
    /// Both directions are over.
    HungUp,
}

impl Connection {
    fn is_read_closed(self) -> bool {
        self != Connection::Open
    }
}

/// How much the last read found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LastRead {
    /// All that it asked for, or there was none.
    #[default]
    Full,
    /// Less than it asked for.
    Short,
    /// Less than it asked for, and that is the rest: see [`ReadSide::has_read_rest`].
    Rest,
}

impl LastRead {
    fn is_short(self) -> bool {
        self != LastRead::Full
    }
}

/// The read side.
#[derive(Debug, Default)]
pub struct ReadSide {
    config: ReadConfig,
    /// Whether JavaScript wants to read. While it does not, nothing is delivered or read.
    on: bool,
    /// Whether recv(2) may find something. Cleared when it finds nothing, or less than it asked for.
    readable: bool,
    connection: Connection,
    last_read: LastRead,
    /// Bytes of the last read.
    last_size: usize,
    /// Bytes of the last event, since recv(2) found nothing.
    last_event: usize,
    /// The length of the program's own buffer (`onread`), which bounds one event; 0: it has none.
    cap: usize,
    /// Most bytes of one event where `cap` is 0, since the stream's `highWaterMark` is large; 0: [`USUAL_READ`].
    most: usize,
    /// What was read and not delivered, each chunk with the number that orders it among the other events.
    chunks: VecDeque<(u64, Chunk)>,
    /// The sum of `chunks`.
    ahead: usize,
    /// `ahead` reached its bound: no read until half of it was taken.
    full: bool,
    /// Most descriptors that may come with bytes; 0: none are asked for.
    receives: usize,
    /// The descriptors that came with the last of `chunks`. Nothing is read behind them before they are taken.
    passed: Option<Passed>,
    end: End,
    /// The error that send(2) has consumed: the next read that finds an end reports this error.
    send_error: Option<Status>,
    /// The error that recv(2) has consumed behind an implied EOF that was delivered: the next write reports it.
    recv_error: Option<Status>,
    /// Bytes delivered.
    delivered: u64,
}

impl ReadSide {
    /// The read side of a connection of which nothing is known yet.
    pub fn new(config: ReadConfig) -> Self {
        ReadSide { config, ..ReadSide::default() }
    }

    /// What was fixed when it was made.
    pub fn config(&self) -> ReadConfig {
        self.config
    }

    /// Whether JavaScript wants to read.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Starts or stops the delivery of what arrives.
    pub fn set_on(&mut self, on: bool) {
        self.on = on;
        if on {
            self.announce_again();
        }
        self.note_switch();
    }

    /// Caps one event at `bytes`; 0 takes the cap away.
    pub fn set_cap(&mut self, bytes: usize) {
        self.cap = bytes;
    }

    /// Lets one event have up to `bytes`, at most [`MAX_READ`], where [`ReadSide::set_cap`] has no cap.
    pub fn set_most(&mut self, bytes: usize) {
        self.most = bytes;
    }

    /// What one read into the engine's memory asks the kernel for.
    fn ask(&self) -> usize {
        match (self.cap, self.most) {
            (0, 0) => USUAL_READ,
            (0, most) => most.min(MAX_READ),
            (cap, _) => cap.min(MAX_READ),
        }
    }

    /// How many bytes the next read asks for if it is likely to bring [`USUAL_READ`] or more, and not into the program's
    /// own buffer.
    pub fn expects_full_read(&self) -> Option<usize> {
        (self.last_size >= USUAL_READ && self.cap == 0).then(|| self.ask())
    }

    /// Bytes delivered.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Adds bytes that others have read from the socket.
    pub fn count(&mut self, bytes: u64) {
        self.delivered += bytes;
    }

    /// Takes note that recv(2) may find something, and of what the kernel reports beside that.
    pub fn on_ready(&mut self, readiness: Readiness) {
        self.readable = true;
        let reported = match readiness {
            Readiness { hung_up: true, .. } => Connection::HungUp,
            Readiness { read_closed: true, .. } => Connection::ReadClosed,
            _ => Connection::Open,
        };
        self.connection = self.connection.max(reported);
    }

    /// Another connection begins: forgets how the last one ended.
    pub fn begin_again(&mut self) {
        self.connection = Connection::Open;
        if self.last_read == LastRead::Rest {
            self.last_read = LastRead::Short;
        }
        self.send_error = None;
        self.recv_error = None;
    }

    /// Whether it reads, and neither an end nor descriptors may come with the next bytes.
    pub fn is_plain(&self) -> bool {
        self.on
            && self.end.is_none()
            && self.connection == Connection::Open
            && self.receives == 0
            && self.passed.is_none()
            && self.send_error.is_none()
            && self.recv_error.is_none()
    }

    /// Others have read meanwhile: the next read finds out what there is.
    pub fn forget_last(&mut self) {
        self.readable = true;
        self.last_read = LastRead::Full;
        self.last_size = 0;
        self.last_event = 0;
    }

    /// Whether recv(2) may find something.
    pub fn is_readable(&self) -> bool {
        self.readable
    }

    /// Whether a read would be made now, were there something to read. `limit` is the bound of bytes
    /// that are read ahead; with a cap on the size of an event it is one event.
    pub fn wants_read(&self, limit: usize) -> bool {
        let limit = if self.cap > 0 { 1 } else { limit };
        self.on
            && self.end.is_none()
            && !self.full
            && self.ahead < limit
            && self.passed.is_none()
            && !self.has_most_messages()
    }

    /// Whether bytes were read that were not delivered.
    pub fn has_undelivered(&self) -> bool {
        self.ahead > 0
    }

    /// Whether something was read, if only an end, that was not delivered.
    pub fn has_arrived(&self) -> bool {
        !self.chunks.is_empty() || !self.end.is_none()
    }

    /// Takes the bytes that were read and not delivered; they count as delivered. An end behind them stays.
    pub fn take_undelivered(&mut self) -> Vec<u8> {
        let bytes = self.take_chunks();
        self.delivered += bytes.len() as u64;
        self.full = false;
        bytes
    }

    /// Takes what was read and not delivered: the bytes, and the error behind them, or [`OK`]. An EOF does not
    /// count: the next reader of the socket finds it again.
    pub fn take_arrived(&mut self) -> (Vec<u8>, Status) {
        let error = match std::mem::take(&mut self.end) {
            End::Found { status, .. } if status != UV_EOF => status,
            _ => self.send_error.take().unwrap_or(OK),
        };
        (self.take_chunks(), error)
    }

    /// The bytes of all chunks. Descriptors that came with them are closed.
    fn take_chunks(&mut self) -> Vec<u8> {
        self.passed = None;
        let mut bytes = Vec::with_capacity(self.ahead);
        for (_, chunk) in self.chunks.drain(..) {
            bytes.extend_from_slice(chunk.as_slice());
        }
        self.ahead = 0;
        bytes
    }

    /// The number of the next event that may be delivered now.
    pub fn next_order(&self) -> Option<u64> {
        if !self.on || self.is_announced() {
            return None;
        }
        self.chunks.front().map(|(order, _)| *order).or_else(|| self.end.order())
    }

    /// The next event, if it may be delivered now.
    pub fn next_event(&mut self, socket: &Socket) -> Option<Event> {
        if !self.on {
            return None;
        }
        if self.is_passed_next() {
            return self.announce();
        }
        match self.next_chunk(socket) {
            Some(chunk) => {
                self.deliver(chunk.len());
                Some(Event::Read(chunk))
            }
            None => {
                let status = self.take_end()?;
                self.on = false;
                Some(Event::ReadEnd(status))
            }
        }
    }

    /// Counts `bytes` that JavaScript gets.
    fn deliver(&mut self, bytes: usize) {
        self.ahead -= bytes;
        self.delivered += bytes as u64;
        self.last_event = bytes;
        if self.ahead <= READ_AHEAD / 2 {
            self.full = false;
        }
    }

    /// The bytes of the next event.
    fn next_chunk(&mut self, socket: &Socket) -> Option<Chunk> {
        if self.config.messages {
            return self.chunks.pop_front().map(|(_, message)| message);
        }
        let (_, front) = self.chunks.front_mut()?;
        if self.cap > 0 && front.len() > self.cap {
            return Some(front.take_front(self.cap));
        }
        let (order, mut chunk) = self.chunks.pop_front()?;
        self.top_up(socket, &mut chunk, order);
        Some(chunk)
    }
}
