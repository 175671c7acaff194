//! Whether the kernel takes a buffer of small writes as a whole.

#[cfg(target_os = "linux")]
use std::cell::Cell;

use socket2::Socket;

#[cfg(target_os = "linux")]
use super::coalescer::BUFFER_SIZE;
use super::sys;

/// What is known of a connection's send buffer, so that the kernel need not be asked again.
#[derive(Debug, Default)]
pub struct Room {
    /// Whether the connection was found to be one whose room can be told.
    #[cfg(target_os = "linux")]
    is_told: Cell<bool>,
}

impl Room {
    /// Whether a connection takes [`BUFFER_SIZE`](super::coalescer::BUFFER_SIZE) bytes by one send(2), and neither side
    /// has ended or reset it.
    ///
    /// `POLLOUT` says so, but Linux withholds it until a third of a TCP send buffer is free. A program that writes without
    /// end keeps its buffer fuller than that, although the kernel has room for each write.
    pub fn takes_buffer(&self, socket: &Socket) -> bool {
        match sys::poll_writable(socket) {
            Some(writable) => writable,
            None => self.has_room(socket),
        }
    }

    /// An option was set, or the socket connects again.
    pub fn forget(&self) {
        #[cfg(target_os = "linux")]
        self.is_told.set(false);
    }

    /// Whether the send buffer of a TCP connection has room for four such buffers: the kernel's own data on each piece
    /// counts as well (socket(7), `SO_SNDBUF`). False for other sockets, and where `TCP_NOTSENT_LOWAT` is a second bound.
    #[cfg(target_os = "linux")]
    fn has_room(&self, socket: &Socket) -> bool {
        let Some(own) = namespace::unbound() else { return false };
        if !self.is_told.get() {
            if namespace::cookie(socket) != own || !has_one_bound(socket) {
                return false;
            }
            self.is_told.set(true);
        }
        // `SK_MEMINFO_SNDBUF` and `SK_MEMINFO_WMEM_QUEUED` (linux/sock_diag.h).
        let Some([_, _, _, most, _, queued]) =
            sys::get_u32s::<6>(socket, libc::SOL_SOCKET, libc::SO_MEMINFO)
        else {
            return false;
        };
        most.saturating_sub(queued) as usize >= 4 * BUFFER_SIZE
    }

    /// Elsewhere nothing tells.
    #[cfg(not(target_os = "linux"))]
    fn has_room(&self, _socket: &Socket) -> bool {
        false
    }
}

/// Whether a socket is an established TCP connection on which nobody has set `TCP_NOTSENT_LOWAT`. It stays that until
/// an option is set; its end is seen by poll(2).
#[cfg(target_os = "linux")]
fn has_one_bound(socket: &Socket) -> bool {
    /// With TCP Fast Open a connection may not have got there yet, and takes no second write before.
    const TCP_ESTABLISHED: u8 = 1;

    let ask = |level, name| sys::get_u32s::<1>(socket, level, name).map(|[value]| value);
    ask(libc::SOL_SOCKET, libc::SO_PROTOCOL) == Some(libc::IPPROTO_TCP as u32)
        && matches!(ask(libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT), Some(0 | u32::MAX))
        && sys::tcp_state(socket) == Some(TCP_ESTABLISHED)
}

/// What the network namespace says for sockets that set no bound of their own.
#[cfg(target_os = "linux")]
mod namespace {
    use std::cell::Cell;
    use std::fs::read_to_string;
    use std::time::{Duration, Instant};

    use socket2::{Domain, Socket};

    use crate::engine::sys;

    /// The system's setting may change. If rsnet does not see that for a while, a write counts as sent somewhat earlier.
    const FRESH: Duration = Duration::from_secs(1);

    /// What a namespace is known by; `None` before Linux 5.14.
    pub type Cookie = Option<[u32; 2]>;

    /// The namespace of this thread, if it has no bound.
    type Known = Option<Cookie>;

    thread_local! {
        static KNOWN: Cell<Option<(Instant, Known)>> = const { Cell::new(None) };
    }

    /// The namespace of this thread, the only one that can be asked, if it has no bound.
    pub fn unbound() -> Option<Cookie> {
        let now = Instant::now();
        if let Some((since, known)) = KNOWN.get()
            && now.duration_since(since) < FRESH
        {
            return known;
        }
        let known = ask();
        KNOWN.set(Some((now, known)));
        known
    }

    /// As if what is known were old.
    #[cfg(test)]
    pub fn forget() {
        KNOWN.set(None);
    }

    fn ask() -> Known {
        let text = read_to_string("/proc/sys/net/ipv4/tcp_notsent_lowat").ok()?;
        let is_unbound = text.trim().parse() == Ok(u32::MAX);
        is_unbound.then(|| sys::new_socket(Domain::UNIX).ok().and_then(|own| cookie(&own)))
    }

    /// The namespace of a socket (`SO_NETNS_COOKIE`).
    pub fn cookie(socket: &Socket) -> Cookie {
        sys::get_u32s(socket, libc::SOL_SOCKET, libc::SO_NETNS_COOKIE)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::write;
    use std::thread;

    use socket2::Domain;

    use super::namespace::{cookie, forget, unbound};
    use crate::engine::sys::new_socket;

    /// Needs the right to make a network namespace, and passes without.
    #[test]
    fn the_setting_is_that_of_the_sockets_namespace_and_may_change() {
        let outside = new_socket(Domain::IPV4).unwrap();
        thread::spawn(move || {
            // SAFETY: only this thread, which ends soon, gets another namespace.
            if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
                return;
            }
            let inside = new_socket(Domain::IPV4).unwrap();
            assert_eq!(unbound(), Some(cookie(&inside)));
            assert_ne!(unbound(), Some(cookie(&outside)));
            if write("/proc/sys/net/ipv4/tcp_notsent_lowat", "16384").is_err() {
                return;
            }
            forget();
            assert_eq!(unbound(), None);
        })
        .join()
        .unwrap();
    }
}
