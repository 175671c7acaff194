//! Reads of messages, whose bounds stay.

use std::io;

use socket2::Socket;

use super::ReadSide;
use crate::engine::memory::{Chunk, read_block};
use crate::engine::message;
use crate::engine::rights::{self, Received};
use crate::engine::sys;

/// Most messages that are read ahead of JavaScript. An empty one has no bytes to be bounded by.
const MESSAGES_AHEAD: usize = 64;

impl ReadSide {
    /// Whether as many messages wait as may.
    pub(super) fn has_most_messages(&self) -> bool {
        self.config.messages && self.chunks.len() >= MESSAGES_AHEAD
    }

    /// As [`ReadSide::read`]: takes one message. The kernel reports that the peer has closed with messages unread before
    /// it gives what that peer has sent. Here the reset comes behind it, as on a stream.
    pub(super) fn read_message(&mut self, socket: &Socket, limit: usize, order: u64) {
        let mut found = self.take_message(socket);
        if matches!(&found, Err(error) if error.kind() == io::ErrorKind::ConnectionReset) {
            self.send_error = Some(-libc::ECONNRESET);
            found = self.take_message(socket);
        }
        match found {
            Ok(Some((message, received))) => {
                if let Some(descriptors) = self.allow(received, order) {
                    self.keep(message, limit, order);
                    self.pass(descriptors);
                }
            }
            Ok(None) => self.arrive(Ok(Chunk::default()), 0, limit, order),
            Err(error) => self.arrive(Err(error), 0, limit, order),
        }
    }

    /// The next message, and what came with it; `None`: the peer sends no more.
    fn take_message(&self, socket: &Socket) -> io::Result<Option<(Chunk, Received)>> {
        let Some(size) = message::next_size(socket)? else { return Ok(None) };
        let mut received = Received::default();
        let message = read_block(size, |areas| {
            if self.receives == 0 {
                return sys::receive(socket, areas);
            }
            received = rights::receive_message(socket, areas)?;
            Ok(received.count)
        })?;
        Ok(Some((message, received)))
    }
}
