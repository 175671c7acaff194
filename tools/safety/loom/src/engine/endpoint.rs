//! A model of an endpoint that reads messages.

use std::collections::VecDeque;
use std::os::fd::RawFd;

use super::event::{Activity, Event, Readiness};
use super::memory::Chunk;
use super::read::ReadConfig;
use crate::kernel::{self, kernel};

/// An endpoint over the kernel's one descriptor.
#[derive(Debug, Default)]
pub struct Endpoint {
    open: bool,
    /// Whether a read may find something.
    readable: bool,
    /// Read and not delivered.
    arrived: VecDeque<Event>,
}

impl Endpoint {
    /// A closed endpoint. The model reads in one way only.
    pub fn new(_config: ReadConfig) -> Self {
        Endpoint::default()
    }

    /// Opens the descriptor and reads.
    pub fn open(&mut self) {
        self.open = true;
        self.readable = true;
    }

    /// Closes the descriptor.
    pub fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            self.arrived.clear();
            kernel::close();
        }
    }

    /// The descriptor.
    pub fn fd(&self) -> RawFd {
        if self.open { 3 } else { -1 }
    }

    /// It reads as long as it is open.
    pub fn activity(&self) -> Activity {
        Activity { active: self.open, pending: false }
    }

    /// Whether more would be read.
    pub fn wants_read(&self, ahead: usize) -> bool {
        self.open && self.arrived.len() < ahead
    }

    /// The model's connections are never over in both directions.
    pub fn is_hung_up(&self) -> bool {
        false
    }

    /// Nothing is written.
    pub fn wants_write(&self) -> bool {
        false
    }

    /// What has to wait for the descriptor: reading, writing.
    pub fn waits(&self, ahead: usize) -> (bool, bool) {
        (self.wants_read(ahead) && !self.readable, false)
    }

    /// Whether [`Endpoint::advance`] has something to try.
    pub fn can_advance(&self, ahead: usize) -> bool {
        self.readable && self.wants_read(ahead)
    }

    /// The descriptor is ready.
    pub fn on_ready(&mut self, readiness: Readiness) {
        self.readable |= readiness.readable;
    }

    /// Reads one message. Returns whether it got anywhere.
    pub fn advance(&mut self, ahead: usize) -> bool {
        if !self.readable || !self.wants_read(ahead) {
            return false;
        }
        let mut kernel = kernel();
        assert!(!kernel.closed, "a closed descriptor is read");
        if kernel.messages == 0 {
            self.readable = false;
        } else {
            kernel.messages -= 1;
            self.arrived.push_back(Event::Read(Chunk::new(vec![0])));
        }
        true
    }

    /// Whether there is an event.
    pub fn has_event(&self) -> bool {
        !self.arrived.is_empty()
    }

    /// The model has no end of reading.
    pub fn ends_next(&self) -> bool {
        false
    }

    /// The next event.
    pub fn next_event(&mut self) -> Option<Event> {
        self.arrived.pop_front()
    }

    /// The backend cannot go on.
    pub fn fail(&mut self, status: i32) {
        self.arrived.push_back(Event::ReadEnd(status));
    }

    /// The model has no listeners.
    pub fn accept(&mut self, _listener: &mut Endpoint) -> i32 {
        -libc::EINVAL
    }
}
