//! The relays of an environment, see [`crate::engine::relay`].

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::stderr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::{Buffer, FnArgs, Function, Unknown};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use rustix::process::{Resource, getrlimit};

use super::bridge::Bridge;
use super::convert::OwnBytes;
use crate::engine::calls::Account;
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::{OK, Status, status_of};
use crate::engine::relay::{Relay, Report, Reporter};

/// Relays that JavaScript has not stopped, by what it calls them.
#[derive(Default)]
pub struct Relays {
    reporter: RefCell<Option<Reporter>>,
    by_id: RefCell<HashMap<u32, Arc<Relay>>>,
    next_id: Cell<u32>,
    /// System calls of all relays.
    pub(super) calls: Arc<Account>,
}

impl Relays {
    fn get(&self, id: u32) -> Option<Arc<Relay>> {
        self.by_id.borrow().get(&id).cloned()
    }

    fn start(&self, sockets: [OwnedFd; 2], is_lent: bool) -> Status {
        let Some(reporter) = self.reporter.borrow().clone() else { return -libc::EINVAL };
        let id = self.next_id.get();
        match Relay::new(id, sockets, is_lent, reporter, Arc::clone(&self.calls)) {
            Ok(relay) => {
                // An id has to be a status, too.
                self.next_id.set((id + 1) & (i32::MAX as u32));
                self.by_id.borrow_mut().insert(id, relay);
                id as Status
            }
            Err(error) => status_of(&error),
        }
    }
}

impl Drop for Relays {
    fn drop(&mut self) {
        for relay in self.by_id.take().into_values() {
            relay.stop();
        }
    }
}

/// The commands of relays. They run between two connections, which JavaScript neither reads nor writes meanwhile.
#[napi]
impl Bridge {
    /// Sets what is called with each report: the relay, the direction (0: from the first socket to the second one), 0
    /// or a negated errno, and whether that is the error of a write.
    #[napi]
    pub fn set_relay_reporter(
        &self,
        report: Function<'_, FnArgs<(u32, u32, i32, bool)>, Unknown<'static>>,
    ) -> Result<()> {
        let function = report.build_threadsafe_function::<Report>().weak::<true>().build_callback(
            |context| {
                let Report { id, direction, status, is_write } = context.value;
                Ok(FnArgs::from((id, direction as u32, status, is_write)))
            },
        )?;
        *self.relays.reporter.borrow_mut() = Some(Arc::new(move |report| {
            function.call(report, ThreadsafeFunctionCallMode::NonBlocking);
        }));
        Ok(())
    }

    /// Makes a relay between two connections. Returns what it is called, or a negated errno.
    #[napi]
    pub fn relay(&self, a: u32, b: u32) -> Status {
        self.start_relay([a, b], Endpoint::duplicate_socket, false)
    }

    /// As [`Bridge::relay`], for connections that go on behind [`Bridge::take_back_relay`]. Nobody else is taken to
    /// have their descriptors.
    #[napi]
    pub fn lend_to_relay(&self, a: u32, b: u32) -> Status {
        self.start_relay([a, b], |endpoint| endpoint.lend_socket(), true)
    }

    /// Ends a relay that [`Bridge::lend_to_relay`] has made.
    #[napi]
    pub fn take_back_relay(&self, relay: u32) -> TakenBack {
        let relay = self.relays.by_id.borrow_mut().remove(&relay);
        let Some(relay) = relay else { return TakenBack::default() };
        let (rests, failure) = relay.take_back();
        TakenBack {
            sent: counts(&relay),
            rests: rests.map(OwnBytes).into(),
            failure: failure.map_or_else(Vec::new, |report| {
                vec![report.direction as i32, report.status, report.is_write.into()]
            }),
        }
    }

    /// Whether so many descriptors are open that the program may need those of its relays.
    #[napi]
    pub fn are_descriptors_scarce(&self) -> bool {
        match stderr().as_fd().try_clone_to_owned() {
            Ok(newest) => is_scarce(&newest),
            Err(error) => error.raw_os_error() == Some(libc::EMFILE),
        }
    }

