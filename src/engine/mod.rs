//! The network itself, without threads and without Node.
//!
//! An [`endpoint::Endpoint`] is what one JavaScript handle owns. Its commands run when they are
//! called; what has to wait for the kernel goes on in [`endpoint::Endpoint::advance`], which a backend
//! calls when the descriptor is ready. Results are pulled with [`endpoint::Endpoint::next_event`].

pub mod address;
pub mod bind;
pub mod calls;
pub mod coalescer;
pub mod connect;
pub mod descriptor;
pub mod endpoint;
pub mod errors;
pub mod event;
#[cfg(target_os = "linux")]
mod linger;
pub mod listen;
pub mod memory;
pub mod message;
pub mod named_options;
pub mod options;
pub mod queue;
pub mod read;
#[cfg(target_os = "linux")]
pub mod relay;
pub mod rights;
mod room;
#[cfg(target_os = "linux")]
pub mod send_file;
pub mod stream;
pub mod sys;
