;; Answers a chunk with what is known of its peer: a line for each thing, which is `-` where nobody knows it. A core
;; module, as compilers make them, for the world handler-plugin. Its peers send one chunk.
(module
  (import "eco:plugin/peer@0.1.0" "details" (func $details (param i32)))
  (memory (export "memory") 2)
  ;; 0: the reply; 16: the marks of a line; 48: a number ends here; 64: the details.
  (data (i32.const 16) "-\n")
  (global $next (mut i32) (i32.const 1024))
  (global $end (mut i32) (i32.const 65536))

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.and
      (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7)) (i32.const -8))))

  (func $add (param $at i32) (param $length i32)
    (memory.copy (global.get $end) (local.get $at) (local.get $length))
    (global.set $end (i32.add (global.get $end) (local.get $length))))

  (func $number (param $n i32)
    (local $at i32)
    (local.set $at (i32.const 48))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (br_if $digit (local.tee $n (i32.div_u (local.get $n) (i32.const 10)))))
    (call $add (local.get $at) (i32.sub (i32.const 48) (local.get $at))))

  ;; The text of an option, if it has one.
  (func $line (param $option i32)
    (if (i32.load8_u (local.get $option))
      (then (call $add
        (i32.load offset=4 (local.get $option)) (i32.load offset=8 (local.get $option))))
      (else (call $add (i32.const 16) (i32.const 1))))
    (call $add (i32.const 17) (i32.const 1)))

  (func (export "eco:plugin/handler@0.1.0#receive") (param i32 i32) (result i32)
    (call $details (i32.const 64))
    (if (i32.load8_u (i32.const 64))
      (then (call $number (i32.load (i32.const 68))))
      (else (call $add (i32.const 16) (i32.const 1))))
    (call $add (i32.const 17) (i32.const 1))
    (call $line (i32.const 76))  ;; the version
    (call $line (i32.const 88))  ;; the name of the server
    (call $line (i32.const 100)) ;; the protocol
    (call $line (i32.const 112)) ;; the certificate, which begins with its subject
    (call $line (i32.const 124)) ;; its fingerprint
    (call $line (i32.const 136)) ;; the proxy
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.sub (global.get $end) (i32.const 65536)))
    (i32.const 0)))
