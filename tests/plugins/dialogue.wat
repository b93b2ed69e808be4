;; A client that holds a dialogue of four turns, one for each kind of expectation:
;;
;;   1. sends nothing, expects a line        2. sends "ping\n", expects 5 bytes
;;   3. sends "quiet\n", expects nothing     4. sends "bye\n", expects everything to the end
;;
;; A second reply that isn't "pong\n" is wrong, at no place in particular.
(component $plugin
  (core module $dialogue
    (memory (export "memory") 2)
    (data (i32.const 256) "\0a")
    (data (i32.const 264) "ping\0a")
    (data (i32.const 272) "quiet\0a")
    (data (i32.const 280) "bye\0a")
    (data (i32.const 288) "this is no pong\1b[2J")
    (global $turn (mut i32) (i32.const 1))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))

    ;; A turn at $at: send (address, length); expect (case, then a number, or address and length).
    (func $turn (param $at i32) (param $send i32) (param $length i32) (param $expect i32) (param $value i64)
      (i32.store (local.get $at) (local.get $send))
      (i32.store offset=4 (local.get $at) (local.get $length))
      (i32.store8 offset=8 (local.get $at) (local.get $expect))
      (i64.store offset=16 (local.get $at) (local.get $value)))

    (func (export "start") (param i32 i32 i32) (result i32)
      ;; Through the sequence at 256, which has length 1.
      (call $turn (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 1) (i64.const 0x100000100))
      (i32.const 0))

    (func (export "replied") (param $reply i32) (param $length i32) (result i32)
      (local $now i32)
      (local.set $now (global.get $turn))
      (global.set $turn (i32.add (local.get $now) (i32.const 1)))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store8 (i32.const 8) (i32.const 0))
      (if (i32.eq (local.get $now) (i32.const 1)) (then
        (call $turn (i32.const 16) (i32.const 264) (i32.const 5) (i32.const 0) (i64.const 5))))
      (if (i32.eq (local.get $now) (i32.const 2)) (then
        (if (i32.ne (i32.load (local.get $reply)) (i32.const 0x676e6f70)) (then
          (i32.store8 (i32.const 8) (i32.const 2))
          (i32.store (i32.const 16) (i32.const 288))
          (i32.store (i32.const 20) (i32.const 19))
          (i32.store8 (i32.const 24) (i32.const 0))
          (return (i32.const 0))))
        (call $turn (i32.const 16) (i32.const 272) (i32.const 6) (i32.const 3) (i64.const 0))))
      (if (i32.eq (local.get $now) (i32.const 3)) (then
        (call $turn (i32.const 16) (i32.const 280) (i32.const 4) (i32.const 2) (i64.const 0))))
      (if (i32.eq (local.get $now) (i32.const 4)) (then
        (i32.store8 (i32.const 8) (i32.const 1))))
      (i32.const 0)))
  ;; An interface with types of its own is a component in the component, which exports both.
  (component $client
    (alias outer $plugin $dialogue (core module $dialogue))
    (core instance $dialogue (instantiate $dialogue))

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
      (canon lift (core func $dialogue "start")
        (memory (core memory $dialogue "memory"))
        (realloc (core func $dialogue "realloc"))))
    (export "start" (func $start))
    (func $replied (param "reply" (list u8)) (result (result $step (error string)))
      (canon lift (core func $dialogue "replied")
        (memory (core memory $dialogue "memory"))
        (realloc (core func $dialogue "realloc"))))
    (export "replied" (func $replied)))
  (instance $client (instantiate $client))
  (export "eco:plugin/client@0.1.0" (instance $client)))
