//! Status values: 0, or a negated `errno(3)`, the form in which libuv reports errors.

use std::io;

/// 0 for success, a negated `errno(3)` for a failure.
pub type Status = i32;

/// End of stream, the value that libuv documents as `UV_EOF`.
pub const UV_EOF: Status = -4095;

/// Success.
pub const OK: Status = 0;

/// The status of `error`. An error without a number of the system's becomes `EIO`.
pub fn status_of(error: &io::Error) -> Status {
    -error.raw_os_error().unwrap_or(libc::EIO)
}

/// The status of `result`: 0, or the negated errno of its error.
pub fn status<T>(result: io::Result<T>) -> Status {
    match result {
        Ok(_) => OK,
        Err(error) => status_of(&error),
    }
}

/// Whether `error` only says that the call has to be tried again when the descriptor is ready. `EINPROGRESS`: the write
/// has begun to connect, without its bytes (`TCP_FASTOPEN_CONNECT`, tcp(7)).
pub fn is_would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::EINPROGRESS)
}

/// Whether `error` says that the kernel is short of memory for now (`ENOBUFS`, see send(2)). libuv tries
/// the write again later; the descriptor does not become ready anew for that.
pub fn is_out_of_buffers(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOBUFS)
}

/// As [`is_out_of_buffers`], also `ENOMEM`, which a caller that moves bytes for others tries again, too.
#[cfg(target_os = "linux")]
pub fn is_out_of_memory(error: &io::Error) -> bool {
    is_out_of_buffers(error) || error.raw_os_error() == Some(libc::ENOMEM)
}

/// Runs `call` until it is not interrupted by a signal (`EINTR`, see signal(7)).
///
/// # Errors
/// Those of `call` other than `EINTR`.
pub fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
