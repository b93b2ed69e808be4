;; upper: every letter from a to z comes back as a capital, every other byte unchanged.
;;
;; This is a core module. `eco build` makes a component of it, and finds its functions by their names:
;; `receive` of the interface eco:plugin/handler, and `cabi_realloc`, which is asked for memory.
(module
  ;; Two pages of 64 KiB. From 0 to 7 lies what `receive` returns, from 64 on the chunk.
  (memory (export "memory") 2)

  ;; Where the next chunk goes: always to 64, since the last one is not needed any more. From and to a place that 64
  ;; divides, copies are fast. The old address and size, and the alignment, are for those who keep more than that.
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $missing i32)
    ;; The pages that 64 + size bytes take, rounded up, less those that are there.
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $size) (i32.const 65599)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then unreachable))))
    (i32.const 64))

  ;; receive: func(chunk: list<u8>) -> list<u8>
  ;; The chunk is changed where it lies, and is the reply.
  (func (export "eco:plugin/handler@0.1.0#receive") (param $chunk i32) (param $length i32) (result i32)
    (local $at i32) (local $end i32) (local $byte i32)
    (local.set $at (local.get $chunk))
    (local.set $end (i32.add (local.get $chunk) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        ;; One comparison does for both ends of a-z: what is below 97 wraps around to a huge number.
        (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
          (then (i32.store8 (local.get $at) (i32.sub (local.get $byte) (i32.const 32)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    ;; A list is returned as the address of two numbers: where it is, and its length.
    (i32.store (i32.const 0) (local.get $chunk))
    (i32.store (i32.const 4) (local.get $length))
    (i32.const 0)))
