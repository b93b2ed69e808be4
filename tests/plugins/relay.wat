;; Says to all others what its peer sends, and to its peer what they say. A core module, as compilers make
;; them, for the world event-plugin; a chunk may have 32 KiB.
(module
  (import "eco:plugin/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32 i32 i32)))
  (import "eco:plugin/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
  (import "eco:plugin/store@0.1.0" "add" (func $add (param i32 i32 i64 i32)))
  (import "eco:plugin/timer@0.1.0" "set" (func $set (param i32 i64)))
  (memory (export "memory") 8)
  (global $next (mut i32) (i32.const 65536))
  ;; 0: a reply, as a result; 64: what imports return; 128: the topic and the key.
  (data (i32.const 128) "relay")
  (data (i32.const 144) "tick")

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

  (func (export "eco:plugin/session@0.1.0#open") (param i64 i32 i32 i32 i32) (result i32)
    (call $subscribe (i32.const 128) (i32.const 5) (i32.const 128) (i32.const 0) (i32.const 64))
    (call $add (i32.const 128) (i32.const 5) (i64.const 1) (i32.const 64))
    ;; How many have come, as a digit.
    (i32.store8 (i32.const 160) (i32.add (i32.const 48) (i32.load (i32.const 72))))
    (call $reply (i32.const 160) (i32.const 1)))

  (func (export "eco:plugin/session@0.1.0#receive") (param $at i32) (param $length i32) (result i32)
    ;; An empty line asks for a tick.
    (if (i32.and (i32.eq (local.get $length) (i32.const 1))
          (i32.eq (i32.load8_u (local.get $at)) (i32.const 10)))
      (then (call $set (i32.const 1) (i64.const 5)))
      (else (call $publish
        (i32.const 128) (i32.const 5) (local.get $at) (local.get $length) (i32.const 64))))
    (call $reply (i32.const 0) (i32.const 0)))

  (func (export "eco:plugin/session@0.1.0#end-of-input") (result i32)
    (call $reply (i32.const 0) (i32.const 0)))

  (func (export "eco:plugin/session@0.1.0#closed") (param i32))

  ;; The tag, then the parts of the largest, a message: topic, id, label, data.
  (func (export "eco:plugin/events@0.1.0#event")
      (param $tag i32) (param i32 i32 i32 i64 i32 i32) (param $at i32) (param $length i32) (result i32)
    (if (i32.eq (local.get $tag) (i32.const 0))
      (then (return (call $reply (local.get $at) (local.get $length)))))
    (if (i32.eq (local.get $tag) (i32.const 4))
      (then (return (call $reply (i32.const 144) (i32.const 4)))))
    (call $reply (i32.const 0) (i32.const 0))))
