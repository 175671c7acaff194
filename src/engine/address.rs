//! Addresses: numeric text to `sockaddr` and back, as `uv_ip4_addr`, `uv_ip6_addr` and
//! `uv_ip_name` (libuv's documentation) and Node's `socket.address()` show them.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use socket2::{SockAddr, SockAddrStorage};

use super::sys;

/// Most bytes of a Unix-domain path or abstract name (`sun_path`, unix(7)).
pub const PATH_MAX: usize = size_of::<libc::sockaddr_un>() - PATH_OFFSET;

/// Where the name begins, which is the last thing in a `sockaddr_un`.
const PATH_OFFSET: usize = std::mem::offset_of!(libc::sockaddr_un, sun_path);

/// An address as Node shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `ip` is the text form, with `%interface` when the address is link-local.
    Ip {
        /// Text form of the address.
        ip: String,
        /// Whether it is IPv6.
        v6: bool,
        /// Port in host order.
        port: u16,
    },
    /// The path or abstract name; empty for an unnamed socket.
    Unix(Vec<u8>),
}

/// The socket address of numeric text: IPv4, or IPv6 with an optional `%scope` (an interface name
/// or index).
///
/// # Errors
/// `EINVAL`: not a numeric address.
pub fn parse_ip(address: &str, port: u16) -> io::Result<SocketAddr> {
    if let Ok(ip) = address.parse::<Ipv4Addr>() {
        return Ok(SocketAddr::V4(SocketAddrV4::new(ip, port)));
    }
    let (ip, scope) = match address.split_once('%') {
        Some((ip, scope)) => {
            (ip, sys::interface_index(scope).or_else(|| scope.parse().ok()).unwrap_or(0))
        }
        None => (address, 0),
    };
    match ip.parse::<Ipv6Addr>() {
        Ok(ip) => Ok(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope))),
        Err(_) => Err(io::Error::from_raw_os_error(libc::EINVAL)),
    }
}

/// How the host reads Unix-domain names; it changed between versions of libuv and Node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRules {
    /// An abstract name ends where it ends and no path may hold a NUL (libuv from 1.48 on). Before,
    /// abstract names were filled up with NULs and paths ended at the first one.
    pub exact: bool,
    /// A name that is too long is cut (Node before 24) instead of refused.
    pub truncate: bool,
}

impl Default for NameRules {
    /// Those of the newest hosts.
    fn default() -> Self {
        NameRules { exact: true, truncate: false }
    }
}

/// The socket address of a Unix-domain path, or of an abstract name, which begins with a NUL
/// (unix(7)), and the bytes of the name as used.
///
/// # Errors
/// `EINVAL`: the name is empty or too long, or a path with a NUL inside.
pub fn parse_path(path: &[u8], rules: NameRules) -> io::Result<(SockAddr, Vec<u8>)> {
    let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
    let is_abstract = path.first() == Some(&0);
    let mut name = path.to_vec();
    if name.len() > PATH_MAX && rules.truncate {
        name.truncate(PATH_MAX);
    }
    if name.is_empty() || name.len() > PATH_MAX || (is_abstract && !sys::HAS_ABSTRACT_NAMES) {
        return Err(invalid());
    }
    if rules.exact {
        if !is_abstract && name.contains(&0) {
            return Err(invalid());
        }
    } else if is_abstract {
        name.resize(PATH_MAX, 0);
    } else if let Some(end) = name.iter().position(|byte| *byte == 0) {
        name.truncate(end);
    }
    Ok((unix_address(&name), name))
}

