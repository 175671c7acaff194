//! Whether the kernel takes a buffer of small writes as a whole.

use socket2::Socket;

use super::sys;

/// Whether a connection takes [`BUFFER_SIZE`](super::coalescer::BUFFER_SIZE) bytes by one send(2), and neither side has ended or reset it.
///
/// `POLLOUT` says so, but Linux withholds it until a third of a TCP send buffer is free. A program that writes without
/// end keeps its buffer fuller than that, although the kernel has room for each write.
pub fn takes_buffer(socket: &Socket) -> bool {
    match sys::poll_writable(socket) {
        Some(writable) => writable,
        None => has_room(socket),
    }
}

/// Whether the send buffer of a TCP connection has room for four such buffers: the kernel's own data on each piece counts
/// as well (socket(7), `SO_SNDBUF`). False for other sockets, and where `TCP_NOTSENT_LOWAT` is a second bound.
#[cfg(target_os = "linux")]
fn has_room(socket: &Socket) -> bool {
    use crate::engine::coalescer::BUFFER_SIZE;

    /// With TCP Fast Open a connection may not have got there yet, and takes no second write before.
    const TCP_ESTABLISHED: u8 = 1;

    let ask = |level, name| sys::get_u32s::<1>(socket, level, name).map(|[value]| value);
    let is_tcp = || ask(libc::SOL_SOCKET, libc::SO_PROTOCOL) == Some(libc::IPPROTO_TCP as u32);
    let has_no_bound =
        || matches!(ask(libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT), Some(0 | u32::MAX));
    let is_established = || sys::tcp_state(socket) == Some(TCP_ESTABLISHED);
    if !namespace::is_unbound(socket) || !is_tcp() || !has_no_bound() || !is_established() {
        return false;
    }
    // `SK_MEMINFO_SNDBUF` and `SK_MEMINFO_WMEM_QUEUED` (linux/sock_diag.h).
    let Some([_, _, _, most, _, queued]) =
        sys::get_u32s::<6>(socket, libc::SOL_SOCKET, libc::SO_MEMINFO)
    else {
        return false;
    };
    most.saturating_sub(queued) as usize >= 4 * BUFFER_SIZE
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

    /// The namespace of this thread, as `SO_NETNS_COOKIE` has it, and whether it has no bound.
    type Known = (Option<[u32; 2]>, bool);

    thread_local! {
        static KNOWN: Cell<Option<(Instant, Known)>> = const { Cell::new(None) };
    }

    /// Whether the namespace of a socket has no bound. Only that of this thread can be asked.
    pub fn is_unbound(socket: &Socket) -> bool {
        let now = Instant::now();
        let known = KNOWN.get().filter(|(since, _)| now.duration_since(*since) < FRESH);
        let (own, is_unbound) = known.map_or_else(ask, |(_, known)| known);
        if known.is_none() {
            KNOWN.set(Some((now, (own, is_unbound))));
        }
        is_unbound && cookie(socket) == own
    }

    /// As if what is known were old.
    #[cfg(test)]
    pub fn forget() {
        KNOWN.set(None);
    }

    fn ask() -> Known {
        let own = sys::new_socket(Domain::UNIX).ok();
        let is_unbound = read_to_string("/proc/sys/net/ipv4/tcp_notsent_lowat")
            .is_ok_and(|text| text.trim().parse() == Ok(u32::MAX));
        (own.and_then(|socket| cookie(&socket)), is_unbound)
    }

    /// What the namespace of a socket is known by; `None` before Linux 5.14.
    fn cookie(socket: &Socket) -> Option<[u32; 2]> {
        sys::get_u32s(socket, libc::SOL_SOCKET, libc::SO_NETNS_COOKIE)
    }
}

/// Elsewhere nothing tells.
#[cfg(not(target_os = "linux"))]
fn has_room(_socket: &Socket) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::write;
    use std::thread;

    use socket2::Domain;

    use super::namespace::{forget, is_unbound};
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
            assert!(is_unbound(&inside));
            assert!(!is_unbound(&outside));
            if write("/proc/sys/net/ipv4/tcp_notsent_lowat", "16384").is_err() {
                return;
            }
            forget();
            assert!(!is_unbound(&inside));
        })
        .join()
        .unwrap();
    }
}
