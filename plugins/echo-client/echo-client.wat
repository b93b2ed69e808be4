;; The built-in client: it sends the message, expects exactly as many bytes back, and compares.
(component $plugin
  (core module $echo
    (memory (export "memory") 1)
    (data (i32.const 256) "This is the message.  It will be repeated.")
    (data (i32.const 512) "the reply differs from the message")

    (global $message (mut i32) (i32.const 256))
    (global $length (mut i32) (i32.const 42))
    ;; The next free byte. The message and the reply are all that is ever allocated.
    (global $free (mut i32) (i32.const 1024))

    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32) (local $missing i32)
      (local.set $at (global.get $free))
      ;; Rounded up to 64: so what follows is aligned whatever it is, and copies to it are fast.
      (global.set $free
        (i32.and
          (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 63))
          (i32.const -64)))
      (local.set $missing
        (i32.sub
          (i32.add (i32.shr_u (global.get $free) (i32.const 16)) (i32.const 1))
          (memory.size)))
      (if (i32.gt_s (local.get $missing) (i32.const 0))
        (then
          (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
            (then unreachable))))
      (local.get $at))

    ;; start: func(message: option<list<u8>>) -> result<turn, string>
    ;; The result lies at 0: ok, then from 8 on the turn: send (address, length), expect (case 0 is
    ;; exactly, then from 24 on the number).
    (func (export "start") (param $given i32) (param $message i32) (param $length i32) (result i32)
      (if (local.get $given)
        (then
          (global.set $message (local.get $message))
          (global.set $length (local.get $length))))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 8) (global.get $message))
      (i32.store (i32.const 12) (global.get $length))
      (i32.store8 (i32.const 16) (i32.const 0))
      (i64.store (i32.const 24) (i64.extend_i32_u (global.get $length)))
      (i32.const 0))

    ;; The first place where reply and message differ, or the length if there is none. Eight bytes
    ;; at a time, then one by one.
    (func $difference (param $reply i32) (param $length i32) (result i32)
      (local $at i32)
      (block $words-differ
        (loop $words
          (br_if $words-differ
            (i32.gt_u (i32.add (local.get $at) (i32.const 8)) (local.get $length)))
          (br_if $words-differ
            (i64.ne
              (i64.load align=1 (i32.add (global.get $message) (local.get $at)))
              (i64.load align=1 (i32.add (local.get $reply) (local.get $at)))))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br $words)))
      (block $found
        (loop $bytes
          (br_if $found (i32.ge_u (local.get $at) (local.get $length)))
          (br_if $found
            (i32.ne
              (i32.load8_u (i32.add (global.get $message) (local.get $at)))
              (i32.load8_u (i32.add (local.get $reply) (local.get $at)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $bytes)))
      (local.get $at))

    ;; replied: func(reply: list<u8>) -> result<step, string>
    ;; The result lies at 0: ok, then at 8 the case of the step: 1 is done; 2 is wrong, then from 16
    ;; on the reason (address, length), and from 24 on the offset (some, then from 32 on the number).
    ;; The host reads as far as was asked for, so that the reply has the length of the message.
    (func (export "replied") (param $reply i32) (param $length i32) (result i32)
      (local $at i32)
      (local.set $at (call $difference (local.get $reply) (local.get $length)))
      (i32.store8 (i32.const 0) (i32.const 0))
      (if (i32.eq (local.get $at) (local.get $length))
        (then (i32.store8 (i32.const 8) (i32.const 1)))
        (else
          (i32.store8 (i32.const 8) (i32.const 2))
          (i32.store (i32.const 16) (i32.const 512))
          (i32.store (i32.const 20) (i32.const 34))
          (i32.store8 (i32.const 24) (i32.const 1))
          (i64.store (i32.const 32) (i64.extend_i32_u (local.get $at)))))
      (i32.const 0)))

  ;; An interface with types of its own is a component in the component, which exports both.
  (component $client
    (alias outer $plugin $echo (core module $echo))
    (core instance $echo (instantiate $echo))

    (type $expect-type (variant
      (case "exactly" u64) (case "through" (list u8)) (case "to-end") (case "nothing")))
    (export $expect "expect" (type $expect-type))
    (type $turn-type (record (field "send" (list u8)) (field "expect" $expect)))
    (export $turn "turn" (type $turn-type))
    (type $fault-type (record (field "reason" string) (field "offset" (option u64))))
    (export $fault "fault" (type $fault-type))
    (type $step-type (variant (case "next" $turn) (case "done") (case "wrong" $fault)))
    (export $step "step" (type $step-type))

    (func $start (param "message" (option (list u8))) (result (result $turn (error string)))
      (canon lift (core func $echo "start")
        (memory (core memory $echo "memory"))
        (realloc (core func $echo "realloc"))))
    (export "start" (func $start))
    (func $replied (param "reply" (list u8)) (result (result $step (error string)))
      (canon lift (core func $echo "replied")
        (memory (core memory $echo "memory"))
        (realloc (core func $echo "realloc"))))
    (export "replied" (func $replied)))
  (instance $client (instantiate $client))
  (export "eco:plugin/client@0.1.0" (instance $client)))
