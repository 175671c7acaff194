//! What a backend asks of an endpoint, and what it lets it do.

use std::mem::MaybeUninit;

use super::{Endpoint, Role};
use crate::engine::errors::{OK, Status, UV_EOF};
use crate::engine::event::{Activity, Event, Readiness};
use crate::engine::stream::Stream;
use crate::engine::sys;

impl Endpoint {
    /// How the endpoint keeps the process alive.
    pub fn activity(&self) -> Activity {
        match &self.role {
            Role::Stream(stream) => {
                let activity = stream.activity();
                Activity { active: activity.active || self.relayed, ..activity }
            }
            Role::Listener(_) => Activity { active: true, pending: false },
            _ => Activity::default(),
        }
    }

    /// Whether this is a connection, or an attempt at one.
    pub fn is_stream(&self) -> bool {
        self.stream().is_some()
    }

    /// Takes note that the descriptor is ready.
    pub fn on_ready(&mut self, readiness: Readiness) {
        match &mut self.role {
            Role::Stream(stream) => stream.on_ready(readiness),
            Role::Listener(listener) => listener.on_ready(readiness),
            _ => {}
        }
    }

    /// Whether [`Endpoint::advance`] would read or accept, were the descriptor ready. `ahead` is the
    /// bound of bytes, or connections, that wait for delivery.
    pub fn wants_read(&self, ahead: usize) -> bool {
        match &self.role {
            Role::Stream(stream) => stream.wants_read(ahead),
            Role::Listener(listener) => listener.wants_read(ahead),
            _ => false,
        }
    }

    /// Whether [`Endpoint::advance`] would send or end a connect, were the descriptor ready.
    pub fn wants_write(&self) -> bool {
        self.stream().is_some_and(Stream::wants_write)
    }

    /// Whether what is wanted has to wait for the descriptor: (to read, to write).
    pub fn waits(&self, ahead: usize) -> (bool, bool) {
        match &self.role {
            Role::Stream(stream) => (
                stream.wants_read(ahead) && !stream.reading().is_readable(),
                stream.wants_write() && !stream.is_writable(),
            ),
            Role::Listener(listener) => {
                (listener.wants_read(ahead) && !listener.is_readable(), false)
            }
            _ => (false, false),
        }
    }

    /// Whether the connection is over in both directions, see [`sys::is_hung_up`].
    pub fn is_hung_up(&self) -> bool {
        self.socket().is_some_and(sys::is_hung_up)
    }

    /// Whether something waits to be read, or was read and not delivered.
    pub fn has_pending_read(&self) -> bool {
        self.stream().is_some_and(|stream| {
            let is_connected = !stream.is_connecting();
            is_connected && (stream.reading().has_arrived() || sys::has_unread(stream.socket()))
        })
    }

    /// Whether [`Endpoint::advance`] has something to try.
    pub fn can_advance(&self, ahead: usize) -> bool {
        let waits = self.waits(ahead);
        (self.wants_read(ahead) && !waits.0) || (self.wants_write() && !waits.1)
    }

    /// Makes one step of what is wanted and possible; returns whether there was one.
    pub fn advance(&mut self, ahead: usize) -> bool {
        let private = self.is_private();
        match &mut self.role {
            Role::Stream(stream) => stream.advance(ahead),
            Role::Listener(listener) => listener.advance(ahead, private),
            _ => false,
        }
    }

    /// See [`Stream::ends_next`].
    pub fn ends_next(&self) -> bool {
        self.stream().is_some_and(Stream::ends_next)
    }

    /// See [`ReadSide::expects_end`](crate::engine::read::ReadSide::expects_end).
    pub fn expects_end(&self) -> bool {
        self.stream().is_some_and(|stream| stream.reading().expects_end())
    }

    /// See [`ReadSide::expects_full_read`](crate::engine::read::ReadSide::expects_full_read).
    pub fn expects_full_read(&self) -> Option<usize> {
        self.stream().and_then(|stream| stream.reading().expects_full_read())
    }

    /// See [`Stream::read_into`].
    pub fn read_into(&mut self, memory: &mut [MaybeUninit<u8>]) -> Option<usize> {
        match &mut self.role {
            Role::Stream(stream) => stream.read_into(memory),
            _ => None,
        }
    }

    /// Whether [`Endpoint::next_event`] has something.
    pub fn has_event(&self) -> bool {
        match &self.role {
            Role::Stream(stream) => stream.has_event(),
            Role::Listener(listener) => listener.has_event(),
            _ => false,
        }
    }

    /// The oldest event that may be delivered now. Nothing comes after close.
    pub fn next_event(&mut self) -> Option<Event> {
        match &mut self.role {
            Role::Stream(stream) => stream.next_event(),
            Role::Listener(listener) => listener.next_event(),
            _ => None,
        }
    }

    /// Ends everything that is under way with `status`: the backend cannot go on.
    pub fn fail(&mut self, status: Status) {
        debug_assert!(status < OK && status != UV_EOF);
        match &mut self.role {
            Role::Stream(stream) => stream.fail(status),
            Role::Listener(listener) => listener.fail(status),
            _ => {}
        }
    }
}
