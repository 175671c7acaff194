//! Options and addresses of an endpoint's descriptor.

use std::io;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd, RawFd};
use std::time::Duration;

use socket2::{Domain, Socket};

use super::{Endpoint, Role};
use crate::engine::address::{self, Address};
use crate::engine::errors::{OK, Status, status, status_of};
use crate::engine::options::{self, KeepAlive};
use crate::engine::{named_options, sys};

/// The name by which [`Endpoint::set_option`] knows the protocol.
const MPTCP: &str = "IPPROTO_MPTCP";

/// The name by which [`Endpoint::set_option`] knows how many descriptors may come with bytes.
const RIGHTS: &str = "SCM_RIGHTS";

/// The name by which [`Endpoint::set_option`] knows the type of Unix-domain sockets that have messages.
const SEQPACKET: &str = "SOCK_SEQPACKET";

/// The option that the kernel does not get with a time: it would have close(2) wait.
const LINGER: &str = "SO_LINGER";

/// The bytes of `struct linger` (socket(7)).
fn linger_of(on: i32, seconds: i32) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&on.to_ne_bytes());
    bytes[4..].copy_from_slice(&seconds.to_ne_bytes());
    bytes
}

/// The time of a `struct linger` that is on and has one.
fn lingering(value: &[u8]) -> Option<Duration> {
    let (on, seconds) = value.split_at_checked(4)?;
    let seconds = i32::from_ne_bytes(seconds.try_into().ok()?);
    let seconds = u64::try_from(seconds).ok().filter(|&seconds| seconds > 0)?;
    on.iter().any(|byte| *byte != 0).then(|| Duration::from_secs(seconds))
}

/// What becomes of the permission bits that a path had when it is opened to everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModeRule {
    /// They stay (libuv before 1.48).
    Add,
    /// They go.
    #[default]
    Replace,
}

impl Endpoint {
    /// Runs `set` on the descriptor; `EBADF`: there is none.
    pub fn with_socket(&self, set: impl FnOnce(&Socket) -> io::Result<()>) -> Status {
        match self.socket() {
            Some(socket) => status(set(socket)),
            None => -libc::EBADF,
        }
    }

    /// `TCP_NODELAY`; remembered while there is no descriptor.
    pub fn set_no_delay(&mut self, on: bool) -> Status {
        if matches!(self.role, Role::Vacant) {
            self.no_delay = on;
            return OK;
        }
        self.with_socket(|socket| options::set_no_delay(socket, on))
    }

    /// Keep-alive probes; remembered while there is no descriptor.
    pub fn set_keep_alive(&mut self, keep_alive: KeepAlive) -> Status {
        if matches!(self.role, Role::Vacant) {
            self.keep_alive = Some(keep_alive);
            return OK;
        }
        self.with_socket(|socket| options::set_keep_alive(socket, keep_alive))
    }

    /// An option of [`named_options`]; remembered while there is no descriptor, if the kernel takes it. `IPPROTO_MPTCP`,
    /// 1 or 0, says of which protocol the socket is to be made: `EINVAL` when it is made of another one. It comes before
    /// the options that not every protocol takes. `SOCK_SEQPACKET` says so of the type of a Unix-domain socket.
    /// `SCM_RIGHTS`, a number, says how many descriptors may come with bytes.
    pub fn set_option(&mut self, name: &str, value: &[u8]) -> Status {
        if name == MPTCP {
            return self.set_multipath(value.iter().any(|byte| *byte != 0));
        }
        if name == SEQPACKET {
            return self.set_messages(value.iter().any(|byte| *byte != 0));
        }
        if name == RIGHTS {
            return self.set_receives(value);
        }
        if name == LINGER {
            match lingering(value) {
                Some(_) if !cfg!(target_os = "linux") => return -libc::ENOPROTOOPT,
                Some(time) => {
                    let status = self.set_option(name, &linger_of(0, 0));
                    self.linger = Some(time).filter(|_| status == OK);
                    return status;
                }
                None => self.linger = None,
            }
        }
        if !matches!(self.role, Role::Vacant) {
            if let Some(stream) = self.stream() {
                stream.note_option();
            }
            return self.with_socket(|socket| named_options::set(socket, name, value));
        }
        // Without a descriptor to try it on, the caller hears of that when it connects or listens.
        let tried = self
            .new_socket(Domain::IPV4)
            .map_or(Ok(()), |socket| named_options::set(&socket, name, value));
        if tried.is_ok() {
            self.asked.retain(|(other, _)| other != name);
            self.asked.push((name.to_owned(), value.to_vec()));
        }
        status(tried)
    }

    fn set_multipath(&mut self, on: bool) -> Status {
        if !cfg!(target_os = "linux") {
            return -libc::ENOPROTOOPT;
        }
        if matches!(self.role, Role::Vacant) {
            self.multipath = on;
        }
        if self.multipath == on { OK } else { -libc::EINVAL }
    }

    fn set_messages(&mut self, on: bool) -> Status {
        if !cfg!(target_os = "linux") {
            return -libc::ENOPROTOOPT;
        }
        if matches!(self.role, Role::Vacant) {
            self.config.messages = on;
        }
        if self.config.messages == on { OK } else { -libc::EINVAL }
    }

