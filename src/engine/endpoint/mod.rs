//! What one JavaScript handle owns: no descriptor at first, then a bound, connected or listening one.
//!
//! Every command answers with a [`Status`], at the moment and with the number with which libuv's
//! handle answers.

mod bound_path;
mod drive;
mod establish;
mod io;
mod options;

pub use bound_path::Unlink;
pub use options::ModeRule;

use std::os::fd::RawFd;
use std::time::Duration;

use socket2::Socket;

use bound_path::BoundPath;

use super::errors::{OK, Status, status, status_of};
#[cfg(target_os = "linux")]
use super::linger;
use super::listen::Listener;
use super::options::KeepAlive;
use super::read::ReadConfig;
use super::stream::{Remains, Stream};
use super::sys;

/// What the descriptor is used for.
#[derive(Debug)]
enum Role {
    /// There is none yet.
    Vacant,
    /// Bound, or adopted while it listened: listen or connect comes next.
    Bound(Socket),
    Stream(Stream),
    Listener(Listener),
    Closed,
}

/// One socket with all that goes on around it.
#[derive(Debug)]
pub struct Endpoint {
    role: Role,
    /// `EADDRINUSE` of bind(2): reported by the listen or connect that follows.
    delayed: Status,
    /// The file that bind(2) made.
    path: Option<BoundPath>,
    /// Whether close removes it.
    unlink: Unlink,
    /// Set before there was a descriptor, and applied once there is one.
    no_delay: bool,
    keep_alive: Option<KeepAlive>,
    /// Options by name, as [`named_options`](crate::engine::named_options) has them.
    asked: Vec<(String, Vec<u8>)>,
    /// For how long closing waits for the peer, see [`linger`](crate::engine::linger).
    linger: Option<Duration>,
    /// Whether its socket is to be one of Multipath TCP.
    multipath: bool,
    /// Whether others have the socket too: what is set on it would outlive our descriptor.
    shared: bool,
    /// Whether the program has asked for the descriptor, and may have shared it.
    shown: bool,
    /// Whether a copy of the descriptor is in use for a while.
    lent: bool,
    /// Whether its bytes go to another connection without JavaScript, which keeps the process alive as reading does.
    relayed: bool,
    /// How its connection, once it has one, reads.
    config: ReadConfig,
    /// Most descriptors that may come with bytes; 0: none are asked for.
    receives: usize,
    /// The counter of a stream that was closed.
    bytes_read: u64,
}

impl Default for Endpoint {
    fn default() -> Self {
        Endpoint::new(ReadConfig::default())
    }
}

impl Endpoint {
    /// An endpoint without a descriptor.
    pub fn new(config: ReadConfig) -> Self {
        Endpoint {
            role: Role::Vacant,
            delayed: OK,
            path: None,
            unlink: Unlink::default(),
            no_delay: false,
            keep_alive: None,
            asked: Vec::new(),
            linger: None,
            multipath: false,
            shared: false,
            shown: false,
            lent: false,
            relayed: false,
            config,
            receives: 0,
            bytes_read: 0,
        }
    }

    /// Adopts the descriptor `fd`. `EBADF`, `ENOTSOCK` and `EINVAL` (a socket of another type, or the
    /// endpoint has one already) leave it alone.
    pub fn open(&mut self, fd: RawFd) -> Status {
        if !matches!(self.role, Role::Vacant) {
            return -libc::EINVAL;
        }
        let socket = match sys::adopt(fd, self.unix_type()) {
            Ok(socket) => socket,
            Err(error) => return status_of(&error),
        };
        self.shared = true;
        // Without a peer it listens, or has yet to listen or connect (getpeername(2)).
        if socket.peer_addr().is_err() {
            self.role = Role::Bound(socket);
            return OK;
        }
        self.become_stream(socket)
    }

    /// Closes the descriptor, see [`sys::close`], and removes the path that was bound, as [`Unlink`]
    /// has it. Nothing happens afterwards.
    pub fn close(&mut self) {
        let unread = self.stream().is_some_and(|stream| stream.reading().has_undelivered());
        self.close_unread(unread);
    }

