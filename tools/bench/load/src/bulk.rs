//! Bulk transfer over one connection, in either direction. A unit is a byte.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::args::Args;
use crate::tally::{self, Tally};

/// Room for one read, larger than what comes at once, so that this end is not the slow one.
const ROOM: usize = 256 * 1024;

/// Sends chunks of `chunk=` bytes to `addr=` without end.
pub async fn send(args: &Args) -> io::Result<()> {
    let tested = tally::tested()?;
    let chunk = usize::try_from(args.number("chunk")?).map_err(io::Error::other)?;
    let tally = Tally::new();
    tally::spawn("send", flood(args.address("addr")?, chunk, Arc::clone(&tally)));
    tally.measure(args, tested, &[]).await
}

/// Connects and sends chunks of `size` bytes without end, counting bytes. Plain writes do: with sendfile(2), which
/// copies nothing, the loopback interface was not faster.
pub async fn flood(address: SocketAddr, size: usize, tally: Arc<Tally>) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    unpace(&stream)?;
    let data = vec![b'x'; size];
    loop {
        let mut rest = &data[..];
        while !rest.is_empty() {
            let count = stream.write(rest).await?;
            tally.add(count as u64);
            rest = &rest[count..];
        }
    }
}

/// Leaves a congestion control that paces, as BBR does within one machine, too: this end is not to be the slow one,
/// whoever is tested.
fn unpace(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    if socket.tcp_congestion()?.starts_with(b"bbr") {
        socket.set_tcp_congestion(b"reno")?;
    }
    Ok(())
}

/// Takes what `addr=` sends without end.
pub async fn receive(args: &Args) -> io::Result<()> {
    let tested = tally::tested()?;
    let mut stream = TcpStream::connect(args.address("addr")?).await?;
    let tally = Tally::new();
    let counted = Arc::clone(&tally);
    tally::spawn("receive", async move {
        let mut room = vec![0; ROOM];
        loop {
            match stream.read(&mut room).await? {
                0 => return Err(io::Error::other("the stream ended")),
                count => counted.add(count as u64),
            }
        }
    });
    tally.measure(args, tested, &[]).await
}
