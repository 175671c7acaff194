//! A server that echoes for many clients at once, on either backend.

use std::collections::HashMap;
use std::io::{IoSlice, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::thread::{JoinHandle, spawn};

use rsnet::backend::handle::{Handle, RefDelta};
use rsnet::engine::errors::{OK, UV_EOF};
use rsnet::engine::event::Event;

use super::listen_on_loopback;

const CLIENTS: u32 = 40;

/// Bytes of each client.
const SIZE: usize = 300_000;

/// The JavaScript thread of a backend under test.
pub trait Environment {
    type Socket;

    fn socket(&self, id: u32) -> Self::Socket;
    fn command<R>(&self, socket: &Self::Socket, body: impl FnOnce(&mut Handle) -> R) -> R;
    fn accept(&self, socket: &Self::Socket, listener: &Self::Socket) -> (i32, RefDelta);
    fn close(&self, socket: &Self::Socket);
    fn count(&self, delta: RefDelta);

    /// One iteration; `handle` gets each event.
    fn serve(&self, handle: impl FnMut(u32, Event));

    /// The sums of the deltas: sockets that keep the process alive, and sockets that are open.
    fn counts(&self) -> (i32, i32);
}

/// Echoes for all clients, and checks what each has got.
pub fn echo_for_many_clients(environment: &impl Environment) {
    let listener = environment.socket(0);
    let port = environment.command(&listener, |own| listen_on_loopback(&mut own.endpoint));
    assert_eq!(environment.counts(), (1, 1));
    let clients: Vec<_> = (0..CLIENTS).map(|number| client(port, number as u8)).collect();

    let mut sockets = HashMap::new();
    let mut accepted = 0;
    while accepted < CLIENTS || !sockets.is_empty() {
        environment.serve(|id, event| match event {
            Event::Connection(status) => {
                assert_eq!((id, status), (0, OK));
                accepted += 1;
                let socket = environment.socket(accepted);
                let (status, delta) = environment.accept(&socket, &listener);
                assert_eq!(status, OK);
                environment.count(delta);
                environment.command(&socket, |own| own.endpoint.read_start());
                sockets.insert(accepted, socket);
            }
            Event::Read(chunk) => {
                let bytes = [IoSlice::new(chunk.as_slice())];
                let status = environment.command(&sockets[&id], |own| own.endpoint.write(&bytes));
                assert!(status >= 0);
            }
            Event::ReadEnd(status) => {
                assert_eq!(status, UV_EOF);
                let status = environment.command(&sockets[&id], |own| own.endpoint.shutdown());
                assert_eq!(status, OK);
            }
            Event::Shutdown(status) => {
                assert_eq!(status, OK);
                environment.close(&sockets.remove(&id).unwrap());
            }
            Event::Write(_, status) | Event::Writable(status) => assert_eq!(status, OK),
            Event::Connect(_) | Event::Descriptors(_) => panic!(),
        });
    }
    clients.into_iter().for_each(|client| client.join().unwrap());
    assert_eq!(environment.counts(), (1, 1));
    environment.close(&listener);
    assert_eq!(environment.counts(), (0, 0));
}

/// A client that sends bytes of the value `number`, and checks that they come back.
fn client(port: u16, number: u8) -> JoinHandle<()> {
    spawn(move || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let mut reader = stream.try_clone().unwrap();
        let sender = spawn(move || {
            stream.write_all(&vec![number; SIZE]).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
        });
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        sender.join().unwrap();
        assert_eq!(bytes, vec![number; SIZE]);
    })
}
