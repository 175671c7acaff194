//! The tokio backend's own source, compiled against loom: its locks are loom's, the kernel, the runtime and the endpoint
//! are models of a few lines. What is checked is what two threads share: the ready queue and the state of a socket.
//!
//! Run by `cargo test --release` in this folder.

pub mod kernel;

/// What the backend finds of the engine: the real events, memory, counters and errors, and a model of an endpoint.
pub mod engine {
    #[path = "../../../../../src/engine/calls.rs"]
    pub mod calls;
    pub mod endpoint;
    #[path = "../../../../../src/engine/errors.rs"]
    pub mod errors;
    #[path = "../../../../../src/engine/event.rs"]
    pub mod event;
    #[path = "../../../../../src/engine/memory.rs"]
    pub mod memory;

    #[path = "../../../../../src/engine/read/config.rs"]
    mod read_config;

    /// The bound of what is read ahead: one event, so that the task often has to stop.
    pub mod read {
        pub use super::read_config::ReadConfig;

        /// Events.
        pub const READ_AHEAD: usize = 1;
    }
}

/// The backend.
pub mod backend {
    #[path = "../../../../../src/backend/handle.rs"]
    pub mod handle;

    /// The backend's own source, but for the runtime.
    pub mod tokio {
        #[path = "../../../../../../src/backend/tokio/ready_queue.rs"]
        pub mod ready_queue;
        pub mod runtime;
        #[path = "../../../../../../src/backend/tokio/socket.rs"]
        pub mod socket;
        #[path = "../../../../../../src/backend/tokio/sync.rs"]
        pub mod sync;
    }

    /// Small bounds, so that they are reached.
    pub const EVENTS_PER_SOCKET: usize = 1;
    /// As above.
    pub const EVENTS_PER_ITERATION: usize = 2;

    /// As in the addon.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Delivery {
        /// The receiver of events can take more.
        Continue,
        /// It cannot.
        Stop,
    }
}
