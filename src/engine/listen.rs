//! A listening socket.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::time::Duration;

use socket2::Socket;

use super::errors::{OK, Status, is_would_block};
use super::event::{Event, Readiness};
use super::sys;

/// Most connections that are accepted ahead of JavaScript.
pub const ACCEPT_AHEAD: usize = 32;

/// Accepts connections ahead of JavaScript, up to a bound.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    /// Whether accept(2) may find something. Cleared when it says that it does not.
    readable: bool,
    /// Accepted, or failed to be, and not reported yet.
    arrived: VecDeque<Result<Socket, Status>>,
    /// Reported, and not taken yet. With `arrived` never more than the bound.
    offered: VecDeque<Socket>,
    /// Whether JavaScript wants no connections for now.
    paused: bool,
    /// Stands by for `EMFILE`; closed and opened again to make room for one descriptor.
    spare: Option<File>,
}

impl Listener {
    /// Makes `socket` listen (listen(2)). It may listen already.
    ///
    /// # Errors
    /// The socket and the error of listen(2).
    pub fn new(socket: Socket, backlog: i32) -> Result<Self, (Socket, io::Error)> {
        if let Err(error) = socket.listen(backlog) {
            return Err((socket, error));
        }
        let spare = sys::spare_descriptor().ok();
        Ok(Listener {
            socket,
            readable: false,
            arrived: VecDeque::new(),
            offered: VecDeque::new(),
            paused: false,
            spare,
        })
    }

    /// The listening socket.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Changes the backlog of a socket that listens (listen(2)).
    ///
    /// # Errors
    /// Those of listen(2).
    pub fn listen_again(&mut self, backlog: i32) -> io::Result<()> {
        self.socket.listen(backlog)
    }

    /// Stops reporting and accepting connections, or goes on with both. The kernel's queue, and the ones that were
    /// accepted ahead, wait meanwhile, also those that were reported and not taken.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
        if paused {
            while let Some(socket) = self.offered.pop_back() {
                self.arrived.push_front(Ok(socket));
            }
        }
    }

    /// Takes note that the descriptor is ready.
    pub fn on_ready(&mut self, readiness: Readiness) {
        self.readable |= readiness.readable;
    }

    /// Whether more connections would be accepted now, were there any.
    pub fn wants_read(&self, ahead: usize) -> bool {
        !self.paused && self.arrived.len() + self.offered.len() < ahead.clamp(1, ACCEPT_AHEAD)
    }

    /// Whether [`Listener::advance`] has to wait for the descriptor.
    pub fn is_readable(&self) -> bool {
        self.readable
    }

    /// Accepts one connection. Returns whether it got anywhere; if not and the listener is still
    /// readable, the next iteration tries again. `private`: no other process or descriptor has the socket.
    pub fn advance(&mut self, ahead: usize, private: bool) -> bool {
        if !self.readable || !self.wants_read(ahead) {
            return false;
        }
        match self.accept(private) {
            Ok(socket) => self.arrived.push_back(Ok(socket)),
            Err(error) => return self.refused(&error, private),
        }
        true
    }

    /// The next connection. Others who have the socket may have made the descriptor block, and the
    /// caller never waits.
    fn accept(&self, private: bool) -> io::Result<Socket> {
        if !private && !sys::is_readable(&self.socket) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        sys::accept(&self.socket)
    }

    /// What happened next, if anything did.
    pub fn next_event(&mut self) -> Option<Event> {
        if self.paused {
            return None;
        }
        Some(Event::Connection(match self.arrived.pop_front()? {
            Ok(socket) => {
                self.offered.push_back(socket);
                OK
            }
            Err(status) => status,
        }))
    }

    /// Whether [`Listener::next_event`] has something.
    pub fn has_event(&self) -> bool {
        !self.paused && !self.arrived.is_empty()
    }

    /// The next connection that was reported.
    pub fn take(&mut self) -> Option<Socket> {
        self.offered.pop_front()
    }

    /// Reports `status`: the backend cannot go on.
    pub fn fail(&mut self, status: Status) {
        self.arrived.push_back(Err(status));
    }

    /// Deals with an error of accept(2); returns whether the listener may go on at once. libuv does not report
    /// such an error, and tries again, as its loop finds the descriptor readable still.
    fn refused(&mut self, error: &io::Error, private: bool) -> bool {
        if is_would_block(error) {
            self.readable = false;
            return true;
        }
        match error.raw_os_error() {
            Some(libc::ECONNABORTED) => true,
            Some(libc::EMFILE | libc::ENFILE) => self.shed(private),
            _ => false,
        }
    }

    /// Ends listening, see [`sys::close`].
    pub fn close(mut self) {
        if sys::is_standard(&self.socket) {
            self.turn_away();
            self.spare = None;
            (self.arrived, self.offered) = Default::default();
            // Nothing is left but the descriptor.
            std::mem::forget(self);
        }
    }

    /// Resets the connections that JavaScript did not take, as the kernel does with those in its own backlog.
    fn turn_away(&mut self) {
        let arrived = self.arrived.drain(..).filter_map(Result::ok);
        for socket in arrived.chain(self.offered.drain(..)) {
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
    }

    /// There is no descriptor for the connections that wait: refuses them, lest they keep the
    /// descriptor ready for ever.
    ///
    /// 1. Close the spare descriptor.
    /// 2. Accept and close until nothing waits.
    /// 3. Open the spare descriptor again.
    ///
    /// Returns whether nothing waits any more.
    fn shed(&mut self, private: bool) -> bool {
        drop(self.spare.take());
        let done = loop {
            match self.accept(private) {
                Ok(socket) => drop(socket),
                Err(error) => break is_would_block(&error),
            }
        };
        self.spare = sys::spare_descriptor().ok();
        self.readable = !done;
        done
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.turn_away();
    }
}
