//! The tokio runtime: one for the process, started on first use.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::backend::setting;

/// Most threads without `RSNET_THREADS`.
const MOST_THREADS: usize = 4;

/// Most threads with `RSNET_THREADS`.
const THREADS_LIMIT: usize = 1024;

/// Most threads that wait for disks. Further transfers wait for one of them.
const DISK_THREADS: usize = 64;

struct Shared {
    runtime: Runtime,
    threads: usize,
}

static SHARED: OnceLock<Result<Shared, String>> = OnceLock::new();

/// How many threads the runtime has or will have: `setting` (the value of `RSNET_THREADS`) if there
/// is one, else as many as there are cores, at most 4.
///
/// # Errors
/// The text that says what `setting` must be.
pub fn threads(setting: Option<&str>) -> Result<usize, String> {
    let Some(text) = setting else {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        return Ok(cores.min(MOST_THREADS));
    };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<usize>() {
        Ok(count) if is_number && (1..=THREADS_LIMIT).contains(&count) => Ok(count),
        _ => Err(format!(
            "RSNET_THREADS must be a whole number from 1 to {THREADS_LIMIT}, got {text:?}"
        )),
    }
}

/// The threads of the runtime that runs, or that would be started.
///
/// # Errors
/// As [`threads`], for the environment variable `RSNET_THREADS`.
pub fn thread_count() -> Result<usize, String> {
    if let Some(Ok(shared)) = SHARED.get() {
        return Ok(shared.threads);
    }
    threads(setting("RSNET_THREADS").as_deref())
}

/// The runtime, started by the first call.
///
/// # Errors
/// A text: `RSNET_THREADS` is bad, or the threads cannot be started.
pub fn handle() -> Result<&'static Handle, String> {
    let shared = SHARED.get_or_init(|| {
        let threads = thread_count()?;
        let number = AtomicUsize::new(0);
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(DISK_THREADS)
            .thread_name_fn(move || format!("rsnet-{}", number.fetch_add(1, Ordering::Relaxed)))
            .enable_io()
            .build()
            .map_err(|error| format!("cannot start the runtime's threads: {error}"))?;
        Ok(Shared { runtime, threads })
    });
    match shared {
        Ok(shared) => Ok(shared.runtime.handle()),
        Err(text) => Err(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_the_number_of_threads() {
        assert_eq!(threads(Some("1")), Ok(1));
        assert_eq!(threads(Some("1024")), Ok(1024));
        assert!(threads(None).is_ok_and(|count| (1..=4).contains(&count)));
        for bad in ["", "0", "1025", "abc", "+1", "1.5", " 1", "99999999999999999999999"] {
            let text = format!("RSNET_THREADS must be a whole number from 1 to 1024, got {bad:?}");
            assert_eq!(threads(Some(bad)), Err(text));
        }
    }
}