    /// As [`Endpoint::close`]; `unread`: JavaScript has not got all bytes that were read. A connection
    /// is then reset, as the kernel does itself with one whose bytes were not read (tcp(7), RFC 2525).
    pub fn close_unread(&mut self, unread: bool) {
        if let Role::Stream(stream) = &mut self.role {
            if unread && !self.shared {
                let _ = stream.socket().set_linger(Some(Duration::ZERO));
                self.linger = None;
            }
            self.bytes_read = stream.reading().delivered();
        }
        if let Some(path) = self.path.take() {
            path.remove();
        }
        match std::mem::replace(&mut self.role, Role::Closed) {
            Role::Bound(socket) => sys::close(socket),
            Role::Stream(stream) => match self.linger {
                #[cfg(target_os = "linux")]
                Some(time) if self.is_private() => linger::close(stream.into_socket(), time),
                _ => sys::close(stream.into_socket()),
            },
            Role::Listener(listener) => listener.close(),
            Role::Vacant | Role::Closed => {}
        }
    }

    /// Whether [`Endpoint::hand_over`] is possible: `ENOTCONN` while this is no connection, `ENOTSUP` of one that has
    /// messages. The backend then forgets the descriptor before it is given away.
    pub fn prepare_hand_over(&mut self) -> Status {
        if self.config.messages {
            return -libc::ENOTSUP;
        }
        if self.stream().is_none_or(Stream::is_connecting) {
            return -libc::ENOTCONN;
        }
        self.shared = true;
        OK
    }

    /// Closes without closing the descriptor, which goes to the caller, with all that was read ahead or has to be
    /// sent. A path that was bound stays. To be called after [`Endpoint::prepare_hand_over`].
    pub fn hand_over(&mut self) -> Option<Remains> {
        let Role::Stream(_) = self.role else { return None };
        let Role::Stream(stream) = std::mem::replace(&mut self.role, Role::Closed) else {
            return None;
        };
        self.bytes_read = stream.reading().delivered();
        self.path = None;
        Some(stream.hand_over())
    }

    /// Whether [`Endpoint::reset`] is allowed: `EINVAL` while a shutdown is under way, see
    /// `uv_tcp_close_reset`.
    pub fn check_reset(&self) -> Status {
        if self.stream().is_some_and(Stream::is_shutdown_due) { -libc::EINVAL } else { OK }
    }

    /// Closes with a reset (`SO_LINGER` with a time of 0, socket(7)).
    pub fn reset(&mut self) -> Status {
        self.linger = None;
        let result = match self.socket() {
            Some(socket) => status(socket.set_linger(Some(Duration::ZERO))),
            None => OK,
        };
        self.close();
        result
    }

    /// Bytes delivered as [`Event::Read`](super::event::Event::Read), also after close.
    pub fn bytes_read(&self) -> u64 {
        self.stream().map_or(self.bytes_read, |stream| stream.reading().delivered())
    }

    /// Adds bytes that others have read from the connection.
    pub fn count_read(&mut self, bytes: u64) {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().count(bytes);
        }
    }

    /// Says whether others move the bytes of the connection now.
    pub fn set_relayed(&mut self, relayed: bool) {
        self.relayed = relayed;
    }

    /// Whether a relay may take the connection for a while: nothing waits to be sent. If it `reads`, no end is in
    /// sight, and bytes are all that comes.
    pub fn is_relayable(&self, reads: bool) -> bool {
        !self.config.messages
            && self.stream().is_some_and(|stream| {
                !stream.is_connecting()
                    && !stream.wants_write()
                    && (!reads || stream.reading().is_plain())
            })
    }

    /// A relay has read from the connection, so what was known of the descriptor does not hold any more.
    pub fn resume_reading(&mut self) -> Status {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().forget_last();
        }
        self.read_start()
    }

    /// Whether [`Endpoint::close`] was called.
    pub fn is_closed(&self) -> bool {
        matches!(self.role, Role::Closed)
    }

    fn stream(&self) -> Option<&Stream> {
        match &self.role {
            Role::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    fn socket(&self) -> Option<&Socket> {
        match &self.role {
            Role::Vacant | Role::Closed => None,
            Role::Bound(socket) => Some(socket),
            Role::Stream(stream) => Some(stream.socket()),
            Role::Listener(listener) => Some(listener.socket()),
        }
    }

    fn begin_stream(&mut self, mut stream: Stream) {
        stream.reading_mut().set_receives(self.receives);
        self.role = Role::Stream(stream);
    }

    fn become_stream(&mut self, socket: Socket) -> Status {
        let applied = self.apply_options(&socket);
        self.begin_stream(Stream::new(socket, self.config));
        applied
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.close();
    }
}
