//! Messages about wrong and incomplete replies.

use super::tls;
use bytesize::ByteSize;
use eco_contract::Expect;
use eco_load::ProgramFailure;
use eco_net::Broken;
use eco_plugin::Fault;
use eco_text::escape::Escaped;
use eco_text::hexdump::hexdump;

/// The message when the plugin finds a reply wrong, with a hexdump around the place.
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
    text.trim_end().to_owned() + tls::hint(reply)
}

/// The message when bytes follow the last reply.
pub(crate) fn surplus(bytes: &[u8]) -> String {
    format!(
        "wrong reply: {} bytes came beyond what was expected: {}",
        bytes.len(),
        Escaped(bytes)
    )
}

/// The message when a reply ended early: `came` bytes arrived, then `what` happened.
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

/// The reason why an exchange broke off, as a part of a sentence. `most` bytes are allowed for a reply.
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
        Broken::Write(error) => {
            let next_step = tls::next_step(error).unwrap_or_default();
            format!("the connection broke while sending: {error}{next_step}")
        }
        Broken::Read(error) => {
            let next_step = tls::next_step(error).unwrap_or_default();
            format!("the connection broke: {error}{next_step}")
        }
        Broken::Sink(error) => format!("stdout failed: {error}"),
        other => other.to_string(),
    }
}

/// The message when a plugin expects a reply over the limit. Such a turn is not begun.
pub(crate) fn too_large(bytes: u64, most: usize) -> String {
    let (bytes, most) = (ByteSize(bytes), ByteSize(most as u64));
    format!(
        "the plugin expects a reply of {bytes}, and a reply may have {most} (see --reply); nothing was sent in this turn"
    )
}

/// The message when a program did not exit with code 0.
pub(crate) fn program(failure: &ProgramFailure) -> String {
    match failure {
        ProgramFailure::Failed(error) => format!("the program failed: {error}"),
        ProgramFailure::Exited(code) => format!("the program exited with code {code}"),
        ProgramFailure::ConnectionBroken(error) => format!("the connection broke: {error}"),
        ProgramFailure::CutOff(reason) => {
            format!("the connection ended before the program: {reason}")
        }
        ProgramFailure::ServerSilent(limit) => {
            let limit = humantime::format_duration(*limit);
            format!("the server sent nothing, or took nothing, for {limit} (see --timeout)")
        }
    }
}
