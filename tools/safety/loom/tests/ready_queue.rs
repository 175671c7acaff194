//! The tokio backend's wake-ups and its closing, in every order in which the threads can run (up to a number of
//! preemptions). A wake-up that is lost is a deadlock, which loom reports.

use std::sync::atomic::{AtomicUsize, Ordering};

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use rsnet_loom::backend::Delivery;
use rsnet_loom::backend::tokio::ready_queue::ReadyQueue;
use rsnet_loom::backend::tokio::socket::TokioSocket;
use rsnet_loom::kernel::{arrive, kernel};

/// How the JavaScript thread is woken.
#[derive(Default)]
struct Bell {
    /// Wake-ups that were not answered; whether the environment ended.
    state: Mutex<(usize, bool)>,
    rung: Condvar,
}

impl Bell {
    fn ring(&self) {
        let mut state = self.state.lock().unwrap();
        assert!(!state.1, "a wake-up after the end");
        state.0 += 1;
        self.rung.notify_one();
    }

    /// Waits for a wake-up and answers all there are.
    fn wait(&self) {
        let mut state = self.state.lock().unwrap();
        while state.0 == 0 {
            state = self.rung.wait(state).unwrap();
        }
        state.0 = 0;
    }

    fn end(&self) {
        self.state.lock().unwrap().1 = true;
    }
}

fn ready_queue() -> (std::sync::Arc<ReadyQueue>, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    let theirs = Arc::clone(&bell);
    (ReadyQueue::new(Box::new(move || theirs.ring())), bell)
}

/// Runs `model` in every order, and says how many there were.
fn explore(name: &str, model: impl Fn() + Sync + Send + 'static) {
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let theirs = std::sync::Arc::clone(&count);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        theirs.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!("{name}: {} orders", count.load(Ordering::Relaxed));
}

fn open(ready_queue: &std::sync::Arc<ReadyQueue>) -> std::sync::Arc<TokioSocket> {
    let socket = TokioSocket::new(ready_queue, 7, false);
    socket.command(|handle| handle.endpoint.open());
    socket
}

/// One iteration of the event loop: what the queue has, then the rest of the loop. Returns how many events came.
fn run_once(ready_queue: &std::sync::Arc<ReadyQueue>) -> usize {
    let mut count = 0;
    ready_queue.run(
        || Delivery::Continue,
        |id, _| {
            assert_eq!(id, 7);
            count += 1;
            Delivery::Continue
        },
        |_| {},
    );
    if count > 0 {
        ready_queue.rearm();
    }
    count
}

#[test]
fn every_message_wakes_and_arrives() {
    explore("every message wakes and arrives", || {
        let (ready_queue, bell) = ready_queue();
        let socket = open(&ready_queue);
        let peer = thread::spawn(|| {
            arrive();
            arrive();
        });
        let mut got = 0;
        while got < 2 {
            bell.wait();
            got += run_once(&ready_queue);
        }
        peer.join().unwrap();
        socket.close(|handle| handle.endpoint.close());
        ready_queue.end();
        bell.end();
    });
}

#[test]
fn closing_at_any_moment_ends_the_task() {
    explore("closing at any moment ends the task", || {
        let (ready_queue, bell) = ready_queue();
        let socket = open(&ready_queue);
        let peer = thread::spawn(arrive);
        socket.close(|handle| handle.endpoint.close());
        assert!(kernel().closed);
        run_once(&ready_queue);
        peer.join().unwrap();
        ready_queue.end();
        bell.end();
    });
}

#[test]
fn nothing_wakes_after_the_end() {
    explore("nothing wakes after the end", || {
        let (ready_queue, bell) = ready_queue();
        let socket = open(&ready_queue);
        let peer = thread::spawn(arrive);
        ready_queue.end();
        bell.end();
        peer.join().unwrap();
        socket.close(|handle| handle.endpoint.close());
    });
}
