//! What both lanes keep for each socket beside its endpoint: how it keeps the process alive.

use crate::engine::endpoint::Endpoint;

/// How counts of the environment change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Change of the number of sockets that keep the process alive: -1, 0 or 1.
    pub alive: i32,
    /// Change of the number of sockets with a descriptor: -1, 0 or 1.
    pub open: i32,
}

/// An endpoint and its part in the counts of its environment.
#[derive(Debug)]
pub struct Handle {
    /// The socket.
    pub endpoint: Endpoint,
    /// Whether it keeps the process alive while it reads or listens.
    pub refed: bool,
    /// Whether it is counted as alive.
    alive: bool,
    /// Whether it is counted as open.
    open: bool,
}

impl Default for Handle {
    fn default() -> Self {
        Handle { endpoint: Endpoint::default(), refed: true, alive: false, open: false }
    }
}

impl Handle {
    /// Compares the endpoint with what is counted; to be called after whatever may change it, on
    /// the JavaScript thread.
    pub fn recount(&mut self) -> Delta {
        let alive = self.endpoint.activity().is_alive(self.refed);
        let open = self.endpoint.is_open();
        let step = |now: bool, before: bool| i32::from(now) - i32::from(before);
        let delta = Delta { alive: step(alive, self.alive), open: step(open, self.open) };
        self.alive = alive;
        self.open = open;
        delta
    }

    /// Whether it is counted as open.
    pub fn is_counted_open(&self) -> bool {
        self.open
    }
}
