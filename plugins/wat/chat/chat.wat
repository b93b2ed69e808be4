;; chat: a room in which everybody hears what the others say, and who comes and goes.
;;
;; This is a core module. `eco build` makes a component of it, and finds its functions by their names.
;; Every connection has an instance of its own, so the globals are that connection's state. What
;; connections share goes through topics.
;;
;; The memory: from 1024 on the unfinished line, at most 8 KiB of it; from 16384 on what eco hands over in a
;; call, then the reply. That is used again by the next call.
(module
  (import "eco:plugin/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32 i32 i32)))
  (import "eco:plugin/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))

  (memory (export "memory") 4)

  ;; From 0 to 15 lies what a function returns, from 64 on what an import returns. The texts:
  (data (i32.const 128) "room")
  (data (i32.const 136) "Your name? ")
  (data (i32.const 152) "Here: ")
  (data (i32.const 160) "You are the first.")
  (data (i32.const 184) ", ")
  (data (i32.const 192) ": ")
  (data (i32.const 200) " comes")
  (data (i32.const 208) " goes")
  (data (i32.const 216) "(some missed)")

  ;; The end of the unfinished line.
  (global $rest (mut i32) (i32.const 1024))
  (global $named (mut i32) (i32.const 0))
  ;; Where the next thing goes, and where the reply begins.
  (global $next (mut i32) (i32.const 16384))
  (global $reply (mut i32) (i32.const 0))

  ;; eco asks here for the place of what it hands over.
  (func $take (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (loop $grow
        (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      ;; There is no more: this ends the connection, and no other.
      (unreachable))
    (local.get $at))

  (func $begin
    (global.set $reply (global.get $next)))

  (func $append (param $from i32) (param $length i32)
    (local $at i32)
    (local.set $at (global.get $next))
    ;; Side by side, without room between.
    (drop (call $take (i32.const 0) (i32.const 0) (i32.const 1) (i32.add (local.get $length) (i32.const 8))))
    (global.set $next (i32.add (local.get $at) (local.get $length)))
    (memory.copy (local.get $at) (local.get $from) (local.get $length)))

  (func $append-newline
    (i32.store8 (i32.const 120) (i32.const 10))
    (call $append (i32.const 120) (i32.const 1)))

  ;; Ends a call with what was appended since $begin. The next one takes its place.
  (func $finish (result i32)
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (global.get $reply))
    (i32.store (i32.const 8) (i32.sub (global.get $next) (global.get $reply)))
    (i32.store (i32.const 12) (i32.const 0))
    (global.set $next (i32.const 16384))
    (i32.const 0))

  ;; open: func(peer: connection) -> result<reply, string>
  (func (export "eco:plugin/session@0.1.0#open") (param i64 i32 i32 i32 i32) (result i32)
    (call $begin)
    (call $append (i32.const 136) (i32.const 11))
    (call $finish))

  ;; receive: func(chunk: list<u8>) -> result<reply, string>
  (func (export "eco:plugin/session@0.1.0#receive") (param $at i32) (param $length i32) (result i32)
    (local $end i32) (local $byte i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (call $begin)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $byte) (i32.const 10))
          (then
            (call $line (i32.const 1024) (i32.sub (global.get $rest) (i32.const 1024)))
            (global.set $rest (i32.const 1024)))
          (else
            (if (i32.ge_u (global.get $rest) (i32.const 9216)) (then unreachable))
            (i32.store8 (global.get $rest) (local.get $byte))
            (global.set $rest (i32.add (global.get $rest) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (call $finish))

  ;; The first line is the name. The others go to everybody else, when this call has returned.
  (func $line (param $line i32) (param $length i32)
    (if (global.get $named)
      (then
        (call $publish (i32.const 128) (i32.const 4) (local.get $line) (local.get $length) (i32.const 64)))
      (else (call $enter (local.get $line) (local.get $length))))
    ;; A problem: this ends the connection. The log names the limit.
    (if (i32.load8_u (i32.const 64)) (then unreachable)))

  ;; From now on `event` is called. Who is there already is told here: a list of members, each of which is two
  ;; texts, its id and its label. They lie before the reply, which begins anew.
  (func $enter (param $name i32) (param $length i32)
    (local $member i32) (local $count i32)
    (call $subscribe (i32.const 128) (i32.const 4) (local.get $name) (local.get $length) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (return)))
    (global.set $named (i32.const 1))
    (local.set $member (i32.load (i32.const 68)))
    (local.set $count (i32.load (i32.const 72)))
    (call $begin)
    (if (local.get $count)
      (then
        (call $append (i32.const 152) (i32.const 6))
        (loop $each
          (call $append (i32.load offset=8 (local.get $member)) (i32.load offset=12 (local.get $member)))
          (local.set $member (i32.add (local.get $member) (i32.const 16)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (if (local.get $count)
            (then
              (call $append (i32.const 184) (i32.const 2))
              (br $each)))))
      (else (call $append (i32.const 160) (i32.const 18))))
    (call $append-newline))

  ;; end-of-input: func() -> result<reply, string>
  (func (export "eco:plugin/session@0.1.0#end-of-input") (result i32)
    (call $begin)
    (call $finish))

  ;; closed: func(why: reason)
  (func (export "eco:plugin/session@0.1.0#closed") (param i32))

  ;; event: func(event: happening) -> result<reply, string>
  ;; It comes as its number, then the parts of the one that has most, a message: the topic, the id, the label
  ;; and the data. A `missed` has a count of 64 bits where the id's length is.
  (func (export "eco:plugin/events@0.1.0#event")
    (param $what i32) (param $topic i32) (param $topic-length i32) (param $id i32) (param $id-length i64)
    (param $label i32) (param $label-length i32) (param $data i32) (param $data-length i32)
    (result i32)
    (call $begin)
    (block $done
      (br_if $done (i32.eq (local.get $what) (i32.const 4))) ;; a timer, and there is none
      (if (i32.eq (local.get $what) (i32.const 3))
        (then (call $append (i32.const 216) (i32.const 13)))
        (else (call $append (local.get $label) (local.get $label-length))))
      (if (i32.eq (local.get $what) (i32.const 0))
        (then
          (call $append (i32.const 192) (i32.const 2))
          (call $append (local.get $data) (local.get $data-length))))
      (if (i32.eq (local.get $what) (i32.const 1))
        (then (call $append (i32.const 200) (i32.const 6))))
      (if (i32.eq (local.get $what) (i32.const 2))
        (then (call $append (i32.const 208) (i32.const 5))))
      (call $append-newline))
    (call $finish)))
