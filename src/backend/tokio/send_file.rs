//! Transfers of files, on both backends. sendfile(2), which may wait for a disk, runs on the threads that the runtime keeps
//! for blocking calls. A task waits for the socket.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;

use super::runtime;
use crate::engine::errors::{Status, status_of};
use crate::engine::send_file::{Progress, Step, Transfer, without_sigpipe};

/// What is called with the end of a transfer, on any thread. The copies of its descriptors are closed by then.
pub type Done = Box<dyn FnOnce(Status) + Send>;

/// A transfer that was started.
pub struct Running {
    progress: Arc<Progress>,
    task: Arc<Mutex<Option<Waker>>>,
}

impl Running {
    /// Bytes that the kernel has taken.
    pub fn sent(&self) -> u64 {
        self.progress.sent()
    }

    /// Calls of sendfile(2).
    pub fn calls(&self) -> u64 {
        self.progress.calls()
    }

    /// Ends the transfer soon, with `ECANCELED` if it has not ended before.
    pub fn cancel(&self) {
        self.progress.cancel();
        let waker = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Starts `transfer`; `done` is called once, with 0 or a negated errno.
///
/// # Errors
/// The runtime's threads cannot be started.
pub fn start(transfer: Transfer, done: Done) -> Result<Running, String> {
    let runtime = runtime::handle()?;
    let task = Arc::default();
    let running = Running { progress: Arc::clone(transfer.progress()), task: Arc::clone(&task) };
    let job = Job { transfer: Some(transfer), done: Some(done), task };
    runtime.spawn_blocking(move || job.run());
    Ok(running)
}

struct Job {
    /// Taken when it has ended.
    transfer: Option<Transfer>,
    done: Option<Done>,
    /// Wakes the task that waits for the socket.
    task: Arc<Mutex<Option<Waker>>>,
}

impl Job {
    /// Runs on a thread that may wait.
    fn run(mut self) {
        without_sigpipe();
        let Some(transfer) = &mut self.transfer else { return };
        match transfer.advance() {
            Step::Ended(status) => self.end(status),
            Step::Turn => {
                Handle::current().spawn_blocking(move || self.run());
            }
            Step::Full => {
                Handle::current().spawn(self.wait());
            }
        }
    }

    /// Waits for room, then goes on.
    async fn wait(mut self) {
        let Some(transfer) = self.transfer.take() else { return };
        let waited = writable(&transfer, &self.task).await;
        self.transfer = Some(transfer);
        match waited {
            Ok(()) => {
                Handle::current().spawn_blocking(move || self.run());
            }
            Err(error) => self.end(status_of(&error)),
        }
    }

    fn end(&mut self, status: Status) {
        drop(self.transfer.take());
        if let Some(done) = self.done.take() {
            done(status);
        }
    }
}

/// Waits until the socket takes more, or the transfer is cancelled, which wakes `task`.
async fn writable(transfer: &Transfer, task: &Mutex<Option<Waker>>) -> io::Result<()> {
    // SAFETY: the descriptor is borrowed as long as the registration lives, so it stays open.
    let socket = unsafe { AsyncFd::register_with_interest(transfer.socket(), Interest::WRITABLE) }
        .map_err(|error| error.into_parts().1)?;
    poll_fn(|context| {
        *task.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        // The order matters: who cancels before this look is seen here, and who cancels after it finds the waker.
        if transfer.progress().is_cancelled() {
            return Poll::Ready(Ok(()));
        }
        socket.poll_write_ready(context).map_ok(drop)
    })
    .await
}

/// A job that a panic drops before its end calls `done` all the same.
impl Drop for Job {
    fn drop(&mut self) {
        self.end(-libc::EIO);
    }
}
