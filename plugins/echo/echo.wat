;; The built-in echo: every chunk comes back unchanged.
;;
;; The chunk is written by the host where `realloc` says, and `receive` returns that very place, so
;; the bytes are never moved inside the plugin.
(component
  (core module $echo
    ;; Two pages hold a chunk of the default size, 64 KiB, without growing.
    (memory (export "memory") 2)

    ;; Every chunk goes to the same place: the last one is not needed any more. 64 divides it, which copies are fast
    ;; from and to. The memory grows if the chunk does not fit.
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $missing i32)
      (local.set $missing
        (i32.sub
          (i32.shr_u (i32.add (local.get $size) (i32.const 65599)) (i32.const 16))
          (memory.size)))
      (if (i32.gt_s (local.get $missing) (i32.const 0))
        (then
          (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
            (then unreachable))))
      (i32.const 64))

    ;; A list is returned as the address of its pointer and its length.
    (func (export "receive") (param $chunk i32) (param $length i32) (result i32)
      (i32.store (i32.const 0) (local.get $chunk))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0)))

  (core instance $echo (instantiate $echo))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $echo "receive")
      (memory (core memory $echo "memory"))
      (realloc (core func $echo "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))
