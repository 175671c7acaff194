//! A part of a file that is sent to a socket by sendfile(2).
//!
//! sendfile(2) may wait for the disk, so a [`Transfer`] runs on a thread that may. It has copies of both descriptors:
//! closing those of the program does not redirect it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::sendfile;
use socket2::SockRef;

use super::errors::{Status, retry, status_of};
use super::{descriptor, sys};

/// Bytes of one sendfile(2). Between two of them the transfer can be cancelled, and says how far it is.
const FILE_PIECE: u64 = 1024 * 1024;

/// Bytes after which others get the thread.
const TURN: u64 = 16 * FILE_PIECE;

/// How long a thread waits for room itself, in milliseconds. A fast peer has made room by then, and two changes of the
/// thread are saved.
const PATIENCE: i32 = 5;

/// What two threads know of a transfer.
#[derive(Debug, Default)]
pub struct Progress {
    sent: AtomicU64,
    cancelled: AtomicBool,
    calls: AtomicU64,
}

impl Progress {
    /// Bytes that the kernel has taken.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Calls of sendfile(2).
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Asks the transfer to end.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    /// Whether it was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It has ended: 0, also where the file has fewer bytes than were asked for; or a negated errno, `ECANCELED` among
    /// them.
    Ended(Status),
    /// The socket has no room.
    Full,
    /// There is more to do, and others may want the thread.
    Turn,
}

/// A transfer under way.
#[derive(Debug)]
pub struct Transfer {
    socket: OwnedFd,
    file: OwnedFd,
    offset: u64,
    left: u64,
    progress: Arc<Progress>,
}

impl Transfer {
    /// A transfer of `length` bytes at `offset` of `file` to `socket`. The file's own position is neither used nor
    /// changed.
    ///
    /// # Errors
    /// `EBADF`: one of them is not open. `EMFILE`: no descriptor is left for the copies. `EOPNOTSUPP`: the socket blocks,
    /// as a process with a copy of it may have it. sendfile(2) could not be told to return then.
    pub fn new(socket: RawFd, file: RawFd, offset: u64, length: u64) -> io::Result<Self> {
        let socket = descriptor::copy(socket)?;
        if !SockRef::from(&socket).nonblocking().unwrap_or(true) {
            return Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP));
        }
        Ok(Transfer {
            socket,
            file: descriptor::copy(file)?,
            offset,
            left: length,
            progress: Arc::default(),
        })
    }

    /// How far it is.
    pub fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// The copy of the socket's descriptor.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Sends what the socket takes. It may wait for the disk, and up to 5 ms for room.
    pub fn advance(&mut self) -> Step {
        let mut turn = TURN;
        while self.left > 0 {
            if self.progress.is_cancelled() {
                return Step::Ended(-libc::ECANCELED);
            }
            if turn == 0 {
                return Step::Turn;
            }
            match self.send(self.left.min(FILE_PIECE).min(turn)) {
                Ok(0) => break,
                Ok(sent) => {
                    self.offset += sent;
                    self.left -= sent;
                    turn -= sent;
                    self.progress.sent.fetch_add(sent, Ordering::AcqRel);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !has_room(&self.socket) {
                        return Step::Full;
                    }
                }
                Err(error) => return Step::Ended(status_of(&error)),
            }
        }
        Step::Ended(0)
    }

    fn send(&self, count: u64) -> io::Result<u64> {
        retry(|| {
            let mut offset = self.offset;
            self.progress.calls.fetch_add(1, Ordering::Relaxed);
            Ok(sendfile(&self.socket, &self.file, Some(&mut offset), count as usize)? as u64)
        })
    }
}

/// Waits a little for room (`POLLOUT`, poll(2)). An error of the socket counts as room: the next call reports it.
fn has_room(socket: &OwnedFd) -> bool {
    sys::poll(socket, libc::POLLOUT, PATIENCE).is_some_and(|ready| ready != 0)
}

/// Has this thread get no `SIGPIPE`: sendfile(2) cannot be told to raise none. It reports `EPIPE` all the same.
pub fn without_sigpipe() {
    // SAFETY: the set is a local that sigemptyset(3) initialises; pthread_sigmask(3) changes only this thread's mask.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;

    use super::*;

    /// A file that is removed when it is dropped.
    struct Sample(PathBuf, File);

    impl Sample {
        fn new(name: &str, bytes: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("rsnet-{}-{name}", std::process::id()));
            File::create(&path).and_then(|mut file| file.write_all(bytes)).expect("a file");
            let file = File::open(&path).expect("the file");
            Sample(path, file)
        }

        fn transfer(&self, socket: &UnixStream, offset: u64, length: u64) -> Transfer {
            Transfer::new(socket.as_raw_fd(), self.1.as_raw_fd(), offset, length)
                .expect("descriptors")
        }
    }

    impl Drop for Sample {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn pair() -> (UnixStream, UnixStream) {
        let (near, far) = UnixStream::pair().expect("a pair");
        near.set_nonblocking(true).expect("non-blocking");
        (near, far)
    }

    #[test]
    fn sends_a_part_and_leaves_the_position() {
        let file = Sample::new("part", b"0123456789");
        let (near, mut far) = pair();
        let mut transfer = file.transfer(&near, 2, 5);
        assert_eq!(transfer.advance(), Step::Ended(0));
        assert_eq!(transfer.progress().sent(), 5);
        let mut got = [0; 5];
        far.read_exact(&mut got).expect("bytes");
        assert_eq!(&got, b"23456");
        let mut first = [0; 1];
        (&file.1).read_exact(&mut first).expect("a byte");
        assert_eq!(&first, b"0");
    }

    #[test]
    fn refuses_a_socket_that_blocks() {
        let file = Sample::new("blocks", b"0");
        let (_near, far) = pair();
        let refused = Transfer::new(far.as_raw_fd(), file.1.as_raw_fd(), 0, 1);
        let error = refused.expect_err("an error").raw_os_error();
        assert_eq!(error, Some(libc::EOPNOTSUPP));
    }

    #[test]
    fn ends_with_the_file() {
        let file = Sample::new("end", b"0123456789");
        let (near, _far) = pair();
        let mut transfer = file.transfer(&near, 8, 100);
        assert_eq!(transfer.advance(), Step::Ended(0));
        assert_eq!(transfer.progress().sent(), 2);
    }

    #[test]
    fn waits_for_room_and_can_be_cancelled() {
        let file = Sample::new("room", &vec![1; 8 << 20]);
        let (near, mut far) = pair();
        let mut transfer = file.transfer(&near, 0, 8 << 20);
        assert_eq!(transfer.advance(), Step::Full);
        let sent = transfer.progress().sent() as usize;
        assert!(sent > 0 && sent < 8 << 20);
        let mut got = vec![0; sent];
        far.read_exact(&mut got).expect("bytes");
        assert_eq!(transfer.advance(), Step::Full);
        assert!(transfer.progress().sent() as usize > sent);
        transfer.progress().cancel();
        assert_eq!(transfer.advance(), Step::Ended(-libc::ECANCELED));
    }

    #[test]
    fn reports_a_peer_that_has_gone() {
        let file = Sample::new("gone", b"0123456789");
        let (near, far) = pair();
        drop(far);
        // The test's threads have no handler of SIGPIPE but Rust's, which ignores it.
        assert_eq!(file.transfer(&near, 0, 10).advance(), Step::Ended(-libc::EPIPE));
    }
}
