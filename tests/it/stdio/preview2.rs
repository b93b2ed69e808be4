//! Components of WASI 0.2 that read and write in ways which the adapter of preview 1 has no use for.

use super::{engine, load, parts};
use eco_host::contract::{Next, Session as _};
use eco_host::plugin::Budgets;

/// Blocks on standard input, skips a byte, and splices the rest of what is there to standard output; until its end.
const SPLICES: &str = r#"(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $poll "pollable" (type $pollable))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $error-type (type $e))
    (alias outer 1 $pollable (type $p))
    (export "error" (type $error (eq $e)))
    (export "pollable" (type $pollable (eq $p)))
    (type $stream-error' (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "input-stream" (type $input (sub resource)))
    (export "output-stream" (type $output (sub resource)))
    (export "[method]input-stream.subscribe"
      (func (param "self" (borrow $input)) (result (own $pollable))))
    (export "[method]input-stream.blocking-skip"
      (func (param "self" (borrow $input)) (param "len" u64) (result (result u64 (error $stream-error)))))
    (export "[method]output-stream.blocking-splice"
      (func (param "self" (borrow $output)) (param "src" (borrow $input)) (param "len" u64)
        (result (result u64 (error $stream-error)))))))
  (alias export $streams "input-stream" (type $input))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (alias outer 1 $input (type $i))
    (export "input-stream" (type $input (eq $i)))
    (export "get-stdin" (func (result (own $input))))))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $o))
    (export "output-stream" (type $output (eq $o)))
    (export "get-stdout" (func (result (own $output))))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $subscribe (canon lower (func $streams "[method]input-stream.subscribe")))
  (core func $skip (canon lower (func $streams "[method]input-stream.blocking-skip") (memory (core memory $memory "memory"))))
  (core func $splice (canon lower (func $streams "[method]output-stream.blocking-splice") (memory (core memory $memory "memory"))))
  (core func $get-stdin (canon lower (func $stdin "get-stdin")))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "block" (func $block (param i32)))
    (import "" "subscribe" (func $subscribe (param i32) (result i32)))
    (import "" "skip" (func $skip (param i32 i64 i32)))
    (import "" "splice" (func $splice (param i32 i32 i64 i32)))
    (import "" "get-stdin" (func $get-stdin (result i32)))
    (import "" "get-stdout" (func $get-stdout (result i32)))
    (func (export "run") (result i32) (local $in i32) (local $out i32) (local $ready i32)
      (local.set $in (call $get-stdin))
      (local.set $out (call $get-stdout))
      (local.set $ready (call $subscribe (local.get $in)))
      (loop $more
        (call $block (local.get $ready))
        (call $skip (local.get $in) (i64.const 1) (i32.const 0))
        ;; The end of the input is an error of the stream.
        (if (i32.load8_u (i32.const 0)) (then (return (i32.const 1))))
        (call $splice (local.get $out) (local.get $in) (i64.const 100) (i32.const 0))
        (br $more))
      unreachable))
  (core instance $m (instantiate $m (with "" (instance
    (export "memory" (memory $memory "memory"))
    (export "block" (func $block))
    (export "subscribe" (func $subscribe))
    (export "skip" (func $skip))
    (export "splice" (func $splice))
    (export "get-stdin" (func $get-stdin))
    (export "get-stdout" (func $get-stdout))))))
  (func $run (result (result)) (canon lift (core func $m "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $run)))"#;

#[tokio::test]
async fn a_component_reads_and_writes_in_every_way() {
    let engine = engine(Budgets::server(1 << 30));
    let mut session = load(&engine, SPLICES).await.session().in_parts();
    assert_eq!(super::greeting(&mut session).await.expect("nothing"), b"");
    for (chunk, reply) in [
        (&b"?one"[..], &b"one"[..]),
        (b"?two and three", b"two and three"),
    ] {
        let (data, next) = parts(session.receive(chunk).await.expect("a reply"));
        assert_eq!((&*data, next), (reply, Next::KeepOpen));
    }
    // A splice without input waits for some.
    let (data, _) = parts(session.receive(b"?").await.expect("no reply yet"));
    assert_eq!(data, b"");
    let (data, _) = parts(session.receive(b"four").await.expect("a reply"));
    assert_eq!(data, b"four");
    let (data, next) = parts(session.end_of_input().await.expect("its end"));
    assert_eq!((&*data, next), (&b""[..], Next::KeepOpen));
}
