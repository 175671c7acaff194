//! connect(2) on a non-blocking socket.
//!
//! 1. [`start`] calls connect(2). A Unix-domain socket is connected, or refused, at once; TCP
//!    usually answers `EINPROGRESS`.
//! 2. When the socket is writable, [`finish`] asks `SO_ERROR` how it ended (connect(2)).
//! 3. Writable without an error may still be too early where the socket was watched before connect(2):
//!    only a peer name proves the connection then. On Linux a socket that is watched since becomes
//!    writable by the end of the attempt only.

use std::io;

use socket2::{SockAddr, Socket};

use super::calls::{Call, count};
use super::errors::retry;

/// How far a connection attempt is.
#[derive(Debug)]
pub enum Attempt {
    /// Connected.
    Done,
    /// Ask again when the socket is writable.
    Waiting,
}

/// Starts to connect.
///
/// # Errors
/// Those of connect(2) other than `EINPROGRESS`.
pub fn start(socket: &Socket, address: &SockAddr) -> io::Result<Attempt> {
    let connect = || {
        count(Call::Connect);
        socket.connect(address)
    };
    match retry(connect) {
        Ok(()) => Ok(Attempt::Done),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(Attempt::Waiting),
        Err(error) => Err(error),
    }
}

/// Asks how the attempt ended; to be called when the socket is writable. `fresh`: it is watched only
/// since connect(2) was called.
///
/// # Errors
/// What made it fail: `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`, ...
pub fn finish(socket: &Socket, fresh: bool) -> io::Result<Attempt> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    if fresh && cfg!(target_os = "linux") {
        return Ok(Attempt::Done);
    }
    match socket.peer_addr() {
        Ok(_) => Ok(Attempt::Done),
        Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => Ok(Attempt::Waiting),
        // The peer has already gone (macOS says EINVAL). The next read reports it.
        Err(_) => Ok(Attempt::Done),
    }
}
