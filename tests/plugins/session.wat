;; A session whose replies the test chooses: the first byte of a chunk says what comes next.
;;
;;   k keep open   f finish   c close   r reset   e an error   t a trap   anything else: keep open
;;
;; The reply is the chunk itself; after a finish only x is still answered. It greets with the peer's address, says "end" at the end of input,
;; and logs "closed N" with the number of the reason.
(component $plugin
  (import "eco:plugin/log@0.1.0" (instance $log
    (type $level-type (enum "debug" "info" "warn" "error"))
    (export "level" (type $level (eq $level-type)))
    (export "log" (func (param "level" $level) (param "message" string)))))
  (component $session
    (import "log" (instance $log
      (type $level-type (enum "debug" "info" "warn" "error"))
      (export "level" (type $level (eq $level-type)))
      (export "log" (func (param "level" $level) (param "message" string)))))

    (core module $memory
      (memory (export "memory") 2)
      (global $free (mut i32) (i32.const 4096))
      ;; Takes the next free place, and begins anew when the memory is used up.
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (if (i32.gt_u (i32.add (global.get $free) (local.get 3)) (i32.const 131072))
          (then (global.set $free (i32.const 4096))))
        (local.set $at (global.get $free))
        (global.set $free (i32.add (local.get $at) (local.get 3)))
        (local.get $at)))
    (core instance $memory (instantiate $memory))
    (core func $log (canon lower (func $log "log") (memory (core memory $memory "memory"))))
    (core module $main
      (import "memory" "memory" (memory 2))
      (import "log" "log" (func $log (param i32 i32 i32)))
      (data (i32.const 256) "end")
      (data (i32.const 272) "an error of its own")
      (data (i32.const 304) "closed 0")

      (global $finished (mut i32) (i32.const 0))

      ;; result<reply, string> at 0: ok; address and length at 4 and 8; next at 12.
      (func $reply (param $at i32) (param $length i32) (param $next i32) (result i32)
        (i32.store8 (i32.const 0) (i32.const 0))
        (i32.store (i32.const 4) (local.get $at))
        (i32.store (i32.const 8) (local.get $length))
        (i32.store8 (i32.const 12) (local.get $next))
        (i32.const 0))
      (func $error (result i32)
        (i32.store8 (i32.const 0) (i32.const 1))
        (i32.store (i32.const 4) (i32.const 272))
        (i32.store (i32.const 8) (i32.const 19))
        (i32.const 0))

      (func (export "open") (param $id i64) (param $peer i32) (param $length i32) (param i32 i32) (result i32)
        (call $reply (local.get $peer) (local.get $length) (i32.const 0)))
      (func (export "receive") (param $at i32) (param $length i32) (result i32)
        (local $command i32)
        (local.set $command (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $command) (i32.const 101)) (then (return (call $error))))
        (if (i32.eq (local.get $command) (i32.const 116)) (then unreachable))
        ;; After a finish nothing may be said any more, unless to see what happens: with an x.
        (if (i32.and (global.get $finished) (i32.ne (local.get $command) (i32.const 120)))
          (then (return (call $reply (i32.const 0) (i32.const 0) (i32.const 0)))))
        (if (i32.eq (local.get $command) (i32.const 102))
          (then (global.set $finished (i32.const 1))))
        (call $reply (local.get $at) (local.get $length)
          (i32.add
            (i32.add
              (i32.eq (local.get $command) (i32.const 102))
              (i32.mul (i32.const 2) (i32.eq (local.get $command) (i32.const 99))))
            (i32.mul (i32.const 3) (i32.eq (local.get $command) (i32.const 114))))))
      (func (export "end") (result i32)
        (call $reply
          (i32.const 256)
          (i32.mul (i32.const 3) (i32.eqz (global.get $finished)))
          (i32.const 0)))
      (func (export "closed") (param $why i32)
        (i32.store8 (i32.const 311) (i32.add (i32.const 48) (local.get $why)))
        (call $log (i32.const 1) (i32.const 304) (i32.const 8))))
    (core instance $main (instantiate $main
      (with "memory" (instance $memory))
      (with "log" (instance (export "log" (func $log))))))

    (type $connection-type (record (field "id" u64) (field "peer" string) (field "local" string)))
    (export $connection "connection" (type $connection-type))
    (type $next-type (enum "keep-open" "finish" "close" "reset"))
    (export $next "next" (type $next-type))
    (type $reply-type (record (field "data" (list u8)) (field "next" $next)))
    (export $reply "reply" (type $reply-type))
    (type $reason-type (enum "ended" "by-plugin" "peer-reset" "idle" "stalled" "stopping" "failed"))
    (export $reason "reason" (type $reason-type))

    (func $open (param "peer" $connection) (result (result $reply (error string)))
      (canon lift (core func $main "open")
        (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (export "open" (func $open))
    (func $receive (param "chunk" (list u8)) (result (result $reply (error string)))
      (canon lift (core func $main "receive")
        (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (export "receive" (func $receive))
    (func $end (result (result $reply (error string)))
      (canon lift (core func $main "end") (memory (core memory $memory "memory"))))
    (export "end-of-input" (func $end))
    (func $closed (param "why" $reason)
      (canon lift (core func $main "closed")))
    (export "closed" (func $closed)))
  (instance $session (instantiate $session (with "log" (instance $log))))
  (export "eco:plugin/session@0.1.0" (instance $session)))
