;; A plugin that takes part in the whole connection: its beginning, what comes in, and its end.
;;
;; This is a core module. `eco build` makes a component of it, and finds its functions by their names.
;; Every connection has an instance of its own, so globals and memory are that connection's state.
(module
  ;; Two pages of 64 KiB. From 0 to 12 lies what a function returns, from 64 on what comes in. What must
  ;; be kept between calls needs a place of its own, one that $place doesn't give away.
  (memory (export "memory") 2)
  (global $place i32 (i32.const 64))

  ;; eco asks here where it may write $size bytes. The answer is the same each time, as the last chunk
  ;; isn't needed any more; if the memory ends before the bytes do, it grows. (`open` gets two texts,
  ;; and the second overwrites the first. That does no harm as long as neither is read.)
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u
          (i32.add (i32.add (global.get $place) (local.get $size)) (i32.const 65535))
          (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then unreachable))))
    (global.get $place))

  ;; A reply, as result<reply, string>: at 0 its case (0, all is well), at 4 where its bytes are, at 8 how
  ;; many, and at 12 what comes next: 0 keep-open, 1 finish, 2 close, 3 reset.
  (func $reply (param $bytes i32) (param $length i32) (param $next i32) (result i32)
    (i32.store8 (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (local.get $bytes))
    (i32.store (i32.const 8) (local.get $length))
    (i32.store8 (i32.const 12) (local.get $next))
    (i32.const 0))

  ;; open: func(peer: connection) -> result<reply, string>
  ;; Called once, first, before anything has come. The reply is a greeting, or empty.
  (func (export "eco:plugin/session@0.1.0#open")
    (param $id i64) (param $peer i32) (param $peer-length i32) (param $local i32) (param $local-length i32)
    (result i32)
    (call $reply (i32.const 0) (i32.const 0) (i32.const 0)))

  ;; receive: func(chunk: list<u8>) -> result<reply, string>
  ;; Called with each chunk that arrived, cut wherever the network cut it: its address and its length.
  (func (export "eco:plugin/session@0.1.0#receive") (param $chunk i32) (param $length i32) (result i32)
    ;; Begin here.
    (call $reply (i32.const 0) (i32.const 0) (i32.const 0)))

  ;; end-of-input: func() -> result<reply, string>
  ;; Called when the client has finished sending. It still reads.
  (func (export "eco:plugin/session@0.1.0#end-of-input") (result i32)
    (call $reply (i32.const 0) (i32.const 0) (i32.const 0)))

  ;; closed: func(why: reason)
  ;; Called last, whatever the end was. Nothing can be sent any more.
  (func (export "eco:plugin/session@0.1.0#closed") (param $why i32)))
