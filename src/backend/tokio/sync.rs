//! What two threads share: std's locks and tokio's registrations. Under `cfg(loom)`, which the model in `tools/safety/loom`
//! sets, loom's locks and a model of a descriptor.

#[cfg(not(loom))]
pub use std::sync::{Mutex, MutexGuard};

#[cfg(not(loom))]
pub use tokio::io::unix::AsyncFd;

#[cfg(loom)]
pub use loom::sync::{Mutex, MutexGuard};

#[cfg(loom)]
pub use crate::kernel::AsyncFd;
