//! Whether the kernel takes a buffer of small writes as a whole.

use std::os::fd::RawFd;

use super::sys;

/// Whether a connection takes [`BUFFER_SIZE`](super::coalescer::BUFFER_SIZE) bytes by one send(2), and neither side has ended or reset it.
///
/// `POLLOUT` says so, but Linux withholds it until a third of a TCP send buffer is free. A program that writes without
/// end keeps its buffer fuller than that, although the kernel has room for each write.
pub fn takes_buffer(fd: RawFd) -> bool {
    match sys::poll_writable(fd) {
        Some(writable) => writable,
        None => has_room(fd),
    }
}

/// Whether the send buffer of a TCP connection has room for four such buffers: the kernel's own data on each piece counts
/// as well (socket(7), `SO_SNDBUF`). False for other sockets, and where `TCP_NOTSENT_LOWAT` is a second bound.
#[cfg(target_os = "linux")]
fn has_room(fd: RawFd) -> bool {
    use std::sync::OnceLock;

    use crate::engine::coalescer::BUFFER_SIZE;

    /// With TCP Fast Open a connection may not have got there yet, and takes no second write before.
    const TCP_ESTABLISHED: u8 = 1;

    /// Whether sockets that set no bound of their own have none.
    static IS_UNBOUND: OnceLock<bool> = OnceLock::new();
    let is_unbound = IS_UNBOUND.get_or_init(|| {
        std::fs::read_to_string("/proc/sys/net/ipv4/tcp_notsent_lowat")
            .is_ok_and(|text| text.trim().parse() == Ok(u32::MAX))
    });
    let ask = |level, name| sys::get_u32s::<1>(fd, level, name).map(|[value]| value);
    let is_tcp = || ask(libc::SOL_SOCKET, libc::SO_PROTOCOL) == Some(libc::IPPROTO_TCP as u32);
    let has_no_bound =
        || matches!(ask(libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT), Some(0 | u32::MAX));
    let is_established = || sys::tcp_state(fd) == Some(TCP_ESTABLISHED);
    if !is_unbound || !is_tcp() || !has_no_bound() || !is_established() {
        return false;
    }
    // `SK_MEMINFO_SNDBUF` and `SK_MEMINFO_WMEM_QUEUED` (linux/sock_diag.h).
    let Some([_, _, _, most, _, queued]) =
        sys::get_u32s::<6>(fd, libc::SOL_SOCKET, libc::SO_MEMINFO)
    else {
        return false;
    };
    most.saturating_sub(queued) as usize >= 4 * BUFFER_SIZE
}

/// Elsewhere nothing tells.
#[cfg(not(target_os = "linux"))]
fn has_room(_fd: RawFd) -> bool {
    false
}
