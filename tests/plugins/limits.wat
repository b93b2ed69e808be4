;; Does what its peer asks for, with so many bytes or so often, and says what came of it in a line: a letter and a
;; number, `v 1000`. A core module, as compilers make them, for the world event-plugin. It has 18 MiB of `x`.
(module
  (import "eco:plugin/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32 i32 i32)))
  (import "eco:plugin/topics@0.1.0" "unsubscribe" (func $unsubscribe (param i32 i32)))
  (import "eco:plugin/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
  (import "eco:plugin/store@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "eco:plugin/store@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32 i64 i32)))
  (import "eco:plugin/store@0.1.0" "compare-and-set"
    (func $compare (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "eco:plugin/store@0.1.0" "add" (func $add (param i32 i32 i64 i32)))
  (import "eco:plugin/store@0.1.0" "delete" (func $delete (param i32 i32 i32)))
  (import "eco:plugin/store@0.1.0" "keys" (func $keys (param i32 i32 i32 i32 i32 i32 i32)))
  (import "eco:plugin/log@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 300)
  (global $next (mut i32) (i32.const 65536))
  ;; 0: a reply, as a result; 64: what imports return.
  (data (i32.const 128) "unavailable\n")
  (data (i32.const 160) "too-large\n")
  (data (i32.const 192) "too-many\n")
  (data (i32.const 224) "ok\n")
  (data (i32.const 256) "a0")

  ;; What a call brings lies behind what the last one brought, and all begins anew where it ends.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (if (i32.gt_u (i32.add (global.get $next) (local.get $size)) (i32.const 500000))
      (then (global.set $next (i32.const 65536))))
    (global.get $next)
    (global.set $next (i32.and
      (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7)) (i32.const -8))))

  (func $reply (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (local.get $at))
    (i32.store (i32.const 8) (local.get $length))
    (i32.store (i32.const 12) (i32.const 0))
    (i32.const 0))

  ;; What is at 64: a result whose error, a variant, is `$error` bytes further on.
  (func $say (param $error i32) (result i32)
    (local $problem i32)
    (if (i32.eqz (i32.load8_u (i32.const 64))) (then (return (call $reply (i32.const 224) (i32.const 3)))))
    (local.set $problem (i32.load8_u (i32.add (i32.const 64) (local.get $error))))
    (if (i32.eq (local.get $problem) (i32.const 1)) (then (return (call $reply (i32.const 160) (i32.const 10)))))
    (if (i32.eq (local.get $problem) (i32.const 2)) (then (return (call $reply (i32.const 192) (i32.const 9)))))
    (call $reply (i32.const 128) (i32.const 12)))

  ;; Two bytes at 256, another for each number.
  (func $name (param $number i32)
    (i32.store8 (i32.const 256) (i32.add (i32.const 65) (i32.rem_u (local.get $number) (i32.const 50))))
    (i32.store8 (i32.const 257) (i32.add (i32.const 65) (i32.div_u (local.get $number) (i32.const 50)))))

  (func (export "eco:plugin/session@0.1.0#open") (param i64 i32 i32 i32 i32) (result i32)
    (memory.fill (i32.const 600000) (i32.const 120) (i32.const 19000000))
    (call $reply (i32.const 0) (i32.const 0)))

  (func (export "eco:plugin/session@0.1.0#receive") (param $at i32) (param $length i32) (result i32)
    (local $what i32) (local $n i32) (local $x i32) (local $end i32)
    (local.set $x (i32.const 600000))
    (local.set $what (i32.load8_u (local.get $at)))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (local.set $at (i32.add (local.get $at) (i32.const 2)))
    (loop $digit
      (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 10))
        (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $digit (i32.lt_u (local.get $at) (local.get $end))))
    ;; A key of the store, in each function that takes one.
    (if (i32.eq (local.get $what) (i32.const 103)) (then ;; g
      (call $get (local.get $x) (local.get $n) (i32.const 64)) (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 107)) (then ;; k
      (call $set (local.get $x) (local.get $n) (local.get $x) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
      (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 97)) (then ;; a
      (call $add (local.get $x) (local.get $n) (i64.const 0) (i32.const 64)) (return (call $say (i32.const 8)))))
    (if (i32.eq (local.get $what) (i32.const 100)) (then ;; d
      (call $delete (local.get $x) (local.get $n) (i32.const 64)) (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 112)) (then ;; p
      (call $keys (local.get $x) (local.get $n) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 64))
      (return (call $say (i32.const 4)))))
    ;; A value.
    (if (i32.eq (local.get $what) (i32.const 118)) (then ;; v
      (call $set (local.get $x) (i32.const 1) (local.get $x) (local.get $n) (i32.const 0) (i64.const 0) (i32.const 64))
      (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 101)) (then ;; e
      (call $compare (local.get $x) (i32.const 1)
        (i32.const 1) (local.get $x) (local.get $n) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))
      (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 110)) (then ;; n
      (call $compare (local.get $x) (i32.const 2)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1) (local.get $x) (local.get $n) (i32.const 64))
      (return (call $say (i32.const 4)))))
    ;; A message, the names of topics, a label.
    (if (i32.eq (local.get $what) (i32.const 109)) (then ;; m
      (call $publish (local.get $x) (i32.const 1) (local.get $x) (local.get $n) (i32.const 64))
      (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 116)) (then ;; t
      (call $publish (local.get $x) (local.get $n) (local.get $x) (i32.const 0) (i32.const 64))
      (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 115)) (then ;; s
      (call $subscribe (local.get $x) (local.get $n) (local.get $x) (i32.const 0) (i32.const 64))
      (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 108)) (then ;; l
      (call $subscribe (local.get $x) (i32.const 1) (local.get $x) (local.get $n) (i32.const 64))
      (return (call $say (i32.const 4)))))
    (if (i32.eq (local.get $what) (i32.const 117)) (then ;; u: it has no answer
      (call $unsubscribe (local.get $x) (local.get $n)) (return (call $reply (i32.const 224) (i32.const 3)))))
    (if (i32.eq (local.get $what) (i32.const 76)) (then ;; L
      (call $log (i32.const 1) (local.get $x) (local.get $n)) (return (call $reply (i32.const 224) (i32.const 3)))))
    ;; So many keys, messages, topics; the last one's answer.
    (loop $more
      (call $name (local.get $n))
      (if (i32.eq (local.get $what) (i32.const 99)) (then ;; c
        (call $set (i32.const 256) (i32.const 2) (local.get $x) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 64))))
      (if (i32.eq (local.get $what) (i32.const 114)) (then ;; r
        (call $publish (i32.const 256) (i32.const 2) (local.get $x) (i32.const 0) (i32.const 64))))
      (if (i32.eq (local.get $what) (i32.const 111)) (then ;; o
        (call $subscribe (i32.const 256) (i32.const 2) (local.get $x) (i32.const 0) (i32.const 64))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $more (local.get $n)))
    (call $say (i32.const 4)))

  (func (export "eco:plugin/session@0.1.0#end-of-input") (result i32)
    (call $reply (i32.const 0) (i32.const 0)))

  (func (export "eco:plugin/session@0.1.0#closed") (param i32))

  (func (export "eco:plugin/events@0.1.0#event")
      (param i32 i32 i32 i32 i64 i32 i32 i32 i32) (result i32)
    (call $reply (i32.const 0) (i32.const 0))))
