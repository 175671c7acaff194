//! What Linux tells about a process: processor time and memory, from proc(5); and the limits put on our own.

use std::fs;
use std::io;

/// What a process has used since it started.
#[derive(Clone, Copy, Default)]
pub struct Used {
    /// Seconds of processor time in user mode, all threads (`utime` of `/proc/PID/stat`).
    pub user: f64,
    /// Seconds of processor time in the kernel, all threads (`stime`).
    pub system: f64,
    /// Resident memory now, bytes (`VmRSS` of `/proc/PID/status`).
    pub resident: u64,
    /// The most resident memory there ever was, bytes (`VmHWM`).
    pub peak: u64,
}

impl Used {
    /// Reads it for process `pid`. An error when there is no such process.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        // The second field is the name in brackets and may hold anything; the rest counts from the last bracket.
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |index: usize| -> f64 {
            let text = fields.get(index).copied().unwrap_or("0");
            text.parse::<f64>().unwrap_or(0.0) / ticks_per_second()
        };
        let kilobytes = |key: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let number = line.and_then(|rest| rest.split_whitespace().next());
            number.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) * 1024
        };
        Ok(Self { user: ticks(11), system: ticks(12), resident: kilobytes("VmRSS:"), peak: kilobytes("VmHWM:") })
    }
}

/// The unit of the times in `/proc/PID/stat`, sysconf(3).
fn ticks_per_second() -> f64 {
    // SAFETY: sysconf takes a number and touches no memory of ours.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    if ticks > 0 {
        ticks as f64
    } else {
        100.0
    }
}

/// Keeps this process from outliving its use: it ends after `seconds` (alarm(2)) and with its parent (prctl(2)), and
/// it may open as many descriptors as the machine allows.
pub fn guard(seconds: u64) {
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls; `limit` lives through both calls that get its address.
    unsafe {
        libc::alarm(seconds);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}
