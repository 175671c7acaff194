//! What waits to be sent when the connection is lost: which of a read and a write reports the error, since the kernel
//! tells it once.
//!
//! libuv reads before it sends what had to wait. If that read finds the last bytes, the write reports the error;
//! if it finds the error, the read does. Another thread than JavaScript's reads and sends earlier than libuv would have,
//! so the error that it finds is sorted in as if it had not.

use std::io::{self, IoSlice};

use super::{Stream, WriteSide};
use crate::engine::errors::{OK, Status, UV_EOF, status_of};
use crate::engine::event::Event;
use crate::engine::read::READ_AHEAD;
use crate::engine::sys;

impl Stream {
    /// Whether a write waits: in the queue, or a large one for JavaScript to hear that there is room.
    fn has_unsent(&self) -> bool {
        !self.queue.is_empty() || self.due_large().is_some()
    }

    /// Where among the events stands that a large write may go on.
    fn due_large(&self) -> Option<usize> {
        self.events.iter().position(|(_, event)| matches!(event, Event::Writable(OK)))
    }

    /// Whether something is to be sent, or shut down, that comes behind the rest of a connection that is over.
    pub(super) fn sends_behind_rest(&self) -> bool {
        self.has_unsent() || self.write_side == WriteSide::Closing
    }

    /// The first write that waits ends with `status`, those behind it are cancelled.
    pub(super) fn fail_writes(&mut self, status: Status) {
        let mut dropped = Vec::new();
        if let Some(at) = self.due_large() {
            self.events.remove(at);
            dropped.push(None);
        }
        self.queue.clear(|id| dropped.push(id));
        for (index, id) in dropped.into_iter().enumerate() {
            self.push_write(id, if index == 0 { status } else { -libc::ECANCELED });
        }
        let order = self.next_order();
        self.shut_if_sent(order);
    }

    /// Ends writes that wait without bytes of their own, if the connection is lost: the kernel answers an empty write.
    pub(super) fn fail_lost_writes(&mut self) -> bool {
        let Err(error) = sys::send(&self.socket, &[IoSlice::new(&[])]) else { return false };
        self.fail_writes(status_of(&error));
        true
    }

    /// After a read: what waits to be sent, or to be shut down, comes behind the rest of a connection that is over, and
    /// before the error that ended it.
    pub(super) fn send_behind_rest(&mut self) {
        if !self.sends_behind_rest() {
            return;
        }
        let Some((order, status)) = self.read.take_error_behind_rest() else {
            if self.read.has_read_rest() {
                let order = self.next_order();
                self.shut_if_sent(order);
            }
            return;
        };
        let left = if self.has_unsent() {
            let (write, left) = self.share_error(status);
            self.fail_writes(write);
            left
        } else {
            self.shut_if_sent(order);
            status
        };
        let order = self.next_order();
        self.read.end_with(left, order);
    }

    /// What a write reports, and the read behind it, of an error that recv(2) has consumed before. TCP tells it once: the
    /// second one finds an EOF. Unix-domain sockets have their own answer to a write, and keep the error.
    fn share_error(&self, status: Status) -> (Status, Status) {
        if self.is_unix() { (-libc::EPIPE, status) } else { (status, UV_EOF) }
    }

    fn is_unix(&self) -> bool {
        self.socket.local_addr().is_ok_and(|address| address.is_unix())
    }

    /// send(2) has failed with `status` for what had to wait. libuv would have read by now, off the JavaScript thread
    /// because it reads later, and behind a full read because it reads on: makes that read. Returns whether the error is one
    /// that the read reports, or the next one.
    pub(super) fn read_first(&mut self, status: Status) -> bool {
        let reads = self.wants_read(READ_AHEAD) && !self.read.has_read_rest();
        let is_owed = self.read.config().off_thread || self.read.has_read_full();
        if !reads || !is_owed || self.ends_at_rest() {
            return false;
        }
        // `EPIPE` is not the socket's error but what follows from its end.
        self.read.defer_error(Some(status).filter(|status| *status != -libc::EPIPE));
        let order = self.next_order();
        self.read.read(&self.socket, READ_AHEAD, order);
        if self.ends_at_rest() {
            self.read.defer_error(None);
            return false;
        }
        self.read.has_error() || status != -libc::EPIPE
    }

    /// Whether what was read and not delivered is the rest of a connection that is over: libuv would send then, and not
    /// read again.
    fn ends_at_rest(&mut self) -> bool {
        self.imply_eof_at_last() || (self.read.may_be_rest() && sys::is_drained(&self.socket))
    }

    /// An EOF follows what was read and not delivered, if these are the last bytes and libuv takes the connection for ended.
    /// Returns whether one does.
    pub(super) fn imply_eof_at_last(&mut self) -> bool {
        let is_last = self.read.may_be_last() && sys::is_drained(&self.socket);
        if is_last {
            let order = self.next_order();
            self.read.imply_eof(order);
        }
        is_last
    }

    /// A large write that has waited cannot go on, by `error`. It counts as waiting still, like what is queued: an
    /// [`Event::Writable`] follows, behind what was read.
    ///
    /// # Errors
    /// The one that the write reports at once, because nothing that was read waits.
    pub(super) fn lose_large(&mut self, error: io::Error) -> io::Result<()> {
        self.requests += 1;
        self.queue.push_large();
        self.send_behind_rest();
        let read_reports = self.read.has_error();
        if self.queue.is_empty() || (!read_reports && self.read_first(status_of(&error))) {
            return Ok(());
        }
        let error = if read_reports { error } else { self.write_error(error) };
        if self.read.is_on() && self.read.has_arrived() {
            self.fail_writes(status_of(&error));
            return Ok(());
        }
        self.queue.remove_large();
        self.requests -= 1;
        Err(error)
    }

    /// The error of a write that the kernel has refused. If recv(2) has consumed the socket's error and no event
    /// has reported it, the write reports that one, not `EPIPE`. (Unix-domain sockets answer `EPIPE` anyway.)
    pub(super) fn write_error(&mut self, error: io::Error) -> io::Error {
        if error.raw_os_error() != Some(libc::EPIPE) || self.is_unix() {
            return error;
        }
        self.read.take_error().map_or(error, |status| io::Error::from_raw_os_error(-status))
    }
}
