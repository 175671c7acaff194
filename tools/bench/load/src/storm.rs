//! Connect storm: connect, one byte each way, close, and again.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::args::Args;
use crate::tally::{self, Tally};

/// Source addresses used in turn (127.0.0.1 and up), so that ports in TIME_WAIT do not run out.
const SOURCES: u64 = 16;

/// `conns=` loops at once against `addr=`; a unit is one connection, from connect to the end of stream.
pub async fn run(args: &Args) -> io::Result<()> {
    let tested = tally::tested()?;
    let address = args.address("addr")?;
    let tally = Tally::new();
    for index in 0..args.number("conns")? {
        let tally = Arc::clone(&tally);
        let source = Ipv4Addr::new(127, 0, 0, (index % SOURCES + 1) as u8);
        tally::spawn("storm", async move {
            loop {
                let begin = Instant::now();
                once(connect(address, source).await?).await?;
                tally.record(begin.elapsed());
            }
        });
    }
    tally.measure(args, tested, &[]).await
}

/// Connects from `source`. The port is chosen at connect(2), not at bind(2) (`IP_BIND_ADDRESS_NO_PORT`, ip(7)), so
/// that one port serves for several destinations.
async fn connect(address: SocketAddr, source: Ipv4Addr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let on: libc::c_int = 1;
    // SAFETY: the descriptor is open, and the option's value is a c_int of the length given.
    let status = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            std::ptr::from_ref(&on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    socket.bind(SocketAddr::new(IpAddr::V4(source), 0))?;
    socket.connect(address).await
}

/// One byte each way, then our end first: the usual order, and TIME_WAIT stays on the client's side.
pub async fn once(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(b"x").await?;
    stream.read_exact(&mut [0]).await?;
    stream.shutdown().await?;
    match stream.read(&mut [0]).await? {
        0 => Ok(()),
        _ => Err(io::Error::other("more came back than was sent")),
    }
}
