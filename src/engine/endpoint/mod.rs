//! What one JavaScript handle owns: no descriptor at first, then a bound, connected or listening one.
//!
//! Every command answers with a [`Status`], at the moment and with the number with which libuv's
//! handle answers.

mod drive;
mod options;

pub use options::ModeRule;

use std::io::{self, IoSlice};
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;

use socket2::{Domain, Socket};

use super::address::{self, NameRules};
use super::bind;
use super::errors::{OK, Status, status, status_of};
use super::listen::Listener;
use super::options::KeepAlive;
use super::stream::{Remains, Stream, Written};
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
    /// The file that bind(2) made, removed by close.
    path: Option<PathBuf>,
    /// Set before there was a descriptor, and applied once there is one.
    no_delay: bool,
    keep_alive: Option<KeepAlive>,
    congestion_control: Option<String>,
    /// Whether others have the socket too: what is set on it would outlive our descriptor.
    shared: bool,
    /// Whether somebody has asked for the descriptor, and may have shared it.
    shown: bool,
    /// See [`Endpoint::set_tells_resets`].
    tells_resets: bool,
    /// The counter of a stream that was closed.
    bytes_read: u64,
}

impl Default for Endpoint {
    fn default() -> Self {
        Endpoint {
            role: Role::Vacant,
            delayed: OK,
            path: None,
            no_delay: false,
            keep_alive: None,
            congestion_control: None,
            shared: false,
            shown: false,
            tells_resets: false,
            bytes_read: 0,
        }
    }
}