/// The `sockaddr_un` of a name of at most `PATH_MAX` bytes. Unlike the constructors of the standard
/// library and socket2, it lets a path fill `sun_path` to its last byte, as Linux does (unix(7)).
fn unix_address(name: &[u8]) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: sockaddr_un is the platform's type for the family that is set here.
    let address: &mut libc::sockaddr_un = unsafe { storage.view_as() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (slot, byte) in address.sun_path.iter_mut().zip(name) {
        *slot = *byte as libc::c_char;
    }
    // A path is followed by its NUL where there is room for one; an abstract name is as long as it is.
    let is_path = name.first() != Some(&0);
    let length = (name.len() + usize::from(is_path)).min(PATH_MAX);
    let length = PATH_OFFSET + length;
    // SAFETY: family and path were set above; `length` covers the family and the name.
    unsafe { SockAddr::new(storage, length as libc::socklen_t) }
}

/// Whether `path` names a file, and which.
pub fn file_of(path: &[u8]) -> Option<PathBuf> {
    match path.first() {
        None | Some(0) => None,
        Some(_) => Some(PathBuf::from(std::ffi::OsString::from_vec(path.to_vec()))),
    }
}

/// `address` as Node shows it; `None` for a family that is none of ours.
pub fn show(address: &SockAddr) -> Option<Address> {
    if let Some(socket) = address.as_socket() {
        let ip = match socket {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => show_v6(&v6),
        };
        return Some(Address::Ip { ip, v6: socket.is_ipv6(), port: socket.port() });
    }
    if !address.is_unix() {
        return None;
    }
    let name = match (address.as_pathname(), address.as_abstract_namespace()) {
        (Some(path), _) => path.as_os_str().as_bytes().to_vec(),
        (None, Some(name)) => [b"\0", name].concat(),
        (None, None) => Vec::new(),
    };
    Some(Address::Unix(name))
}

/// The text that inet_ntop(3) gives, with the interface of a link-local address.
fn show_v6(address: &SocketAddrV6) -> String {
    let segments = address.ip().segments();
    if segments[..6] == [0; 6] && (segments[6] != 0 || segments[7] > 1) {
        let [.., a, b, c, d] = address.ip().octets();
        return format!("::{a}.{b}.{c}.{d}");
    }
    let link_local = segments[0] & 0xffc0 == 0xfe80;
    match (link_local, address.scope_id()) {
        (true, scope) if scope > 0 => match sys::interface_name(scope) {
            Some(name) => format!("{}%{name}", address.ip()),
            None => address.ip().to_string(),
        },
        _ => address.ip().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match show(&SockAddr::from(parse_ip(text, 7).unwrap())) {
            Some(Address::Ip { ip, port: 7, .. }) => ip,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn shows_what_it_parses() {
        let texts =
            ["127.0.0.1", "::", "::1", "::ffff:1.2.3.4", "::1.2.3.4", "2001:db8::1", "fe80::1"];
        for text in texts {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("fe80::1%lo"), "fe80::1%lo");
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "localhost", "1.2.3", "1.2.3.4.5", "::g", "1.2.3.4%lo"] {
            let error = parse_ip(text, 0).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EINVAL), "{text}");
        }
    }

    #[test]
    fn refuses_names_that_do_not_fit() {
        let rules = NameRules::default();
        let long = vec![b'a'; PATH_MAX + 1];
        for path in [&b""[..], b"a\0b", &long] {
            let error = parse_path(path, rules).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
        }
        assert!(parse_path(&long[1..], rules).is_ok());
        for name in [&b"\0name"[..], b"\0a\0b", b"\0\0"] {
            assert_eq!(parse_path(name, rules).unwrap().1, name);
        }
    }

    #[test]
    fn follows_the_rules_of_older_hosts() {
        let rules = NameRules { exact: false, truncate: true };
        let long = vec![b'a'; PATH_MAX + 1];
        assert_eq!(parse_path(&long, rules).unwrap().1, &long[1..]);
        assert_eq!(parse_path(b"a\0b", rules).unwrap().1, b"a");
        assert_eq!(parse_path(b"\0a", rules).unwrap().1.len(), PATH_MAX);
        assert!(parse_path(b"", rules).is_err());
    }
}
