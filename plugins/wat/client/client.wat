;; client: sends lines to the plugin `lines`, one after the other, and checks every reply.
;;
;; This is a core module. `eco build` makes a component of it, and finds its functions by their names.
;; A client plugin holds a dialogue in turns: `start` returns the first one, `replied` the next ones.
;;
;; The memory, from 1024 on, is the message, then the reply that a turn must get, then the one that
;; it got:
;;
;;     1024      $expected   $end
;;     | message | expected  | reply, then the reason if it is wrong |
(module
  (memory (export "memory") 1)

  ;; From 0 to 47 lies what a function returns. The texts:
  (data (i32.const 64) "one\ntwo\nthree\n")
  (data (i32.const 80) "\n")
  (data (i32.const 96) "ready\n")
  (data (i32.const 112) "goodbye after ")
  (data (i32.const 128) " lines\n")
  (data (i32.const 144) "the greeting should be ready")
  (data (i32.const 176) "line ")
  (data (i32.const 192) " came back changed")
  (data (i32.const 224) "the goodbye should be for ")

  ;; What is still to be sent: from the next line to the end of the message.
  (global $next (mut i32) (i32.const 64))
  (global $message-end (mut i32) (i32.const 78))
  ;; The lines sent so far.
  (global $count (mut i32) (i32.const 0))
  ;; What the reply under way belongs to: 0 the greeting, 1 a line, 2 the goodbye.
  (global $stage (mut i32) (i32.const 0))
  ;; Where the expected reply begins, and the end of all that is kept.
  (global $expected (mut i32) (i32.const 1024))
  (global $end (mut i32) (i32.const 1024))

  ;; eco asks here for the place of the message, and then of each reply: always behind what is kept.
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (call $reserve (i32.add (global.get $end) (local.get $size)))
    (global.get $end))

  ;; Grows the memory so that it reaches to $end.
  (func $reserve (param $end i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $end) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then unreachable)))))

  ;; start: func(message: option<list<u8>>) -> result<turn, string>
  ;; The turn lies from 8 on, behind the 0 at 0 that says that all is well.
  (func (export "eco:plugin/client@0.1.0#start") (param $given i32) (param $message i32) (param $length i32) (result i32)
    (if (local.get $given)
      (then (call $keep (local.get $message) (local.get $length))))
    (call $expect)
    (call $append (i32.const 96) (i32.const 6))
    (i32.store8 (i32.const 0) (i32.const 0))
    (call $turn (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 1))
    (i32.const 0))

  ;; replied: func(reply: list<u8>) -> result<step, string>
  ;; The kind of the step is at 8, and its turn or fault from 16 on.
  (func (export "eco:plugin/client@0.1.0#replied") (param $reply i32) (param $length i32) (result i32)
    (local $offset i32)
    (i32.store8 (i32.const 0) (i32.const 0))
    (local.set $offset (call $difference (local.get $reply) (local.get $length)))
    (if (i32.ne (local.get $offset) (i32.const -1))
      (then
        ;; The reason is written behind the reply.
        (global.set $end (i32.add (local.get $reply) (local.get $length)))
        (call $wrong (local.get $offset))
        (return (i32.const 0))))
    (if (i32.ne (global.get $next) (global.get $message-end))
      (then
        (call $send-line)
        (return (i32.const 0))))
    (if (i32.ne (global.get $stage) (i32.const 2))
      (then
        (call $await-goodbye)
        (return (i32.const 0))))
    (i32.store8 (i32.const 8) (i32.const 1)) ;; done
    (i32.const 0))

  ;; Makes the user's message the one to be sent, and gives its last line a newline if it has none.
  (func $keep (param $message i32) (param $length i32)
    (global.set $next (local.get $message))
    (global.set $end (i32.add (local.get $message) (local.get $length)))
    (if (local.get $length)
      (then
        (if (i32.ne (i32.load8_u (i32.sub (global.get $end) (i32.const 1))) (i32.const 10))
          (then (call $append-byte (i32.const 10))))))
    (global.set $message-end (global.get $end))
    (global.set $expected (global.get $end)))

  ;; A step with the turn that sends the next line. The reply must be "N: ", then the same line.
  (func $send-line
    (local $line i32) (local $length i32)
    (local.set $line (global.get $next))
    (loop $search
      (local.set $length (i32.add (local.get $length) (i32.const 1)))
      (br_if $search
        (i32.ne
          (i32.load8_u
            (i32.sub (i32.add (local.get $line) (local.get $length)) (i32.const 1)))
          (i32.const 10))))
    (global.set $next (i32.add (local.get $line) (local.get $length)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.set $stage (i32.const 1))
    (call $expect)
    (call $append-number (global.get $count))
    (call $append-byte (i32.const 58))
    (call $append-byte (i32.const 32))
    (call $append (local.get $line) (local.get $length))
    (i32.store8 (i32.const 8) (i32.const 0)) ;; next
    (call $turn (i32.const 16) (local.get $line) (local.get $length) (i32.const 1)))

  ;; A step with the turn that sends nothing more, and reads to the end.
  (func $await-goodbye
    (global.set $stage (i32.const 2))
    (call $expect)
    (call $append (i32.const 112) (i32.const 14))
    (call $append-number (global.get $count))
    (call $append (i32.const 128) (i32.const 7))
    (i32.store8 (i32.const 8) (i32.const 0)) ;; next
    (call $turn (i32.const 16) (i32.const 0) (i32.const 0) (i32.const 2)))

  ;; Stores a turn: the bytes to send as address and length, then how far to read, which is 1 for
  ;; through, with the address and length of its sequence, or 2 for to-end.
  (func $turn (param $at i32) (param $send i32) (param $length i32) (param $expect i32)
    (i32.store (local.get $at) (local.get $send))
    (i32.store offset=4 (local.get $at) (local.get $length))
    (i32.store8 offset=8 (local.get $at) (local.get $expect))
    (i32.store offset=16 (local.get $at) (i32.const 80))
    (i32.store offset=20 (local.get $at) (i32.const 1)))

  ;; A step that says that the reply is wrong: the reason as address and length, and the offset, which
  ;; is there (1 at 24).
  (func $wrong (param $offset i32)
    (local $reason i32)
    (local.set $reason (global.get $end))
    (if (i32.eq (global.get $stage) (i32.const 0))
      (then (call $append (i32.const 144) (i32.const 28))))
    (if (i32.eq (global.get $stage) (i32.const 1))
      (then
        (call $append (i32.const 176) (i32.const 5))
        (call $append-number (global.get $count))
        (call $append (i32.const 192) (i32.const 18))))
    (if (i32.eq (global.get $stage) (i32.const 2))
      (then
        (call $append (i32.const 224) (i32.const 26))
        (call $append-number (global.get $count))
        (call $append (i32.const 128) (i32.const 6)))) ;; without its newline
    (i32.store8 (i32.const 8) (i32.const 2)) ;; wrong
    (i32.store (i32.const 16) (local.get $reason))
    (i32.store (i32.const 20) (i32.sub (global.get $end) (local.get $reason)))
    (i32.store8 (i32.const 24) (i32.const 1))
    (i64.store (i32.const 32) (i64.extend_i32_u (local.get $offset))))

  ;; The first place where the reply differs from the expected one, or -1 if they are the same.
  (func $difference (param $reply i32) (param $length i32) (result i32)
    (local $wanted i32) (local $shorter i32) (local $at i32)
    (local.set $wanted (i32.sub (global.get $end) (global.get $expected)))
    (local.set $shorter
      (select (local.get $length) (local.get $wanted)
        (i32.lt_u (local.get $length) (local.get $wanted))))
    (block $different
      (loop $compare
        (br_if $different (i32.ge_u (local.get $at) (local.get $shorter)))
        (br_if $different
          (i32.ne
            (i32.load8_u (i32.add (global.get $expected) (local.get $at)))
            (i32.load8_u (i32.add (local.get $reply) (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $compare)))
    (if (i32.eq (local.get $length) (local.get $wanted))
      (then
        (if (i32.eq (local.get $at) (local.get $length))
          (then (return (i32.const -1))))))
    (local.get $at))

  ;; Begins a new expected reply, in the place of the last one.
  (func $expect
    (global.set $end (global.get $expected)))

  (func $append (param $from i32) (param $length i32)
    (call $reserve (i32.add (global.get $end) (local.get $length)))
    (memory.copy (global.get $end) (local.get $from) (local.get $length))
    (global.set $end (i32.add (global.get $end) (local.get $length))))

  (func $append-byte (param $byte i32)
    (call $reserve (i32.add (global.get $end) (i32.const 1)))
    (i32.store8 (global.get $end) (local.get $byte))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  ;; Appends a number in decimal: first all digits but the last, then that one.
  (func $append-number (param $number i32)
    (if (i32.ge_u (local.get $number) (i32.const 10))
      (then (call $append-number (i32.div_u (local.get $number) (i32.const 10)))))
    (call $append-byte
      (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))))
