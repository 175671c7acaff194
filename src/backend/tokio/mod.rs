//! The tokio backend: one task for each socket on the shared runtime, and the queue by which the JavaScript thread
//! hears of them.

pub mod ready_queue;
pub mod runtime;
#[cfg(target_os = "linux")]
pub mod send_file;
pub mod socket;
pub mod sync;
