//! Reads of messages, whose bounds stay.

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

    /// As [`ReadSide::read`]: takes one message.
    pub(super) fn read_message(&mut self, socket: &Socket, limit: usize, order: u64) {
        let size = match message::next_size(socket) {
            Ok(Some(size)) => size,
            Ok(None) => return self.arrive(Ok(Chunk::default()), 0, limit, order),
            Err(error) => return self.arrive(Err(error), 0, limit, order),
        };
        let mut received = Received::default();
        let found = read_block(size, |areas| {
            if self.receives == 0 {
                return sys::receive(socket, areas);
            }
            received = rights::receive_message(socket, areas)?;
            Ok(received.count)
        });
        match (found, self.allow(received, order)) {
            (Ok(chunk), Some(descriptors)) => {
                self.keep(chunk, limit, order);
                self.pass(descriptors);
            }
            (Ok(_), None) => {}
            (Err(error), _) => self.arrive(Err(error), 0, limit, order),
        }
    }
}