    fn set_receives(&mut self, value: &[u8]) -> Status {
        if !cfg!(target_os = "linux") {
            return -libc::ENOPROTOOPT;
        }
        let Ok(bytes) = value.try_into() else { return -libc::EINVAL };
        self.receives = u32::from_ne_bytes(bytes) as usize;
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().set_receives(self.receives);
        }
        OK
    }

    /// The bytes of an option of [`named_options`].
    ///
    /// # Errors
    /// `EBADF` without a descriptor, else those of getsockopt(2).
    pub fn option(&self, name: &str) -> Result<Vec<u8>, Status> {
        let socket = self.socket().ok_or(-libc::EBADF)?;
        if let Some(time) = self.linger.filter(|_| name == LINGER) {
            return Ok(linger_of(1, time.as_secs() as i32).to_vec());
        }
        named_options::get(socket, name).map_err(|error| status_of(&error))
    }

    /// `IP_TOS` or `IPV6_TCLASS`: the value, or an error.
    pub fn type_of_service(&self) -> Status {
        match self.socket().map(options::type_of_service) {
            Some(Ok(value)) => Status::try_from(value).unwrap_or(-libc::EINVAL),
            Some(Err(error)) => status_of(&error),
            None => -libc::EBADF,
        }
    }

    /// Opens the bound path to everybody for reading (1), writing (2) or both (3).
    pub fn chmod(&self, mode: u32, rule: ModeRule) -> Status {
        let bits = match mode {
            1 => 0o444,
            2 => 0o222,
            3 => 0o666,
            _ => return -libc::EINVAL,
        };
        match (self.socket(), &self.path) {
            (None, _) => -libc::EBADF,
            (Some(_), None) => -libc::EINVAL,
            (Some(_), Some(bound)) => {
                status(sys::set_mode(bound.path(), bits, rule == ModeRule::Add))
            }
        }
    }

    /// The local address (getsockname(2)).
    ///
    /// # Errors
    /// `EBADF` without a descriptor, else those of getsockname(2).
    pub fn local_address(&self) -> Result<Address, Status> {
        let socket = self.socket().ok_or(-libc::EBADF)?;
        let address = socket.local_addr().map_err(|error| status_of(&error))?;
        address::show(&address).ok_or(-libc::EAFNOSUPPORT)
    }

    /// The peer's address (getpeername(2)).
    ///
    /// # Errors
    /// `EBADF` without a descriptor, else those of getpeername(2).
    pub fn peer_address(&self) -> Result<Address, Status> {
        let socket = self.socket().ok_or(-libc::EBADF)?;
        let address = socket.peer_addr().map_err(|error| status_of(&error))?;
        address::show(&address).ok_or(-libc::EAFNOSUPPORT)
    }

    /// The error of the connection that the kernel has not reported yet (`SO_ERROR`, socket(7)). It reports one once.
    pub fn pending_error(&self) -> Status {
        match self.socket().map(Socket::take_error) {
            Some(Ok(Some(error))) => status_of(&error),
            _ => OK,
        }
    }

    /// A new descriptor of the same socket, or an error.
    pub fn duplicate(&mut self) -> Status {
        self.duplicate_socket().map_or_else(|status| status, IntoRawFd::into_raw_fd)
    }

    /// As [`Endpoint::duplicate`], for a caller in the engine.
    ///
    /// # Errors
    /// `EBADF`: there is no descriptor. Otherwise those of fcntl(2).
    pub fn duplicate_socket(&mut self) -> Result<OwnedFd, Status> {
        self.shared = true;
        self.lend_socket()
    }

    /// As [`Endpoint::duplicate_socket`], for a caller that closes it before anything else is done to the endpoint.
    ///
    /// # Errors
    /// As [`Endpoint::duplicate_socket`].
    pub fn lend_socket(&self) -> Result<OwnedFd, Status> {
        let socket = self.socket().ok_or(-libc::EBADF)?;
        sys::duplicate(socket).map_err(|error| status_of(&error))
    }

    /// The descriptor, or -1.
    pub fn fd(&self) -> RawFd {
        self.socket().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// As [`Endpoint::fd`], for a caller that may share the socket.
    pub fn show_descriptor(&mut self) -> RawFd {
        self.shown = true;
        self.fd()
    }

    /// The descriptor, or -1. `lent`: a copy of it is in use from now on; otherwise it is not any more.
    pub fn lend_descriptor(&mut self, lent: bool) -> RawFd {
        self.lent = lent;
        self.fd()
    }

    /// Whether no other process or descriptor can have the socket, so that closing its descriptor ends it.
    pub fn is_private(&self) -> bool {
        !self.shown && !self.shared && !self.lent
    }

    /// Whether [`Endpoint::close`] closes the last descriptor of the socket at once.
    pub fn closes_at_once(&self) -> bool {
        self.is_private() && self.linger.is_none()
    }

    /// Applies what was set before there was a descriptor. An error: what the kernel took before is gone.
    pub(super) fn apply_options(&mut self, socket: &Socket) -> Status {
        if std::mem::take(&mut self.no_delay) {
            let _ = options::set_no_delay(socket, true);
        }
        if let Some(keep_alive) = self.keep_alive.take() {
            let _ = options::set_keep_alive(socket, keep_alive);
        }
        self.apply_inherited(socket)
    }

    /// The part of [`Endpoint::apply_options`] that a listener hands on to its connections.
    pub(super) fn apply_inherited(&mut self, socket: &Socket) -> Status {
        for (name, value) in std::mem::take(&mut self.asked) {
            if let Err(error) = named_options::set(socket, &name, &value) {
                return status_of(&error);
            }
        }
        OK
    }
}
