;; A plugin of one function: bytes come in, and what it returns is sent back.
;;
;; This is a core module. `eco build` makes a component of it, and finds its functions by their names.
;; Every connection has an instance of its own, so globals and memory are that connection's state.
(module
  ;; Two pages of 64 KiB. From 0 to 7 lies what `receive` returns, from 64 on the chunk. What must be
  ;; kept between chunks needs a place of its own, one that $place doesn't give away.
  (memory (export "memory") 2)
  (global $place i32 (i32.const 64))

  ;; eco asks here where it may write a chunk of $size bytes. The answer is the same each time, as the
  ;; last chunk isn't needed any more; if the memory ends before the chunk does, it grows.
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

  ;; receive: func(chunk: list<u8>) -> list<u8>
  ;; Called with each chunk that arrived, cut wherever the network cut it: its address and its length.
  (func (export "eco:plugin/handler@0.1.0#receive") (param $chunk i32) (param $length i32) (result i32)
    ;; Begin here.

    ;; The reply is a list, and a list is returned as the address of two numbers: where its bytes are,
    ;; and how many. An empty one sends nothing, and the connection stays open.
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 0))
    (i32.const 0)))
