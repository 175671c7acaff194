//! The end of reading: an EOF or an error, behind the bytes that were read.

use super::ReadSide;
use super::passed::is_refusal;
use crate::engine::errors::{Status, UV_EOF};
use crate::engine::memory::USUAL_READ;

/// The end that stands behind the chunks. There is no other read before its event was delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    /// No read has found it.
    #[default]
    None,
    /// A read has found `status`.
    Found {
        /// Orders it among the other events.
        order: u64,
        /// `UV_EOF`, or an error.
        status: Status,
    },
    /// An EOF that no read has found: the last read was short, and the connection is over in both directions.
    /// libuv reports an EOF then and does not read again.
    Implied {
        /// Orders it among the other events.
        order: u64,
        /// What the next read finds.
        behind: Behind,
        /// Reading was stopped before the EOF was delivered, and the event loop has not gone on since: unless
        /// reading starts before it does, the EOF is dropped.
        retractable: bool,
    },
}

/// What a read finds in the place of an implied EOF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// Nobody knows: it was not made.
    Unread,
    /// It was made, and has consumed this error.
    Error(Status),
    /// It was made, and a write has reported the error that it consumed.
    Reported,
}

impl End {
    pub(super) fn is_none(self) -> bool {
        self == End::None
    }

    pub(super) fn order(self) -> Option<u64> {
        match self {
            End::None => None,
            End::Found { order, .. } | End::Implied { order, .. } => Some(order),
        }
    }
}

impl ReadSide {
    /// Sets the end that stands behind the chunks, with the number `order`.
    pub fn end_with(&mut self, status: Status, order: u64) {
        self.end = End::Found { order, status };
    }

    /// Ends reading with `status`, behind what was read.
    pub fn fail(&mut self, status: Status, order: u64) {
        if self.on && self.end.is_none() {
            self.end_with(status, order);
        }
    }

    /// The connection is over, and the last read has found the last bytes of it. An implied EOF with the number
    /// `order` follows them.
    pub fn imply_eof(&mut self, order: u64) {
        self.end = End::Implied { order, behind: Behind::Unread, retractable: false };
    }

    /// Reading was started or stopped: that decides whether an implied EOF may be retracted.
    pub(super) fn note_switch(&mut self) {
        let stopped_before_eof = !self.on && self.chunks.is_empty();
        if let End::Implied { retractable, .. } = &mut self.end {
            *retractable = stopped_before_eof;
        }
    }

    /// Whether [`ReadSide::retract_eof`] has something to do once the ticks of the last event have run.
    pub fn has_retractable_eof(&self) -> bool {
        matches!(self.end, End::Implied { retractable: true, .. })
    }

    /// The event loop has gone on while reading was off: a read on resume takes the place of the implied EOF.
    pub fn retract_eof(&mut self) {
        let End::Implied { order, behind, retractable: true } = self.end else { return };
        self.end = match behind {
            Behind::Unread => End::None,
            Behind::Error(status) => End::Found { order, status },
            Behind::Reported => End::Found { order, status: UV_EOF },
        };
    }

    /// Takes the end whose event is delivered now; its status.
    pub(super) fn take_end(&mut self) -> Option<Status> {
        let (status, behind) = match std::mem::take(&mut self.end) {
            End::None => return None,
            End::Found { status, .. } => (status, Behind::Unread),
            End::Implied { behind, .. } => (UV_EOF, behind),
        };
        self.recv_error = match behind {
            Behind::Error(status) => Some(status),
            Behind::Unread | Behind::Reported => None,
        };
        Some(status)
    }

    /// Whether the next event is an implied EOF. No other event comes before it.
    pub fn eof_implied_next(&self) -> bool {
        self.on && self.chunks.is_empty() && matches!(self.end, End::Implied { .. })
    }

    /// Whether the next event is an end that a read has found, and would find again: the descriptor stays readable.
    pub fn ends_next(&self) -> bool {
        let stays = matches!(self.end, End::Found { status, .. } if !is_refusal(status));
        self.on && self.chunks.is_empty() && stays
    }

