//! Runs a command and tells what it used, for programs that measure themselves and end by themselves.

use std::io;
use std::process::{Command, Stdio};

use crate::process;
use crate::tally;

/// `SECONDS COMMAND ARGUMENT...`: after the command's own output comes one line of JSON: its exit code (-1 for a
/// signal), the processor time of it and its children (getrusage(2), seconds), and the most resident memory that one
/// of them had (bytes).
pub fn run(words: &[String]) -> io::Result<()> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "expected SECONDS COMMAND...");
    let (limit, command) = words.split_first().ok_or_else(invalid)?;
    let (program, arguments) = command.split_first().ok_or_else(invalid)?;
    process::guard(limit.parse().map_err(|_| invalid())?);
    let status = Command::new(program).args(arguments).stdin(Stdio::null()).status()?;
    // SAFETY: rusage is plain numbers, for which zero is valid, and it lives through the call.
    let used = unsafe {
        let mut used: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut used);
        used
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    tally::print(&[
        ("exit", f64::from(status.code().unwrap_or(-1))),
        ("cpuUser", seconds(used.ru_utime)),
        ("cpuSystem", seconds(used.ru_stime)),
        ("peak", used.ru_maxrss as f64 * 1024.0),
    ]);
    Ok(())
}
