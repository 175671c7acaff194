//! The tokio backend: one task for each socket on the shared runtime, and the ready queue from which the JavaScript thread
//! takes their events.

pub mod ready_queue;
pub mod runtime;
#[cfg(target_os = "linux")]
pub mod send_file;
pub mod socket;
pub mod sync;
