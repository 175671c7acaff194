//! What is peculiar to messages (`SOCK_SEQPACKET`, unix(7)): their sizes, and empty ones.
//!
//! recv(2) answers 0 to an empty message as well as at the end. With `SO_TIMESTAMP` (socket(7)) a time goes with each
//! message, and none with the end.

use std::io;

use socket2::Socket;

use super::named_options;

/// Lets [`next_size`] tell empty messages from the end.
///
/// # Errors
/// Those of setsockopt(2). Then an empty message is taken for the end.
pub fn tell_from_end(socket: &Socket) -> io::Result<()> {
    named_options::set(socket, "SO_TIMESTAMP", &1_i32.to_ne_bytes())
}

/// How many bytes the next message has; `None`: the peer sends no more. It never waits, and takes nothing.
///
/// # Errors
/// Those of recvmsg(2); `EINTR` is retried.
#[cfg(target_os = "linux")]
pub fn next_size(socket: &Socket) -> io::Result<Option<usize>> {
    use std::mem::MaybeUninit;

    use socket2::MsgHdrMut;

    use super::calls::{Call, count};
    use super::errors::retry;

    /// Room for a time. What else goes beside the bytes is left away.
    const CONTROL: usize = 32;

    let mut control = [MaybeUninit::uninit(); CONTROL];
    let flags = libc::MSG_PEEK | libc::MSG_TRUNC | libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    retry(|| {
        let mut message = MsgHdrMut::new().with_control(&mut control);
        count(Call::Read);
        let size = socket.recvmsg(&mut message, flags)?;
        Ok((size > 0 || message.control_len() > 0).then_some(size))
    })
}

/// As on Linux. Nothing reads messages elsewhere, see
/// [`Endpoint::set_option`](crate::engine::endpoint::Endpoint::set_option).
///
/// # Errors
/// `ENOPROTOOPT`.
#[cfg(not(target_os = "linux"))]
pub fn next_size(_socket: &Socket) -> io::Result<Option<usize>> {
    Err(io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use socket2::{Domain, Type};

    use super::*;

    #[test]
    fn tells_sizes_and_empty_messages_from_the_end() {
        let (own, peer) = Socket::pair_raw(Domain::UNIX, Type::SEQPACKET.cloexec(), None).unwrap();
        tell_from_end(&own).unwrap();
        assert_eq!(next_size(&own).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let sizes = [0, 3, 100_000, 0];
        for size in sizes {
            assert_eq!(peer.send(&vec![1; size]).unwrap(), size);
        }
        drop(peer);
        for size in sizes {
            assert_eq!(next_size(&own).unwrap(), Some(size));
            let mut bytes = Vec::with_capacity(size);
            assert_eq!(own.recv(bytes.spare_capacity_mut()).unwrap(), size);
        }
        assert_eq!(next_size(&own).unwrap(), None);
        assert_eq!(next_size(&own).unwrap(), None);
    }
}
