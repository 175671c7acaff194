//! What JavaScript sees: the classes `Bridge`, `FileSender` and `HeldDescriptors`, and plain functions. They check and
//! convert arguments, call the engine through its backend, and convert back. A socket is known by its slot (`id`).

pub mod bridge;
pub mod coalescer;
pub mod constants;
pub mod convert;
pub mod descriptor;
pub mod functions;
pub mod options;
pub mod raw;
#[cfg(target_os = "linux")]
pub mod relay;
pub mod rights;
#[cfg(target_os = "linux")]
pub mod send_file;
pub mod socket;
pub mod strings;
pub mod writer;
