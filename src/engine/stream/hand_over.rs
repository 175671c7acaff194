//! A connection that is handed over: what it has read, or has to send.

use std::os::fd::OwnedFd;

use super::{Stream, WriteSide};
use crate::engine::errors::{OK, Status};
use crate::engine::event::Event;

/// What is left of a [`Stream`].
#[derive(Debug)]
pub struct Remains {
    /// The descriptor.
    pub socket: OwnedFd,
    /// Bytes that were read and not delivered.
    pub unread: Vec<u8>,
    /// The error that recv(2) has consumed, so that the kernel does not report it again; else [`OK`].
    pub read_error: Status,
    /// Bytes that were queued and not sent.
    pub unsent: Vec<u8>,
    /// The error of a write that was not delivered, or `ENOTSUP` if one has descriptors; else [`OK`].
    pub write_error: Status,
    /// Whether shutdown(2) was asked for and not called.
    pub shuts: bool,
}

impl Stream {
    /// Ends the stream and gives away its socket. Nothing is read or sent any more.
    pub fn hand_over(mut self) -> Remains {
        let (unread, read_error) = self.read.take_arrived();
        let failed = self.events.iter().find_map(|(_, event)| match event {
            Event::Write(_, status) | Event::Writable(status) if *status != OK => Some(*status),
            _ => None,
        });
        Remains {
            unread,
            read_error,
            // Without its descriptors a message is another one, and they cannot go along.
            write_error: failed
                .or_else(|| self.queue.has_descriptors().then_some(-libc::ENOTSUP))
                .unwrap_or(OK),
            unsent: self.queue.take_unsent(),
            shuts: matches!(self.write_side, WriteSide::Closing | WriteSide::Due),
            socket: self.socket.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{IoSlice, Read, Write};
    use std::num::NonZeroU32;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::engine::event::Readiness;
    use crate::engine::read::{READ_AHEAD, ReadConfig};
    use crate::engine::stream::Written;

    /// A stream, and its peer.
    fn pair() -> (Stream, UnixStream) {
        let (own, peer) = UnixStream::pair().unwrap();
        own.set_nonblocking(true).unwrap();
        (Stream::new(OwnedFd::from(own).into(), ReadConfig::default()), peer)
    }

    #[test]
    fn what_was_read_and_not_delivered_is_handed_over() {
        let (mut stream, mut peer) = pair();
        peer.write_all(b"one").unwrap();
        stream.reading_mut().set_on(true);
        stream.on_ready(Readiness { readable: true, ..Readiness::default() });
        while stream.advance(READ_AHEAD) {}
        peer.write_all(b"two").unwrap();
        let remains = stream.hand_over();
        assert_eq!((remains.unread.as_slice(), remains.read_error), (&b"one"[..], OK));
        let mut own = UnixStream::from(remains.socket);
        let mut rest = [0; 3];
        own.read_exact(&mut rest).unwrap();
        assert_eq!(&rest, b"two");
    }

    #[test]
    fn what_the_kernel_did_not_take_is_handed_over() {
        let (mut stream, mut peer) = pair();
        let text: Vec<u8> = (0..1_000_000u32).map(|number| (number % 251) as u8).collect();
        assert_eq!(stream.write(&[IoSlice::new(&text)]).unwrap(), Written::Queued(NonZeroU32::MIN));
        assert!(matches!(stream.write(&[IoSlice::new(b"end")]).unwrap(), Written::Queued(_)));
        stream.shutdown().unwrap();
        let remains = stream.hand_over();
        assert!(remains.shuts);
        let mut arrived = vec![0; text.len() + 3 - remains.unsent.len()];
        peer.read_exact(&mut arrived).unwrap();
        arrived.extend(&remains.unsent);
        assert!(arrived == [&text[..], b"end"].concat());
        assert!(remains.socket.as_raw_fd() >= 0);
    }
}
