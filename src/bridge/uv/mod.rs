//! libuv, the event loop of Node. Its functions are found in the running program.
//!
//! * [`functions`] are libuv's functions that are used.
//! * [`handle`] is the life of a handle, from its memory to its close callback.
//! * [`watch`] has the loop watch the uv backend's descriptors.
//! * [`closing`] reports closed sockets in the loop's closing phase.

mod closing;
mod functions;
mod handle;
mod watch;

pub use closing::Closer;
pub use handle::UvLoop;
pub use watch::Watch;
