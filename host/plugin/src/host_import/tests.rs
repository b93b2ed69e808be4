//! Values of scripts: how their parts become values of Rust, and back.

use super::arguments::{self, Arguments};
use super::returned::Returned;
use super::value::Wire;
use crate::imports::parts::Part::{
    self, Bytes, Fields, Flag, Items, None as Nothing, Signed, Text, Unsigned,
};
use proptest::prelude::*;

crate::record! {
    #[derive(Clone, Debug, PartialEq)]
    struct Entry {
        key: String,
        value: Vec<u8>,
        expires_at as "expires-at": Option<u64>,
    }
}

fn text(text: &str) -> Part {
    Text(text.to_owned())
}

fn fields(names: &[&str]) -> Part {
    Fields(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Arguments of any size.
fn from_parts<A: Arguments>(parts: Vec<Part>) -> Result<A, String> {
    arguments::from_parts(parts, usize::MAX).map(|(arguments, _)| arguments)
}

/// The words for arguments that don't fit.
fn refused<A: Arguments + std::fmt::Debug>(parts: Vec<Part>) -> String {
    from_parts::<A>(parts).expect_err("they don't fit")
}

fn parts_of<V: Wire>(value: V) -> Vec<Part> {
    let mut parts = Vec::new();
    value.put(&mut parts);
    parts
}

#[test]
fn integers_are_checked_against_their_range_and_the_error_names_the_parameter() {
    assert_eq!(from_parts(vec![Signed(255)]), Ok(255_u8));
    assert_eq!(from_parts(vec![Unsigned(u64::MAX)]), Ok(u64::MAX));
    assert_eq!(from_parts(vec![Signed(i64::MIN)]), Ok(i64::MIN));
    assert_eq!(
        refused::<u8>(vec![Signed(256)]),
        "parameter 1: u8 is wanted (0 to 255), and it is 256"
    );
    assert_eq!(
        refused::<(String, i64)>(vec![text("a"), Unsigned(u64::MAX)]),
        "parameter 2: s64 is wanted (-9223372036854775808 to 9223372036854775807), and it is 18446744073709551615"
    );
    assert_eq!(
        refused::<u32>(vec![text("1")]),
        "parameter 1: u32 is wanted, and it is a text"
    );
}

#[test]
fn a_text_may_come_as_bytes_and_bytes_as_a_text() {
    assert_eq!(from_parts(vec![text("ñ")]), Ok("ñ".to_owned()));
    assert_eq!(from_parts(vec![Bytes("ñ".into())]), Ok("ñ".to_owned()));
    assert_eq!(from_parts(vec![text("ñ")]), Ok("ñ".as_bytes().to_vec()));
    assert_eq!(
        refused::<String>(vec![Bytes(vec![0xff])]),
        "parameter 1: string is wanted, and it is bytes that are no UTF-8"
    );
}

#[test]
fn the_number_of_arguments_is_checked_and_optional_ones_at_the_end_may_be_left_out() {
    assert_eq!(from_parts(vec![]), Ok(()));
    assert_eq!(
        from_parts(vec![text("a")]),
        Ok(("a".to_owned(), None::<u32>, None::<bool>))
    );
    assert_eq!(
        refused::<(bool, bool)>(vec![Flag(true)]),
        "parameter 2: bool is missing"
    );
    assert_eq!(
        refused::<bool>(vec![Flag(true), Flag(true)]),
        "it takes one parameter"
    );
    assert_eq!(refused::<()>(vec![Flag(true)]), "it takes 0 parameters");
}

#[test]
fn fields_of_a_record_come_in_any_order_and_optional_ones_may_be_missing() {
    let entry = Entry {
        key: "k".to_owned(),
        value: vec![1],
        expires_at: None,
    };
    let given = vec![fields(&["value", "key"]), Bytes(vec![1]), text("k")];
    assert_eq!(from_parts(given), Ok(entry.clone()));
    assert_eq!(
        parts_of(entry),
        vec![
            fields(&["key", "value", "expires-at"]),
            text("k"),
            Bytes(vec![1]),
            Nothing
        ]
    );
    assert_eq!(
        refused::<Entry>(vec![fields(&["key"]), text("k")]),
        "parameter 1: field `value` is missing"
    );
    assert_eq!(
        refused::<Entry>(vec![fields(&["key", "expires_at"]), text("k"), Nothing]),
        "parameter 1: there is no field `expires_at`"
    );
    assert_eq!(
        refused::<Entry>(vec![fields(&["key"]), Signed(1)]),
        "parameter 1: field `key`: string is wanted, and it is a number"
    );
    assert_eq!(
        refused::<Entry>(vec![Items(1)]),
        "parameter 1: record { key: string, value: list<u8>, expires-at: option<u64> } is wanted, and it is a list"
    );
}

#[test]
fn an_empty_table_of_lua_is_a_list_and_a_record() {
    crate::record! {
        #[derive(Debug, PartialEq)]
        struct Options { most: Option<u32> }
    }
    for empty in [Items(0), fields(&[])] {
        assert_eq!(from_parts(vec![empty.clone()]), Ok(Vec::<String>::new()));
        assert_eq!(from_parts(vec![empty]), Ok(Options { most: None }));
    }
}

/// A count that no parts follow allocates nothing: it would be 100 GB.
#[test]
fn a_list_is_as_long_as_the_parts_that_follow() {
    assert_eq!(
        from_parts(vec![Items(2), text("a"), text("b")]),
        Ok(vec!["a".to_owned(), "b".to_owned()])
    );
    assert_eq!(
        refused::<Vec<String>>(vec![Items(u32::MAX), text("a")]),
        "parameter 1: item 1: string is missing"
    );
    assert_eq!(
        refused::<Vec<Option<String>>>(vec![Items(u32::MAX)]),
        "parameter 1: item 0: string is missing"
    );
    assert_eq!(
        refused::<((bool, bool),)>(vec![Items(3), Flag(true), Flag(true), Flag(true)]),
        "parameter 1: tuple<bool, bool> is wanted, and it is a list"
    );
}

/// A part of 32 bytes may become an item of any size.
#[test]
fn the_items_of_lists_have_a_bound_and_are_counted() {
    let parts = || vec![Items(3), fields(&[]), fields(&[]), fields(&[])];
    crate::record! {
        #[derive(Debug, PartialEq)]
        struct Wide { a: Option<u64>, b: Option<u64>, c: Option<u64>, d: Option<u64> }
    }
    let size = 3 * size_of::<Wide>();
    let (items, taken) = arguments::from_parts::<Vec<Wide>>(parts(), size).expect("they fit");
    assert_eq!((items.len(), items.capacity(), taken), (3, 3, size));
    let refused = arguments::from_parts::<Vec<Wide>>(parts(), size - 1);
    assert_eq!(
        refused,
        Err("parameter 1: the items of lists are beyond the bound of 191 bytes".to_owned())
    );
    let lists = vec![
        Items(2),
        Items(1),
        Flag(true),
        Items(2),
        Flag(true),
        Flag(true),
    ];
    let (_, taken) = arguments::from_parts::<Vec<Vec<bool>>>(lists, usize::MAX).expect("they fit");
    assert_eq!(taken, 2 * size_of::<Vec<bool>>() + 3);
}

#[test]
fn a_result_is_its_value_or_an_error_and_an_object_within_another_value() {
    type Set = Result<(), String>;
    let (good, bad): (Set, Set) = (Ok(()), Err("no".to_owned()));
    assert_eq!(good.clone().parts(), Ok(Ok(vec![Nothing])));
    assert_eq!(bad.clone().parts(), Ok(Err(vec![text("no")])));
    assert_eq!(().parts(), Ok(Ok(vec![])));
    assert_eq!(Some(7_u8).parts(), Ok(Ok(vec![Unsigned(7)])));
    assert_eq!(
        Some(bad.clone()).parts(),
        Ok(Ok(vec![fields(&["error"]), text("no")]))
    );
    assert_eq!(from_parts(vec![fields(&["error"]), text("no")]), Ok((bad,)));
    assert_eq!(from_parts(vec![fields(&["ok"]), Nothing]), Ok((good,)));
}

#[test]
fn types_are_written_as_in_wit() {
    type Deep = (
        Vec<Entry>,
        Result<(), String>,
        Result<u8, ()>,
        Option<Vec<u8>>,
    );
    assert_eq!(
        <Deep as Arguments>::wit(),
        "list<record { key: string, value: list<u8>, expires-at: option<u64> }>, result<_, string>, result<u8>, option<list<u8>>"
    );
    assert_eq!(<Result<(), ()> as Wire>::wit(), "result");
}

proptest! {
    /// Whatever a script passes, it is a value or an error.
    #[test]
    fn any_parts_are_a_value_or_an_error(
        kinds in proptest::collection::vec((0..8_u8, any::<u32>()), 0..40)
    ) {
        let parts: Vec<Part> = kinds.into_iter().map(|(kind, number)| match kind {
            0 => Nothing,
            1 => Flag(number % 2 == 0),
            2 => Signed(-i64::from(number)),
            3 => Unsigned(u64::from(number)),
            4 => text("key"),
            5 => Bytes(vec![1]),
            6 => Items(number % 4),
            _ => fields(&["key", "value"]),
        }).collect();
        let _ = from_parts::<(Entry, Option<Vec<Entry>>)>(parts.clone());
        let _ = from_parts::<Vec<Vec<Option<String>>>>(parts.clone());
        let _ = from_parts::<((u8, Result<bool, String>), Vec<u8>)>(parts);
    }

    #[test]
    fn a_value_comes_back_as_it_was(
        key in ".*",
        value in proptest::collection::vec(any::<u8>(), 0..9),
        expires_at in any::<Option<u64>>(),
        number in any::<i16>(),
    ) {
        let entry = Entry { key, value, expires_at };
        let all = (vec![entry.clone(), entry], Some((number, true)));
        let (mut parts, again) = (Vec::new(), all.clone());
        all.0.put(&mut parts);
        all.1.put(&mut parts);
        prop_assert_eq!(from_parts(parts), Ok(again));
    }
}
