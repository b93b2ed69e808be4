//! What is wrong with a reply, in words: those of `eco send`, and of `eco load`.

use bytesize::ByteSize;
use eco_contract::Expect;
use eco_net::Broken;
use eco_plugin::Fault;
use eco_text::escape::Escaped;
use eco_text::hexdump::hexdump;

/// What the plugin found wrong, and the place.
pub(crate) fn wrong(fault: &Fault, reply: &[u8]) -> String {
    let reason = Escaped(fault.reason.as_bytes()).to_string();
    let reason = reason.trim_matches('"');
    let text = match fault.offset.and_then(|offset| usize::try_from(offset).ok()) {
        Some(at) => format!(
            "wrong reply: {reason}, at byte {at} of {}\n{}",
            reply.len(),
            hexdump(reply, Some(at))
        ),
        None => format!("wrong reply: {reason}\n{}", hexdump(reply, None)),
    };
    text.trim_end().to_owned()
}

/// More came than the dialogue had use for.
pub(crate) fn surplus(bytes: &[u8]) -> String {
    format!(
        "wrong reply: {} bytes came beyond what was expected: {}",
        bytes.len(),
        Escaped(bytes)
    )
}

/// The reply broke off after `came` bytes, because of `what`.
pub(crate) fn not_whole(expect: &Expect, came: usize, what: &str) -> String {
    let wanted = match expect {
        Expect::Exactly(bytes) => format!("{came} of {bytes} expected bytes came"),
        Expect::Through(end) => {
            format!(
                "{came} bytes came, without the {} that ends the reply",
                Escaped(end)
            )
        }
        Expect::ToEnd | Expect::Nothing => format!("{came} bytes came"),
    };
    format!("no whole reply: {wanted}, then {what}")
}

/// How the exchange broke off.
pub(crate) fn broken(broken: &Broken, most: usize) -> String {
    match broken {
        Broken::Short => "the server closed the connection".to_owned(),
        Broken::TooLong => {
            let most = ByteSize(most as u64);
            format!("eco gave up: a reply may have {most} (see --reply)")
        }
        Broken::NoMemory(bytes) => {
            let all = ByteSize(*bytes as u64);
            format!(
                "eco gave up: the replies of all connections may take {all} (see --total-reply)"
            )
        }
        Broken::Write(error) => format!("the connection broke while sending: {error}"),
        Broken::Read(error) => format!("the connection broke: {error}"),
        Broken::Sink(error) => format!("stdout failed: {error}"),
    }
}

/// A turn that could not come to its end, whatever the server does; it is better not begun.
pub(crate) fn too_large(bytes: u64, most: usize) -> String {
    let (bytes, most) = (ByteSize(bytes), ByteSize(most as u64));
    format!(
        "the plugin expects a reply of {bytes}, and a reply may have {most} (see --reply); nothing was sent in this turn"
    )
}
