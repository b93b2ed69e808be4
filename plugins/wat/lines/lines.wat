;; lines: numbers the lines that the peer sends, and says goodbye with their number.
;;
;; This is a core module. `eco build` makes a component of it, and finds its functions by their names.
;; Every connection has an instance of its own, so the globals are that connection's state.
;;
;; The memory, from 1024 on, is the unfinished line, then the chunk, then the reply:
;;
;;     1024    $rest     $reply      $end
;;     | rest  | chunk   | reply     |
;;
;; The chunk is written by eco right behind the rest, so that the two are one, and a line that comes
;; byte by byte is never copied. The memory grows when the reply needs more, and is used again by the
;; next call.
(module
  (import "eco:plugin/log@0.1.0" "log" (func $log (param i32 i32 i32)))

  (memory (export "memory") 4)

  ;; From 0 to 15 lies what a function returns. The texts:
  (data (i32.const 32) "ready\n")
  (data (i32.const 40) "goodbye after ")
  (data (i32.const 56) " lines\n")
  ;; One for each reason, in the order of the contract, 32 bytes apart. The first byte is the length.
  (data (i32.const 256) "\0dclosed: ended")
  (data (i32.const 288) "\11closed: by-plugin")
  (data (i32.const 320) "\12closed: peer-reset")
  (data (i32.const 352) "\0cclosed: idle")
  (data (i32.const 384) "\0fclosed: stalled")
  (data (i32.const 416) "\10closed: stopping")
  (data (i32.const 448) "\0eclosed: failed")

  ;; The end of the unfinished line, which begins at 1024.
  (global $rest (mut i32) (i32.const 1024))
  ;; Where the reply begins, and where it ends so far.
  (global $reply (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  ;; The lines answered so far.
  (global $count (mut i64) (i64.const 0))

  ;; eco asks here for the place of what it hands over: always the end of the rest. For `open` these
  ;; are two texts, both at the same place; that does no harm, as neither is read.
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (call $reserve (i32.add (global.get $rest) (local.get $size)))
    (global.get $rest))

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

  ;; open: func(peer: connection) -> result<reply, string>
  ;; The connection comes as its number, and two texts as address and length. It isn't looked at.
  (func (export "eco:plugin/session@0.1.0#open")
    (param $id i64) (param $peer i32) (param $peer-length i32) (param $local i32) (param $local-length i32)
    (result i32)
    (call $begin (global.get $rest))
    (call $append (i32.const 32) (i32.const 6))
    (call $finish))

  ;; receive: func(chunk: list<u8>) -> result<reply, string>
  ;; Only the new bytes are searched for the end of a line.
  (func (export "eco:plugin/session@0.1.0#receive") (param $chunk i32) (param $length i32) (result i32)
    (local $at i32) (local $chunk-end i32) (local $line i32)
    (local.set $at (local.get $chunk))
    (local.set $chunk-end (i32.add (local.get $chunk) (local.get $length)))
    (local.set $line (i32.const 1024))
    (call $begin (local.get $chunk-end))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $chunk-end)))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 10))
          (then
            (call $answer (local.get $line) (i32.sub (local.get $at) (local.get $line)))
            (local.set $line (i32.add (local.get $at) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    ;; What follows the last line moves to the front, unless it is there already.
    (global.set $rest
      (i32.add (i32.const 1024) (i32.sub (local.get $chunk-end) (local.get $line))))
    (if (i32.ne (local.get $line) (i32.const 1024))
      (then
        (memory.copy
          (i32.const 1024)
          (local.get $line)
          (i32.sub (local.get $chunk-end) (local.get $line)))))
    (call $finish))

  ;; end-of-input: func() -> result<reply, string>
  (func (export "eco:plugin/session@0.1.0#end-of-input") (result i32)
    (call $begin (global.get $rest))
    (if (i32.ne (global.get $rest) (i32.const 1024))
      (then (call $answer (i32.const 1024) (i32.sub (global.get $rest) (i32.const 1024)))))
    (call $append (i32.const 40) (i32.const 14))
    (call $append-number (global.get $count))
    (call $append (i32.const 56) (i32.const 7))
    (call $finish))

  ;; closed: func(why: reason)
  (func (export "eco:plugin/session@0.1.0#closed") (param $why i32)
    (local $text i32)
    (local.set $text
      (i32.add (i32.const 256) (i32.mul (local.get $why) (i32.const 32))))
    (call $log
      (i32.const 1) ;; info
      (i32.add (local.get $text) (i32.const 1))
      (i32.load8_u (local.get $text))))

  ;; Appends "N: line\n" to the reply, for the next N.
  (func $answer (param $line i32) (param $length i32)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (call $append-number (global.get $count))
    (call $append-byte (i32.const 58))
    (call $append-byte (i32.const 32))
    (call $append (local.get $line) (local.get $length))
    (call $append-byte (i32.const 10)))

  ;; Begins an empty reply.
  (func $begin (param $at i32)
    (global.set $reply (local.get $at))
    (global.set $end (local.get $at)))

  ;; Returns the reply as `result<reply, string>`: 0 for a reply, from 4 on where its bytes are and
  ;; how many, and at 12 what comes next, 0 for keep-open.
  (func $finish (result i32)
    (i32.store8 (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (global.get $reply))
    (i32.store (i32.const 8) (i32.sub (global.get $end) (global.get $reply)))
    (i32.store8 (i32.const 12) (i32.const 0))
    (i32.const 0))

  (func $append (param $from i32) (param $length i32)
    (call $reserve (i32.add (global.get $end) (local.get $length)))
    (memory.copy (global.get $end) (local.get $from) (local.get $length))
    (global.set $end (i32.add (global.get $end) (local.get $length))))

  (func $append-byte (param $byte i32)
    (call $reserve (i32.add (global.get $end) (i32.const 1)))
    (i32.store8 (global.get $end) (local.get $byte))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  ;; Appends a number in decimal: first all digits but the last, then that one.
  (func $append-number (param $number i64)
    (if (i64.ge_u (local.get $number) (i64.const 10))
      (then (call $append-number (i64.div_u (local.get $number) (i64.const 10)))))
    (call $append-byte
      (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))))
