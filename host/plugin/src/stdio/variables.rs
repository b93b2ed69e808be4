//! The environment that tells a program whose connection it serves: UCSPI, as tcpserver and its relatives have it
//! (<https://cr.yp.to/proto/ucspi.txt>, <https://cr.yp.to/ucspi-tcp/environment.html>).

use eco_contract::Connection;
use std::net::SocketAddr;

/// The variables of a connection: its protocol, and for TCP the addresses of both ends. What has other addresses is
/// `UNIX`.
pub(crate) fn variables(connection: &Connection) -> Vec<(String, String)> {
    let address = |text: &str| text.parse::<SocketAddr>().ok();
    let ends = address(&connection.peer).zip(address(&connection.local));
    let variable = |name: &str, value: String| (name.to_owned(), value);
    let Some((peer, local)) = ends else {
        return vec![variable("PROTO", "UNIX".to_owned())];
    };
    // IPv4 over a socket of IPv6 is IPv4.
    let ip = |address: SocketAddr| address.ip().to_canonical().to_string();
    vec![
        variable("PROTO", "TCP".to_owned()),
        variable("TCPREMOTEIP", ip(peer)),
        variable("TCPREMOTEPORT", peer.port().to_string()),
        variable("TCPLOCALIP", ip(local)),
        variable("TCPLOCALPORT", local.port().to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_its_variables_by_its_addresses() {
        let of = |peer: &str, local: &str| {
            let variables = variables(&Connection {
                id: 1,
                peer: peer.to_owned(),
                local: local.to_owned(),
                origin: None,
                details: None,
            });
            let lines = variables
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            lines.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            of("192.168.1.7:50344", "10.0.0.1:7"),
            "PROTO=TCP TCPREMOTEIP=192.168.1.7 TCPREMOTEPORT=50344 TCPLOCALIP=10.0.0.1 TCPLOCALPORT=7"
        );
        assert_eq!(
            of("[2001:db8::1]:1", "[::1]:2"),
            "PROTO=TCP TCPREMOTEIP=2001:db8::1 TCPREMOTEPORT=1 TCPLOCALIP=::1 TCPLOCALPORT=2"
        );
        // As a socket for both has it.
        assert_eq!(
            of("[::ffff:192.0.2.1]:1", "[::ffff:10.0.0.1]:2"),
            "PROTO=TCP TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=1 TCPLOCALIP=10.0.0.1 TCPLOCALPORT=2"
        );
        assert_eq!(of("uid:1000", "unix:/run/eco.sock"), "PROTO=UNIX");
        assert_eq!(of("", ""), "PROTO=UNIX");
    }
}
