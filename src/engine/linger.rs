//! `SO_LINGER` with a time (socket(7)), without the wait of close(2).
//!
//! The kernel has close(2) wait for as long, also of a non-blocking socket, and Linux lets the connection go on
//! afterwards. Here the end is sent at once, unless it was sent before. A thread keeps the descriptor until the peer has
//! acknowledged everything, and resets the connection if that takes longer than the time.

use std::net::Shutdown;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::sys;

/// Between two looks at the connections: from the first to the last.
const INTERVALS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

/// States of `TCP_INFO` (linux/tcp.h).
const ESTABLISHED: u8 = 1;
const FIN_WAIT1: u8 = 4;
const CLOSE_WAIT: u8 = 8;
const LAST_ACK: u8 = 9;
const CLOSING: u8 = 11;

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { sockets: Vec::new(), has_thread: false });

struct Waiting {
    /// Each with the moment at which its connection is reset.
    sockets: Vec<(Socket, Instant)>,
    has_thread: bool,
}

/// Closes a connection that nobody else has, and resets it if the peer has not acknowledged everything within `time`. It
/// does not wait.
pub fn close(socket: Socket, time: Duration) {
    // The peer has yet to acknowledge something in these states only. In the last three the end was sent before, and
    // shutdown(2) sends nothing more.
    let is_open = matches!(
        sys::tcp_state(&socket),
        Some(ESTABLISHED | CLOSE_WAIT | FIN_WAIT1 | LAST_ACK | CLOSING)
    );
    // The kernel resets a connection with unread bytes by itself.
    let is_plain = !is_open || sys::is_standard(&socket) || sys::unread_bytes(&socket) != Some(0);
    // As by close(2), bytes that still come reset the connection.
    if is_plain || socket.shutdown(Shutdown::Both).is_err() || !is_closing(&socket) {
        return sys::close(socket);
    }
    let mut waiting = lock();
    waiting.sockets.push((socket, Instant::now() + time));
    if !waiting.has_thread {
        // Without a thread the connection goes on as if there were no time.
        let builder = thread::Builder::new().name("rsnet-linger".into());
        waiting.has_thread = builder.spawn(run).is_ok();
        if !waiting.has_thread {
            waiting.sockets.clear();
        }
    }
}

/// Whether the peer has yet to acknowledge bytes or the end.
fn is_closing(socket: &Socket) -> bool {
    matches!(sys::tcp_state(socket), Some(FIN_WAIT1 | LAST_ACK | CLOSING))
}

fn run() {
    let [first, last] = INTERVALS;
    let mut interval = first;
    loop {
        thread::sleep(interval);
        interval = (2 * interval).min(last);
        let mut waiting = lock();
        let now = Instant::now();
        waiting.sockets.retain(|(socket, until)| {
            let waits = is_closing(socket);
            if waits && *until <= now {
                let _ = socket.set_linger(Some(Duration::ZERO));
            }
            waits && *until > now
        });
        if waiting.sockets.is_empty() {
            waiting.has_thread = false;
            return;
        }
    }
}

fn lock() -> MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