    /// See [`Endpoint::is_relayable`].
    #[napi]
    pub fn is_relayable(&self, id: u32, reads: bool) -> bool {
        let mut is_relayable = false;
        self.run(id, |endpoint| {
            is_relayable = endpoint.is_relayable(reads);
            OK
        });
        is_relayable
    }

    /// See [`Endpoint::resume_reading`].
    #[napi]
    pub fn resume_reading(&self, id: u32) -> Status {
        self.run(id, Endpoint::resume_reading)
    }

    /// As [`Bridge::open_relay`]; `head` is sent first.
    #[napi]
    pub fn open_relay_behind(&self, relay: u32, direction: u32, head: Buffer) {
        if let Some(relay) = self.relays.get(relay) {
            relay.open_behind((direction != 0).into(), head.to_vec());
        }
    }

    /// Begins to move bytes in a direction.
    #[napi]
    pub fn open_relay(&self, relay: u32, direction: u32) {
        if let Some(relay) = self.relays.get(relay) {
            relay.open((direction != 0).into());
        }
    }

    /// Bytes sent in each direction, and milliseconds since the last ones.
    #[napi]
    pub fn count_relay(&self, relay: u32) -> Vec<f64> {
        self.relays.get(relay).map_or_else(Vec::new, |relay| counts(&relay))
    }

    /// Ends a relay. Its descriptors are closed then. Returns what [`Bridge::count_relay`] does.
    #[napi]
    pub fn stop_relay(&self, relay: u32) -> Vec<f64> {
        let relay = self.relays.by_id.borrow_mut().remove(&relay);
        relay.map_or_else(Vec::new, |relay| {
            relay.stop();
            counts(&relay)
        })
    }

    /// Says whether a relay moves the bytes of the socket `id`: it keeps the process alive, and its descriptor is
    /// not watched unless something waits for it.
    #[napi]
    pub fn set_relayed(&self, id: u32, relayed: bool) {
        if relayed {
            self.inner().unwatch(id);
        }
        self.run(id, |endpoint| {
            endpoint.set_relayed(relayed);
            OK
        });
    }

    /// See [`Endpoint::count_read`].
    #[napi]
    pub fn count_read(&self, id: u32, bytes: f64) {
        self.run(id, |endpoint: &mut Endpoint| {
            endpoint.count_read(bytes as u64);
            OK
        });
    }
}

impl Bridge {
    /// Starts a relay with the second descriptors that `second` makes of two sockets. One that is lent has to leave the
    /// program enough descriptors.
    fn start_relay(
        &self,
        [a, b]: [u32; 2],
        second: impl Fn(&mut Endpoint) -> std::result::Result<OwnedFd, Status>,
        is_lent: bool,
    ) -> Status {
        let second_of = |id| {
            let mut made = Err(-libc::EBADF);
            self.run(id, |endpoint| {
                made = second(endpoint);
                OK
            });
            made
        };
        match second_of(a).and_then(|first| Ok([first, second_of(b)?])) {
            Ok(sockets) if is_lent && sockets.iter().any(is_scarce) => -libc::EMFILE,
            Ok(sockets) => self.relays.start(sockets, is_lent),
            Err(status) => status,
        }
    }
}

/// Whether so many descriptors are open, by the number of a new one, that the program may need the others.
fn is_scarce(descriptor: &OwnedFd) -> bool {
    let limit = getrlimit(Resource::Nofile).current;
    limit.is_some_and(|limit| descriptor.as_raw_fd() as u64 >= limit / 2)
}

/// What a relay has left.
#[derive(Default)]
#[napi(object, object_from_js = false)]
pub struct TakenBack {
    /// As [`Bridge::count_relay`].
    pub sent: Vec<f64>,
    /// For each direction, what was read and not sent.
    pub rests: Vec<OwnBytes>,
    /// What has failed: the direction, the negated errno, and 1 for a write. Empty: nothing.
    pub failure: Vec<i32>,
}

fn counts(relay: &Relay) -> Vec<f64> {
    let [there, back] = relay.counts();
    [there, back, relay.idle()].map(|number| number as f64).to_vec()
}