impl Endpoint {
    /// Adopts the descriptor `fd`. `EBADF`, `ENOTSOCK` and `EINVAL` (not a stream socket, or the
    /// endpoint has one already) leave it alone.
    pub fn open(&mut self, fd: RawFd) -> Status {
        if !matches!(self.role, Role::Vacant) {
            return -libc::EINVAL;
        }
        let socket = match sys::adopt(fd) {
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

    /// Binds to a numeric address, see [`bind::bind_ip`]. `EADDRINUSE` comes later.
    pub fn bind(&mut self, address: &str, port: u16, flags: u32) -> Status {
        let address = match address::parse_ip(address, port) {
            Ok(address) => address,
            Err(error) => return status_of(&error),
        };
        let made = match &self.role {
            Role::Vacant => match sys::new_socket(bind::domain_of(&address)) {
                Ok(socket) => Some(socket),
                Err(error) => return status_of(&error),
            },
            _ => None,
        };
        if let Some(socket) = made {
            self.role = Role::Bound(socket);
        }
        let Some(socket) = self.socket() else { return -libc::EBADF };
        match status(bind::bind_ip(socket, &address, flags)) {
            error if error == -libc::EADDRINUSE => {
                self.delayed = error;
                OK
            }
            other => {
                self.delayed = OK;
                other
            }
        }
    }

    /// Binds to a Unix-domain path or abstract name.
    pub fn bind_path(&mut self, path: &[u8], rules: NameRules) -> Status {
        let (address, name) = match address::parse_path(path, rules) {
            Ok(parsed) => parsed,
            Err(error) => return status_of(&error),
        };
        if !matches!(self.role, Role::Vacant) {
            return -libc::EINVAL;
        }
        match bind::bind_unix(&address) {
            Ok(socket) => {
                self.role = Role::Bound(socket);
                // What libuv unlinks: the name as used; before 1.48 the one that was given.
                self.path = address::file_of(if rules.exact { &name } else { path });
                OK
            }
            Err(error) => status_of(&error),
        }
    }

    /// Listens; without a bind before, on any IPv4 address and a port of the system's choice.
    pub fn listen(&mut self, backlog: i32) -> Status {
        if self.delayed != OK {
            return self.delayed;
        }
        if let Role::Listener(listener) = &mut self.role {
            return status(listener.listen_again(backlog));
        }
        let socket = match self.take_socket(Domain::IPV4) {
            Ok(socket) => socket,
            Err(error) => return error,
        };
        let applied = self.apply_congestion_control(&socket);
        if applied != OK {
            self.role = Role::Bound(socket);
            return applied;
        }
        match Listener::new(socket, backlog) {
            Ok(listener) => {
                self.role = Role::Listener(listener);
                OK
            }
            Err((socket, error)) => {
                self.role = Role::Bound(socket);
                status_of(&error)
            }
        }
    }

    /// Takes the next connection that `listener` reported; `EAGAIN`: there is none.
    pub fn accept(&mut self, listener: &mut Endpoint) -> Status {
        if !matches!(self.role, Role::Vacant) {
            return -libc::EINVAL;
        }
        let Role::Listener(listener) = &mut listener.role else { return -libc::EINVAL };
        match listener.take() {
            Some(socket) => self.become_stream(socket),
            None => -libc::EAGAIN,
        }
    }

    /// Connects to a numeric address, also a socket that is connected. `ECONNREFUSED` comes as an
    /// event, other errors of connect(2) at once. `EALREADY`: the event of the last connect was not
    /// delivered.
    pub fn connect(&mut self, address: &str, port: u16) -> Status {
        if self.delayed != OK {
            return self.delayed;
        }
        let address = match address::parse_ip(address, port) {
            Ok(address) => address,
            Err(error) => return status_of(&error),
        };
        let delayed = |error: &std::io::Error| error.raw_os_error() == Some(libc::ECONNREFUSED);
        if let Role::Stream(stream) = &mut self.role {
            if stream.is_connect_due() {
                return -libc::EALREADY;
            }
            return status(stream.connect_again(&address.into(), delayed));
        }
        let socket = match self.take_socket(bind::domain_of(&address)) {
            Ok(socket) => socket,
            Err(error) => return error,
        };
        // The kernel paces for good what has begun with a congestion control that paces.
        let applied = self.apply_options(&socket);
        if applied != OK {
            self.role = Role::Bound(socket);
            return applied;
        }
        match Stream::connect(socket, &address.into(), delayed) {
            Ok(stream) => {
                self.role = Role::Stream(stream);
                OK
            }
            Err((socket, error)) => {
                self.role = Role::Bound(socket);
                status_of(&error)
            }
        }
    }

    /// Connects to a Unix-domain path or abstract name, also a socket that is connected or connects.
    /// Errors of connect(2) come as an event.
    pub fn connect_path(&mut self, path: &[u8], rules: NameRules) -> Status {
        let (address, _) = match address::parse_path(path, rules) {
            Ok(parsed) => parsed,
            Err(error) => return status_of(&error),
        };
        if let Role::Stream(stream) = &mut self.role {
            return status(stream.connect_again(&address, |_| true));
        }
        let socket = match self.take_socket(Domain::UNIX) {
            Ok(socket) => socket,
            Err(error) => return error,
        };
        match Stream::connect(socket, &address, |_| true) {
            Ok(stream) => {
                self.role = Role::Stream(stream);
                OK
            }
            Err((socket, error)) => {
                self.role = Role::Bound(socket);
                status_of(&error)
            }
        }
    }

    /// Delivers what arrives from now on. `ENOTCONN`: this is no connection.
    pub fn read_start(&mut self) -> Status {
        match &mut self.role {
            Role::Stream(stream) => {
                stream.reading_mut().set_on(true);
                OK
            }
            Role::Closed => -libc::EINVAL,
            _ => -libc::ENOTCONN,
        }
    }

    /// Holds back what arrives from now on.
    pub fn read_stop(&mut self) -> Status {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().set_on(false);
        }
        OK
    }

    /// See [`ReadSide::take_undelivered`](super::read::ReadSide::take_undelivered).
    pub fn take_undelivered(&mut self) -> Vec<u8> {
        match &mut self.role {
            Role::Stream(stream) => stream.reading_mut().take_undelivered(),
            _ => Vec::new(),
        }
    }

    /// Caps one [`Event::Read`] at `bytes`; 0 takes the cap away.
    pub fn set_read_size(&mut self, bytes: usize) {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().set_size(bytes);
        }
    }

