//! The class `FileSender`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status as NapiStatus, sys};
use napi_derive::napi;

use crate::backend::tokio::send_file::{Running, start};
use crate::engine::errors::{Status, status_of};
use crate::engine::send_file::Transfer;

/// What the end of a transfer calls: its number, and 0 or a negated errno.
type Ended =
    ThreadsafeFunction<FnArgs<(u32, i32)>, (), FnArgs<(u32, i32)>, NapiStatus, false, true>;

/// Sends files to sockets by sendfile(2), on threads of the runtime. One for each environment.
#[napi]
pub struct FileSender {
    ended: Arc<Ended>,
    running: RefCell<HashMap<u32, Running>>,
    next: Cell<u32>,
    /// Calls of the transfers that were forgotten.
    calls: Cell<u64>,
}

#[napi]
impl FileSender {
    /// A sender that calls `ended(number, status)` for each transfer that has ended. The process stays alive as long as
    /// one is under way.
    #[napi(constructor, catch_unwind)]
    pub fn new(ended: Function<'_, FnArgs<(u32, i32)>, ()>) -> Result<Self> {
        let ended = ended.build_threadsafe_function().weak::<true>().build()?;
        Ok(FileSender {
            ended: Arc::new(ended),
            running: RefCell::default(),
            next: Cell::new(1),
            calls: Cell::new(0),
        })
    }

    /// Starts to send `length` bytes at `offset` of `file` to `socket`; both may be closed at once. Returns the number of
    /// the transfer, or a negated errno.
    #[napi]
    pub fn start(&self, env: Env, socket: i32, file: i32, offset: i64, length: i64) -> i32 {
        let (Ok(offset), Ok(length)) = (u64::try_from(offset), u64::try_from(length)) else {
            return -libc::EINVAL;
        };
        let transfer = match Transfer::new(socket, file, offset, length) {
            Ok(transfer) => transfer,
            Err(error) => return status_of(&error),
        };
        let number = self.next.get();
        self.next.set(if number == i32::MAX as u32 { 1 } else { number + 1 });
        let ended = Arc::clone(&self.ended);
        let done = Box::new(move |status: Status| {
            ended.call((number, status).into(), ThreadsafeFunctionCallMode::NonBlocking);
        });
        let Ok(running) = start(transfer, done) else { return -libc::EAGAIN };
        let mut all = self.running.borrow_mut();
        all.insert(number, running);
        if all.len() == 1 {
            // SAFETY: this is the thread of the environment, whose finalizers have not run.
            unsafe { sys::napi_ref_threadsafe_function(env.raw(), self.ended.raw()) };
        }
        number as i32
    }

    /// Bytes that the kernel has taken.
    #[napi]
    pub fn sent(&self, number: u32) -> f64 {
        self.running.borrow().get(&number).map_or(0, Running::sent) as f64
    }

    /// Calls of sendfile(2) of all transfers.
    #[napi]
    pub fn calls(&self) -> f64 {
        let running: u64 = self.running.borrow().values().map(Running::calls).sum();
        (self.calls.get() + running) as f64
    }

    /// Ends a transfer soon, with `ECANCELED` if it has not ended before.
    #[napi]
    pub fn cancel(&self, number: u32) {
        if let Some(running) = self.running.borrow().get(&number) {
            running.cancel();
        }
    }

    /// Forgets a transfer that has ended. Returns what [`FileSender::sent`] does.
    #[napi]
    pub fn forget(&self, env: Env, number: u32) -> f64 {
        let mut all = self.running.borrow_mut();
        let Some(running) = all.remove(&number) else { return 0.0 };
        self.calls.set(self.calls.get() + running.calls());
        if all.is_empty() {
            // SAFETY: as above.
            unsafe { sys::napi_unref_threadsafe_function(env.raw(), self.ended.raw()) };
        }
        running.sent() as f64
    }
}

/// The environment ends.
impl Drop for FileSender {
    fn drop(&mut self) {
        for running in self.running.borrow().values() {
            running.cancel();
        }
    }
}
