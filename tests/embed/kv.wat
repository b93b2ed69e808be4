;; kv of tests/plugins, in text: takes each chunk for a key of the embedding program's store, and answers with its value.
(component
  (import "mycompany:kv/store@0.1.0" (instance $store
    (export "get" (func (param "key" string) (result (option (list u8)))))))
  (core module $memory
    (memory (export "memory") 1)
    ;; What is allocated for the last call is no longer needed when the next chunk comes.
    (global $end (export "end") (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $end))
      (global.set $end (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (core func $get (canon lower (func $store "get")
    (memory $memory "memory") (realloc (func $memory "realloc"))))
  (core module $plugin
    (import "memory" "memory" (memory 1))
    (import "memory" "end" (global $end (mut i32)))
    (import "store" "get" (func $get (param i32 i32 i32)))
    (func (export "receive") (param $chunk i32) (param $length i32) (result i32)
      ;; An option of a list is its case at 16, its address at 20, and its length at 24.
      (call $get (local.get $chunk) (local.get $length) (i32.const 16))
      (global.set $end (i32.const 64))
      (if (i32.eqz (i32.load8_u (i32.const 16)))
        (then (i32.store (i32.const 20) (i32.const 0)) (i32.store (i32.const 24) (i32.const 0))))
      (i32.const 20)))
  (core instance $plugin (instantiate $plugin
    (with "memory" (instance $memory))
    (with "store" (instance (export "get" (func $get))))))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $plugin "receive")
      (memory $memory "memory") (realloc (func $memory "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))
