//! Everything of the engine that parses: numeric addresses and Unix-domain names, both ways, with the standard library
//! and the rules of unix(7) as oracles.

#![no_main]

use std::net::{IpAddr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use rsnet::engine::address::{Address, NameRules, PATH_MAX, file_of, parse_ip, parse_path, show};
use socket2::SockAddr;

fuzz_target!(|data: &[u8]| {
    let [flags, rest @ ..] = data else { return };
    if flags & 1 == 0 {
        if let Ok(text) = std::str::from_utf8(rest) {
            ip(text, u16::from(*flags) << 8 | 7);
        }
    } else {
        path(rest, NameRules { exact: flags & 2 != 0, truncate: flags & 4 != 0 });
    }
});

/// What is taken is what the standard library takes, but for the scope; and it is shown as an address that parses to
/// the same one.
fn ip(text: &str, port: u16) {
    let bare = text.split_once('%').map_or(text, |(ip, _)| ip);
    let has_scope = bare.len() != text.len();
    let expected = match bare.parse::<IpAddr>() {
        Ok(ip) if has_scope => ip.is_ipv6().then_some(ip),
        Ok(ip) => Some(ip),
        Err(_) => None,
    };
    let parsed = parse_ip(text, port);
    assert_eq!(parsed.as_ref().ok().map(|address| address.ip()), expected, "{text:?}");
    let Ok(address) = parsed else { return };
    assert_eq!(address.port(), port);
    let Some(Address::Ip { ip, v6, port: shown }) = show(&SockAddr::from(address)) else {
        panic!("{text:?} is not shown");
    };
    assert_eq!((v6, shown), (address.is_ipv6(), port));
    let again = parse_ip(&ip, port).expect("what is shown is an address");
    assert_eq!(again.ip(), address.ip(), "{text:?} is shown as {ip:?}");
    if v6 {
        assert!(ip.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()));
    }
}

/// What is taken fits `sockaddr_un`, and is shown as it was taken.
fn path(name: &[u8], rules: NameRules) {
    let _ = file_of(name);
    let Ok((address, used)) = parse_path(name, rules) else {
        let too_long = name.len() > PATH_MAX && !rules.truncate;
        let has_nul = rules.exact && name.first() != Some(&0) && name.contains(&0);
        assert!(name.is_empty() || too_long || has_nul, "{name:?} is refused");
        return;
    };
    assert!(used.len() <= PATH_MAX);
    assert!((address.len() as usize) <= size_of::<libc::sockaddr_un>());
    let common = name.len().min(used.len());
    assert_eq!(used[..common], name[..common]);
    let Some(Address::Unix(shown)) = show(&address) else { panic!("{name:?} is not shown") };
    // The kernel's own form of a name that is all NULs, or of none, is an unnamed socket.
    let is_named = used.first() != Some(&0) || used.len() > 1;
    // A path without a NUL behind it is shown without its last byte, which is taken for one.
    let is_full = used.first() != Some(&0) && used.len() == PATH_MAX;
    if is_full {
        assert_eq!(shown, used[..PATH_MAX - 1]);
    } else if is_named {
        assert_eq!(shown, used, "{name:?}");
    }
}
