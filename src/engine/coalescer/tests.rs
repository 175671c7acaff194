use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use super::*;

/// Writes `text` behind what a buffer has, as JavaScript does.
fn write(pool: &Pool, index: usize, text: &[u8]) {
    let length = pool.published[index].load(Ordering::SeqCst) as usize;
    // SAFETY: nobody reads behind the published length.
    unsafe {
        let end = pool.memory.as_ptr().add(index * BUFFER_SIZE + length);
        end.copy_from_nonoverlapping(text.as_ptr(), text.len());
    }
    pool.published[index].store((length + text.len()) as u32, Ordering::SeqCst);
}

#[test]
fn what_waits_is_sent_by_the_thread_and_the_rest_by_the_owner() {
    let pool = Pool::take().unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    let index = pool.begin(near.as_raw_fd()).unwrap();
    write(pool, index, b"first");
    let mut bytes = [0; 5];
    far.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"first");
    write(pool, index, b"second");
    let status = pool.send(index, |bytes, sent, error| {
        assert_eq!((bytes, error), (b"firstsecond".as_slice(), OK));
        assert!(sent == 5 || sent == 11);
        7
    });
    assert_eq!(status, 7);
    assert!(!pool.is_used());
    pool.give_back();
}

#[test]
fn an_error_is_kept_for_the_owner() {
    let pool = Pool::take().unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    drop(far);
    let index = pool.begin(near.as_raw_fd()).unwrap();
    write(pool, index, b"lost");
    while !pool.send_all() {}
    let status = pool.send(index, |_, sent, error| {
        assert_eq!(sent, 0);
        error
    });
    assert_eq!(status, -libc::EPIPE);
    pool.give_back();
}

#[test]
fn a_panic_ends_the_use_of_a_buffer() {
    let pool = Pool::take().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    let index = pool.begin(near.as_raw_fd()).unwrap();
    let sending = || pool.send(index, |_, _, _| panic!("meant"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(sending)).is_err());
    assert!(!pool.is_used());
    assert_eq!(pool.begin(near.as_raw_fd()), Some(index));
    pool.give_back();
}

#[test]
fn there_are_only_so_many_buffers() {
    let pool = Pool::take().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    for expected in 0..BUFFERS {
        assert_eq!(pool.begin(near.as_raw_fd()), Some(expected));
    }
    assert_eq!(pool.begin(near.as_raw_fd()), None);
    pool.give_back();
    assert!(!pool.is_used());
}