    /// Whether everything that was read is delivered, and the next read is likely to find the end.
    pub fn expects_end(&self) -> bool {
        self.last_read.is_short()
            && self.connection.is_read_closed()
            && self.end.is_none()
            && self.chunks.is_empty()
    }

    /// Whether the next event may bring the last bytes of the connection: a short read that another thread has
    /// made. libuv would have read on the JavaScript thread, later, and with what the kernel reports by now.
    pub fn may_be_last(&self) -> bool {
        self.on
            && self.config.off_thread
            && !self.config.reports_resets
            && self.last_read.is_short()
            && self.end.is_none()
            && self.chunks.len() == 1
            && self.is_one_short_read(self.ahead)
    }

    /// As [`ReadSide::may_be_last`], of the rest of a connection whose reset is reported, see
    /// [`ReadSide::has_read_rest`].
    pub fn may_be_rest(&self) -> bool {
        self.on
            && self.config.off_thread
            && self.config.reports_resets
            && self.last_read == super::LastRead::Short
            && self.end.is_none()
            && self.chunks.len() == 1
            && !self.fills_reads(self.ahead)
    }

    /// The connection is over, and nothing is left to read but how it ended.
    pub fn note_rest(&mut self) {
        self.last_read = super::LastRead::Rest;
    }

    /// Whether `count` bytes are one short read of libuv's, which then takes a connection that is over for ended.
    /// Had libuv needed several reads, JavaScript would have run between them.
    pub(super) fn is_one_short_read(&self, count: usize) -> bool {
        self.cap > 0 || count.max(self.last_event) < USUAL_READ
    }

    /// Whether reading goes on at once behind `count` bytes, because libuv's read would have been full.
    pub(super) fn fills_reads(&self, count: usize) -> bool {
        self.cap == 0 && count.is_multiple_of(USUAL_READ)
    }

    /// Whether a read has found an error that is going to be delivered.
    pub fn has_error(&self) -> bool {
        self.on && matches!(self.end, End::Found { status, .. } if status != UV_EOF)
    }

    /// send(2) has failed with `status` and has consumed the error of the socket: the next read that finds an end reports
    /// it. `None`: something else does.
    pub fn defer_error(&mut self, status: Option<Status>) {
        self.send_error = status;
        self.readable |= status.is_some();
    }

    /// Takes the error that recv(2) has consumed and that was not delivered. An EOF takes its place.
    pub fn take_error(&mut self) -> Option<Status> {
        if let Some(status) = self.recv_error.take() {
            return Some(status);
        }
        match &mut self.end {
            End::Implied { behind, .. } => match *behind {
                Behind::Error(status) => {
                    *behind = Behind::Reported;
                    Some(status)
                }
                Behind::Unread | Behind::Reported => None,
            },
            End::Found { status, .. } if *status != UV_EOF => {
                Some(std::mem::replace(status, UV_EOF))
            }
            End::Found { .. } | End::None => None,
        }
    }

    /// Whether the last read took the rest of a connection that is over, and the next read reports how it ended.
    /// libuv sends what waits, and shuts down behind it, before that read.
    pub fn has_read_rest(&self) -> bool {
        self.last_read == super::LastRead::Rest
    }

    /// Whether libuv, which reads on as long as its reads are full, would not have sent yet.
    pub fn has_read_full(&self) -> bool {
        self.last_read == super::LastRead::Full && self.last_size > 0
    }

    /// As [`ReadSide::has_read_rest`], of an error that another thread has found behind the rest before that was
    /// delivered. Takes the error away, with its number; [`ReadSide::end_with`] has to follow.
    pub fn take_error_behind_rest(&mut self) -> Option<(u64, Status)> {
        let config = self.config;
        if !config.off_thread || !config.reports_resets || !self.last_read.is_short() {
            return None;
        }
        let End::Found { order, status } = self.end else { return None };
        if status == UV_EOF || self.chunks.len() != 1 || self.fills_reads(self.chunks[0].1.len()) {
            return None;
        }
        self.end = End::None;
        Some((order, status))
    }
}
