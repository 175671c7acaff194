//! What both backends keep for each socket beside its endpoint: how it keeps the process alive.

use std::os::fd::RawFd;

use crate::engine::endpoint::Endpoint;
use crate::engine::read::ReadConfig;

/// How a socket changes the counts of its environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefDelta {
    /// Change of the number of sockets that keep the process alive: -1, 0 or 1.
    pub alive: i32,
    /// Change of the number of sockets with a descriptor: -1, 0 or 1.
    pub open: i32,
    /// That descriptor, if `open` is not 0; -1: there is none.
    pub descriptor: RawFd,
}

/// An endpoint, and how it is counted in its environment.
#[derive(Debug)]
pub struct Handle {
    /// The socket.
    pub endpoint: Endpoint,
    /// Whether it keeps the process alive while it reads or listens.
    pub refed: bool,
    /// Whether it is counted as alive.
    alive: bool,
    /// The descriptor with which it is counted as open, or -1.
    descriptor: RawFd,
}

impl Handle {
    /// A handle without a descriptor.
    pub fn new(config: ReadConfig) -> Self {
        Handle { endpoint: Endpoint::new(config), refed: true, alive: false, descriptor: -1 }
    }

    /// A handle that was closed.
    pub fn closed() -> Self {
        let mut handle = Handle::new(ReadConfig::default());
        handle.endpoint.close();
        handle
    }

    /// Counts the endpoint anew. To be called after whatever may change it, on the JavaScript thread.
    pub fn recount(&mut self) -> RefDelta {
        let alive = self.endpoint.activity().is_alive(self.refed);
        let descriptor = self.endpoint.fd();
        let step = |now: bool, before: bool| i32::from(now) - i32::from(before);
        let mut delta = RefDelta { alive: step(alive, self.alive), ..RefDelta::default() };
        if descriptor != self.descriptor {
            delta.open = step(descriptor >= 0, self.descriptor >= 0);
            delta.descriptor = descriptor.max(self.descriptor);
        }
        self.alive = alive;
        self.descriptor = descriptor;
        delta
    }
}
