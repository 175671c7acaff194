//! How an endpoint gets its descriptor: bind, listen, accept, connect.

use std::io;
use std::os::fd::IntoRawFd;

use socket2::{Domain, SockAddr, Socket, Type};

use super::bound_path::BoundPath;
use super::{Endpoint, Role, Unlink};
use crate::engine::address::{self, NameRules};
use crate::engine::bind;
use crate::engine::errors::{OK, Status, status, status_of};
use crate::engine::listen::Listener;
use crate::engine::stream::Stream;
use crate::engine::sys;

impl Endpoint {
    /// Binds to a numeric address, see [`bind::bind_ip`]. `EADDRINUSE` comes later.
    pub fn bind(&mut self, address: &str, port: u16, flags: u32) -> Status {
        let address = match address::parse_ip(address, port) {
            Ok(address) => address,
            Err(error) => return status_of(&error),
        };
        let made = match &self.role {
            Role::Vacant => match self.new_socket(bind::domain_of(&address)) {
                Ok(socket) => Some(socket),
                Err(error) => return status_of(&error),
            },
            _ => None,
        };
        if let Some(socket) = made {
            // bind(2) minds some of them.
            let applied = self.apply_inherited(&socket);
            self.role = Role::Bound(socket);
            if applied != OK {
                return applied;
            }
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

    /// Whether close removes the file that [`Endpoint::bind_path`] has made, or makes next.
    pub fn set_unlink(&mut self, unlink: Unlink) {
        self.unlink = unlink;
        if let Some(path) = &mut self.path {
            path.set_unlink(unlink);
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
        match bind::bind_unix(&address, self.unix_type()) {
            Ok(socket) => {
                self.role = Role::Bound(socket);
                // What libuv unlinks: the name as used; before 1.48 the one that was given.
                let file = address::file_of(if rules.exact { &name } else { path });
                self.path = file.map(|file| BoundPath::new(file, self.unlink));
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
        let socket = match self.prepare_socket(Domain::IPV4, Endpoint::apply_inherited) {
            Ok(socket) => socket,
            Err(error) => return error,
        };
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

    /// See [`Listener::set_paused`]. `EINVAL`: it does not listen.
    pub fn set_accepting(&mut self, accepting: bool) -> Status {
        let Role::Listener(listener) = &mut self.role else { return -libc::EINVAL };
        listener.set_paused(!accepting);
        OK
    }

    /// Takes the next connection that `listener` reported; `EAGAIN`: there is none.
    pub fn accept(&mut self, listener: &mut Endpoint) -> Status {
        if !matches!(self.role, Role::Vacant) {
            return -libc::EINVAL;
        }
        self.config.messages = listener.config.messages;
        let Role::Listener(listener) = &mut listener.role else { return -libc::EINVAL };
        match listener.take() {
            Some(socket) => self.become_stream(socket),
            None => -libc::EAGAIN,
        }
    }

    /// As [`Endpoint::accept`], called on the listener: the descriptor, which the caller owns, or a negated errno.
    pub fn accept_descriptor(&mut self) -> Status {
        let Role::Listener(listener) = &mut self.role else { return -libc::EINVAL };
        listener.take().map_or(-libc::EAGAIN, IntoRawFd::into_raw_fd)
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
        let delayed = |error: &io::Error| error.raw_os_error() == Some(libc::ECONNREFUSED);
        if let Role::Stream(stream) = &mut self.role {
            if stream.is_connect_due() {
                return -libc::EALREADY;
            }
            return status(stream.connect_again(&address.into(), delayed));
        }
        self.begin_connect(bind::domain_of(&address), &address.into(), delayed)
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
        self.begin_connect(Domain::UNIX, &address, |_| true)
    }

    /// Connects a socket that has not been connected. `delayed`: which errors of connect(2) come as an event.
    fn begin_connect(
        &mut self,
        domain: Domain,
        address: &SockAddr,
        delayed: impl FnOnce(&io::Error) -> bool,
    ) -> Status {
        // The kernel paces for good what has begun with a congestion control that paces.
        let socket = match self.prepare_socket(domain, Endpoint::apply_options) {
            Ok(socket) => socket,
            Err(error) => return error,
        };
        match Stream::connect(socket, self.config, address, delayed) {
            Ok(stream) => {
                self.begin_stream(stream);
                OK
            }
            Err((socket, error)) => {
                self.role = Role::Bound(socket);
                status_of(&error)
            }
        }
    }

    /// The socket to listen or connect with, on which `apply` has set what was asked for.
    fn prepare_socket(
        &mut self,
        domain: Domain,
        apply: fn(&mut Self, &Socket) -> Status,
    ) -> Result<Socket, Status> {
        let socket = self.take_socket(domain)?;
        let applied = apply(self, &socket);
        if applied == OK {
            return Ok(socket);
        }
        self.role = Role::Bound(socket);
        Err(applied)
    }

    /// The socket to listen or connect with: the bound one, one that was adopted and not used, or a
    /// new one. `EINVAL`: it is in use.
    fn take_socket(&mut self, domain: Domain) -> Result<Socket, Status> {
        match std::mem::replace(&mut self.role, Role::Vacant) {
            Role::Vacant => self.new_socket(domain).map_err(|error| status_of(&error)),
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

    /// The type of a Unix-domain socket that was asked for.
    pub(super) fn unix_type(&self) -> Type {
        if self.config.messages { Type::SEQPACKET } else { Type::STREAM }
    }

    /// A socket of the protocol that was asked for. Without Multipath TCP, in the kernel or by its settings, it is one of
    /// TCP, which is also what a peer without it makes of the connection (RFC 8684, section 3.7).
    pub(super) fn new_socket(&self, domain: Domain) -> io::Result<Socket> {
        if domain == Domain::UNIX {
            return sys::new_socket_of(domain, self.unix_type());
        }
        #[cfg(target_os = "linux")]
        if self.multipath
            && let Ok(socket) = sys::new_multipath_socket(domain)
        {
            return Ok(socket);
        }
        sys::new_socket(domain)
    }
}
