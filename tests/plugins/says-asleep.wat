;; Publishes for as long as its fuel lasts, and sleeps in between: in a laboratory that takes no time. Then it echoes.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (import "eco:plugin/topics@0.1.0" (instance $topics
    (type $kinds (variant (case "unavailable" string) (case "too-large") (case "too-many")))
    (export "problem" (type $problem (eq $kinds)))
    (export "publish" (func (param "topic" string) (param "data" (list u8)) (result (result (error $problem)))))))
  (core module $memory (memory (export "memory") 4)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64))
  (core instance $memory (instantiate $memory))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $drop (canon resource.drop $pollable))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $publish (canon lower (func $topics "publish")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "memory" "memory" (memory 4))
    (import "host" "block" (func $block (param i32)))
    (import "host" "drop" (func $drop (param i32)))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "publish" (func $publish (param i32 i32 i32 i32 i32)))
    (func (export "receive") (param $at i32) (param $length i32) (result i32)
      (local $left i32) (local $sleep i32)
      (i32.store8 (i32.const 32) (i32.const 116))
      (local.set $left (i32.const 3000))
      (loop $more
        (call $publish (i32.const 32) (i32.const 1) (i32.const 65536) (i32.const 65536) (i32.const 40))
        (if (i32.eqz (i32.and (local.get $left) (i32.const 63))) (then
          (local.set $sleep (call $subscribe (i64.const 2000000000)))
          (call $block (local.get $sleep)) (call $drop (local.get $sleep))))
        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0)))
  (core instance $m (instantiate $m (with "memory" (instance $memory)) (with "host" (instance
    (export "block" (func $block)) (export "drop" (func $drop)) (export "subscribe" (func $subscribe))
    (export "publish" (func $publish))))))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))
