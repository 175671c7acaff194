//! Descriptors that come with bytes: they are an event of their own, behind what was read before them.

use std::os::fd::OwnedFd;

use socket2::Socket;

use super::ReadSide;
use super::end::End;
use crate::engine::errors::Status;
use crate::engine::event::Event;
use crate::engine::memory::{USUAL_READ, read_chunk};
use crate::engine::rights::{self, Received};

/// The end of a connection on which a message has more descriptors than may come.
const TOO_MANY: Status = -libc::EMSGSIZE;

/// The end of one on which descriptors came that the process had no room for.
const NO_PLACE_FOR_DESCRIPTORS: Status = -libc::EMFILE;

/// Whether reading ends with `status` because of descriptors, and not of the connection.
pub(super) fn is_refusal(status: Status) -> bool {
    [TOO_MANY, NO_PLACE_FOR_DESCRIPTORS].contains(&status)
}

/// Descriptors that wait for JavaScript.
#[derive(Debug)]
pub(super) struct Passed {
    descriptors: Vec<OwnedFd>,
    /// Whether JavaScript knows of them. It has to take or decline them.
    announced: bool,
}

impl ReadSide {
    /// Lets up to `most` descriptors come with bytes; 0: the kernel closes those that come.
    pub fn set_receives(&mut self, most: usize) {
        self.receives = most;
    }

    /// As [`ReadSide::read`]. It ends before a message with descriptors, and behind it.
    pub(super) fn read_with_descriptors(&mut self, socket: &Socket, limit: usize, order: u64) {
        // A message has fewer bytes than that, whatever the cap.
        let ask = self.ask().max(USUAL_READ);
        let mut received = Received::default();
        let found = read_chunk(ask, self.last_size, |areas| {
            received = rights::receive(socket, areas)?;
            Ok(received.count)
        });
        let asked = if received.is_cut { received.count } else { ask };
        if let Some(descriptors) = self.allow(received, order) {
            self.arrive(found, asked, limit, order);
            self.pass(descriptors);
        }
    }

    /// The descriptors that a read has found, unless it ends the connection that they are too many.
    pub(super) fn allow(&mut self, received: Received, order: u64) -> Option<Vec<OwnedFd>> {
        let Received { descriptors, is_truncated, .. } = received;
        let status = match (is_truncated, descriptors.len() > self.receives) {
            (true, _) => NO_PLACE_FOR_DESCRIPTORS,
            (false, true) => TOO_MANY,
            (false, false) => return Some(descriptors),
        };
        self.stop_at(End::Found { order, status });
        None
    }

    /// Keeps the descriptors that came with the last of the chunks.
    pub(super) fn pass(&mut self, descriptors: Vec<OwnedFd>) {
        if !descriptors.is_empty() {
            self.passed = Some(Passed { descriptors, announced: false });
        }
    }

    /// Whether the next event is of descriptors.
    pub(super) fn is_passed_next(&self) -> bool {
        self.passed.is_some() && self.chunks.len() == 1
    }

    /// Whether JavaScript knows of descriptors that it has neither taken nor declined. No event comes before.
    pub(super) fn is_announced(&self) -> bool {
        self.passed.as_ref().is_some_and(|passed| passed.announced)
    }

    /// The event of the descriptors that are next, unless JavaScript knows of them.
    pub(super) fn announce(&mut self) -> Option<Event> {
        let passed = self.passed.as_mut().filter(|passed| !passed.announced)?;
        passed.announced = true;
        Some(Event::Descriptors(passed.descriptors.len()))
    }

    /// JavaScript may have had no use for the event when it came.
    pub(super) fn announce_again(&mut self) {
        if let Some(passed) = &mut self.passed {
            passed.announced = false;
        }
    }

    /// Takes the descriptors that were announced, and the bytes that came with them.
    pub fn take_passed(&mut self) -> Option<(Vec<OwnedFd>, Vec<u8>)> {
        if !self.is_announced() {
            return None;
        }
        let Passed { descriptors, .. } = self.passed.take()?;
        let (_, chunk) = self.chunks.pop_front()?;
        self.deliver(chunk.len());
        Some((descriptors, chunk.into_vec()))
    }

    /// Closes the descriptors that were announced. The bytes that came with them follow as any others.
    pub fn decline_passed(&mut self) {
        self.passed = None;
    }
}
