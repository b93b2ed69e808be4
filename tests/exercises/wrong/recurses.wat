;; Calls itself until the stack is full.
(component
  (core module $m
    (memory (export "memory") 2)
    (func $down (param i32) (result i32) (i32.add (call $down (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)
    (func (export "receive") (param i32 i32) (result i32) (call $down (i32.const 0))))
  (core instance $m (instantiate $m))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))
