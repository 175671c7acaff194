//! What is fixed about a connection's reads when its socket is made.

/// How reads report the end of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadConfig {
    /// Whether a read reports a reset that arrived together with the last bytes, as libuv does from 1.52 on.
    /// If not, an EOF follows the last bytes of every connection that is over in both directions (`POLLHUP`).
    pub reports_resets: bool,
    /// Whether another thread than JavaScript's reads and sends. The kernel reports `SO_ERROR` once, so a send
    /// may consume it before the read that libuv would have made first.
    pub off_thread: bool,
    /// Whether it reads messages, whose bounds stay (`SOCK_SEQPACKET`, socket(2)), and not a stream of bytes.
    pub messages: bool,
}