    /// Lets one [`Event::Read`] have up to `bytes` where [`Endpoint::set_read_size`] has no cap.
    pub fn set_read_most(&mut self, bytes: usize) {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().set_most(bytes);
        }
    }

    /// Writes: 0 (sent), the id of a queued write, whose [`Event::Write`] follows, or an error. `EBADF`: this is
    /// no connection.
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> Status {
        self.write_by(|stream| stream.write(slices))
    }

    /// As [`Endpoint::write`], of memory that is nobody else's.
    pub fn write_owned(&mut self, bytes: Vec<u8>) -> Status {
        self.write_by(|stream| stream.write_owned(bytes))
    }

    /// See [`Stream::write_with_completion`]: an id or an error.
    pub fn write_with_completion(&mut self, slices: &[IoSlice<'_>]) -> Status {
        self.write_by(|stream| stream.write_with_completion(slices))
    }

    /// See [`Stream::write_rest`]: an id or an error.
    pub fn write_rest(&mut self, slices: &[IoSlice<'_>]) -> Status {
        self.write_by(|stream| stream.write_rest(slices))
    }

    /// See [`Stream::write_behind`].
    pub fn write_behind(&mut self, bytes: &[u8], sent: usize, error: Status) -> Status {
        self.write_by(|stream| stream.write_behind(bytes, sent, error))
    }

    fn write_by(&mut self, write: impl FnOnce(&mut Stream) -> io::Result<Written>) -> Status {
        let Role::Stream(stream) = &mut self.role else { return -libc::EBADF };
        match write(stream) {
            Ok(Written::Now) => OK,
            Ok(Written::Queued(id)) => id.get() as Status,
            Err(error) => status_of(&error),
        }
    }

    /// See [`Stream::write_large`]: how many bytes were sent, or an error. `EBADF`: this is no connection.
    pub fn write_large(&mut self, bytes: &[u8], continues: bool) -> Status {
        let Role::Stream(stream) = &mut self.role else { return -libc::EBADF };
        // The kernel takes fewer than 2^31 bytes by one call (send(2)), and JavaScript counts in as many.
        let bytes = &bytes[..bytes.len().min(Status::MAX as usize)];
        stream
            .write_large(bytes, continues)
            .map_or_else(|error| status_of(&error), |sent| sent as Status)
    }

    /// Whether writes may be coalesced now: the descriptor of a connection on which nothing waits to be sent, and
    /// that takes more bytes and belongs to nobody else. A write to another is answered by the kernel.
    pub fn coalescible(&self) -> Option<RawFd> {
        let stream = self.stream()?;
        let fd = self.fd();
        (stream.sends_at_once() && self.is_private() && sys::takes_bytes(fd)).then_some(fd)
    }

    /// See [`Stream::shutdown`].
    pub fn shutdown(&mut self) -> Status {
        match &mut self.role {
            Role::Stream(stream) => status(stream.shutdown()),
            _ => -libc::ENOTCONN,
        }
    }

    /// Closes the descriptor, see [`sys::close`], and removes the path that was bound. Nothing happens afterwards.
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
            }
            self.bytes_read = stream.reading().delivered();
        }
        if let Some(path) = self.path.take() {
            let _ = std::fs::remove_file(path);
        }
        match std::mem::replace(&mut self.role, Role::Closed) {
            Role::Bound(socket) => sys::close(socket),
            Role::Stream(stream) => sys::close(stream.into_socket()),
            Role::Listener(listener) => listener.close(),
            Role::Vacant | Role::Closed => {}
        }
    }

    /// Whether [`Endpoint::hand_over`] is possible: `ENOTCONN` while this is no connection. The backend then
    /// forgets the descriptor before it is given away.
    pub fn prepare_hand_over(&mut self) -> Status {
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
        let result = match self.socket() {
            Some(socket) => status(socket.set_linger(Some(Duration::ZERO))),
            None => OK,
        };
        self.close();
        result
    }

    /// Bytes delivered as [`Event::Read`], also after close.
    pub fn bytes_read(&self) -> u64 {
        self.stream().map_or(self.bytes_read, |stream| stream.reading().delivered())
    }

    /// Bytes queued.
    pub fn queued_bytes(&self) -> usize {
        self.stream().map_or(0, Stream::queued_bytes)
    }

    /// Whether there is a descriptor.
    pub fn is_open(&self) -> bool {
        !matches!(self.role, Role::Vacant | Role::Closed)
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

    fn become_stream(&mut self, socket: Socket) -> Status {
        let applied = self.apply_options(&socket);
        self.role = Role::Stream(Stream::new(socket));
        applied
    }

    /// The socket to listen or connect with: the bound one, one that was adopted and not used, or a
    /// new one. `EINVAL`: it is in use.
    fn take_socket(&mut self, domain: Domain) -> Result<Socket, Status> {
        match std::mem::replace(&mut self.role, Role::Vacant) {
            Role::Vacant => sys::new_socket(domain).map_err(|error| status_of(&error)),
            Role::Bound(socket) => Ok(socket),
            Role::Stream(stream) if stream.is_idle() => Ok(stream.into_socket()),
            Role::Stream(stream) => {
                self.role = Role::Stream(stream);
                Err(-libc::EINVAL)
            }
            other => {
                self.role = other;
                Err(-libc::EINVAL)
            }
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.close();
    }
}
