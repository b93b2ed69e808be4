//! Sizes of questions and answers. They must fit together: the bounds of a connection follow from all others.

use super::bounded::Most;
use crate::limits::Limits;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Bytes of all questions that are under way, and of the answers that they may have. Sixteen values of the default
/// `--value-size`, or some ten thousand numbers. Further questions wait, for [`PATIENCE`](super::link::PATIENCE) at
/// most.
/// Test: `state::redis_attacks::store::forty_values_at_once_break_no_link`.
pub(super) const UNDER_WAY: usize = 16 * MIB;
/// Bytes of a small question and its answer, together: such have room of their own, so that they don't wait for all
/// values that others ask for. Test: `links::tests::what_is_small_waits_for_nothing_large`.
pub(super) const SMALL: usize = 4 * KIB;
/// Bytes of all small questions that are under way: a thousand at once. Further ones wait, as above.
/// Test: `links::tests::what_is_small_waits_for_nothing_large`.
pub(super) const SMALL_UNDER_WAY: usize = 4 * MIB;
/// Bytes of an answer that is a word, a number or an error.
pub(super) const WORD: usize = KIB;
/// Bytes of a page of keys, or of a piece of a list, about. Test: `state::redis_attacks::store::a_long_list_comes_in_pieces`.
pub(super) const PAGE: usize = MIB;
/// Values of an answer: the longest is a page of a thousand keys, or the keys that one `SCAN` has found. Each takes
/// some fifty bytes here. More breaks the link. Test: `state::redis_attacks::answers::an_answer_of_many_nothings_is_not_held`.
const VALUES: usize = 16 * KIB;
/// Members that leave, come back or are removed in one call of a script, at most, and topics that are listed in one:
/// some milliseconds of Redis, which does nothing else meanwhile.
/// Test: `state::redis::messages::each_message_arrives_everywhere_once_and_in_order`,
/// `state::redis_attacks::members::a_host_with_many_members_is_removed_in_pieces`.
pub(super) const TOGETHER: usize = 256;
/// Bytes of a piece of a list, about. It has as many members as fit with the longest labels, [`LISTED`] at most.
/// Test: `state::redis_attacks::store::a_long_list_comes_in_pieces`.
pub(super) const PIECE: usize = MIB;
/// Members, and topics, of a piece of a list.
/// Test: `state::redis_attacks::store::a_long_list_comes_in_pieces`.
pub(super) const LISTED: usize = 512;
/// Bytes of a member beside its label, at most about.
pub(super) const MEMBER: usize = 128;

/// The bounds of the connection for answers. An answer that is larger than the largest of these limits breaks the link.
/// Test: `state::redis_attacks::answers::an_answer_that_is_too_long_is_not_held`.
pub(super) fn of_answers(limits: &Limits) -> Most {
    // A page may end in the middle of a key, and has the beginning of the next. Memberships come with their topics.
    let page = PAGE.saturating_add(limits.key.saturating_mul(2));
    let memberships = (2 * TOGETHER).saturating_mul(limits.topic.saturating_add(MEMBER));
    most(limits.value.max(page).max(memberships))
}

/// The bounds of the connection for events, as above.
pub(super) fn of_events(limits: &Limits) -> Most {
    // A piece has at least one member, and all others that Redis keeps at the same place of a hash.
    let labels = limits.label.saturating_mul(4);
    let event = limits.message.max(PAGE).saturating_add(labels);
    most(event.saturating_add(limits.topic))
}

fn most(largest: usize) -> Most {
    Most {
        bytes: largest.saturating_add(MIB),
        values: VALUES,
    }
}
