//! Functions on the small writes of the whole process that wait, see [`crate::engine::coalescer`].

use napi_derive::napi;

use crate::engine::coalescer;

/// Sends what waits, before the process becomes another program.
#[napi]
pub fn send_waiting() {
    coalescer::send_waiting();
}

/// JavaScript has changed the handlers of signals, see [`coalescer::stand_in_for_signals`].
#[napi]
pub fn stand_in_for_signals() {
    coalescer::stand_in_for_signals();
}
