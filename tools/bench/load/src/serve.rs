//! Servers for clients under test: what they count is what the client achieved.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::args::Args;
use crate::tally::{self, Tally};

/// Room for one read.
const ROOM: usize = 64 * 1024;

/// Listens on `ports=` ports of the loopback address and prints them; then waits for the client's process id.
async fn listen(args: &Args) -> io::Result<(Vec<TcpListener>, u32)> {
    let mut listeners = Vec::new();
    let mut ports = Vec::new();
    for _ in 0..args.number_or("ports", 1)? {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        ports.push(listener.local_addr()?.port().to_string());
        listeners.push(listener);
    }
    tally::line(&format!("{{\"ports\":[{}]}}", ports.join(",")));
    Ok((listeners, tally::tested()?))
}

/// Sends back what comes. A unit is a request of `size=` bytes.
pub async fn echo(args: &Args) -> io::Result<()> {
    let (listeners, tested) = listen(args).await?;
    let size = args.number("size")?;
    let tally = Tally::new();
    for listener in listeners {
        let tally = Arc::clone(&tally);
        tally::spawn("serve-echo", async move {
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tally::spawn("serve-echo", answer(stream, size, Arc::clone(&tally)));
            }
        });
    }
    tally.measure(args, tested, &[]).await
}

async fn answer(mut stream: TcpStream, size: u64, tally: Arc<Tally>) -> io::Result<()> {
    let mut room = vec![0; ROOM];
    let mut rest = 0;
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Err(io::Error::other("the client ended"));
        }
        stream.write_all(&room[..count]).await?;
        let bytes = rest + count as u64;
        rest = bytes % size;
        tally.add(bytes / size);
    }
}

/// Answers one byte with one byte and waits for the client to close. A unit is a connection.
pub async fn byte(args: &Args) -> io::Result<()> {
    let (listeners, tested) = listen(args).await?;
    let tally = Tally::new();
    for listener in listeners {
        let tally = Arc::clone(&tally);
        tally::spawn("serve-byte", async move {
            loop {
                let (mut stream, _) = listener.accept().await?;
                let tally = Arc::clone(&tally);
                tally::spawn("serve-byte", async move {
                    stream.read_exact(&mut [0]).await?;
                    stream.write_all(b"x").await?;
                    if stream.read(&mut [0]).await? != 0 {
                        return Err(io::Error::other("more came than one byte"));
                    }
                    tally.add(1);
                    Ok(())
                });
            }
        });
    }
    tally.measure(args, tested, &[]).await
}
