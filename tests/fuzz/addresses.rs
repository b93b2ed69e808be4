//! Addresses as they are typed: `net::Endpoint`. No name is looked up.

use eco_host::net::Endpoint;

/// What addresses are made of, and what is nearly that.
const PARTS: [&str; 28] = [
    ":",
    ":",
    ":",
    "[",
    "]",
    "::1",
    "127.0.0.1",
    "0",
    "5005",
    "65535",
    "65536",
    "+5",
    "-1",
    "%",
    "eth0",
    "localhost",
    "fe80::1",
    "::ffff:1.2.3.4",
    ".",
    "/",
    "udp://",
    "tcp://",
    " ",
    "\n",
    "\u{1b}[2J",
    "\u{202e}",
    "ñ",
    "@",
];

#[test]
fn what_is_an_address_is_written_and_read_again_and_what_is_none_is_told_why() {
    bolero::check!()
        .with_type::<(Vec<u8>, String, u16, [u16; 8])>()
        .for_each(|(parts, text, port, groups)| {
            let parts: String = parts
                .iter()
                .take(8)
                .map(|part| PARTS[usize::from(*part) % PARTS.len()])
                .collect();
            let ipv6 = std::net::Ipv6Addr::from(*groups);
            for text in [
                text,
                &parts,
                &format!("{parts}{text}:{port}"),
                &format!("[{ipv6}]:{port}"),
                &format!("[{ipv6}%{text}]:{port}"),
                &format!("[{ipv6}{parts}]:{port}"),
            ] {
                check(text);
            }
        });
}

fn check(text: &str) {
    match text.parse::<Endpoint>() {
        Ok(endpoint) => {
            let written = endpoint.to_string();
            assert_eq!(written.parse(), Ok(endpoint), "{text:?} became {written:?}");
        }
        Err(why) => {
            assert!(!why.is_empty(), "{text:?}");
            assert!(
                !why.contains(|c: char| c.is_control() && c != '\n'),
                "{text:?}: {why:?}"
            );
        }
    }
}
