;; As wit-component links: a library fills its part of the table of `main`. Imports of the host that need the memory go
;; through a table that `fixup` fills later.
(component
  (import "now" (func $now (result u32)))
  (import "say" (func $say (param "text" string)))
  (core module $shim
    (type $say (func (param i32 i32)))
    (table (export "$imports") 1 funcref)
    (func (export "0") (param i32 i32)
      (call_indirect (type $say) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $main
    (memory (export "memory") 1)
    (table (export "table") 3 funcref)
    (global (export "base") i32 (i32.const 1))
    (global (export "sum") (mut i32) (i32.const 5))
    (data (i32.const 16) "hello"))
  (core module $library
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 1 funcref))
    (import "env" "base" (global $base i32))
    (import "env" "sum" (global $sum (mut i32)))
    (import "host" "now" (func $now (result i32)))
    (import "host" "say" (func $say (param i32 i32)))
    (type $number (func (result i32)))
    (elem (global.get $base) func $seven $nine)
    (func $seven (result i32) (i32.const 7))
    (func $nine (result i32) (i32.const 9))
    (func (export "run") (result i32)
      (call $say (i32.const 16) (i32.const 5))
      (global.set $sum (i32.add (global.get $sum) (call $now)))
      (i32.add
        (global.get $sum)
        (call_indirect (type $number) (i32.add (global.get $base) (i32.const 1))))))
  (core module $fixup
    (import "" "0" (func (param i32 i32)))
    (import "" "$imports" (table 1 funcref))
    (elem (i32.const 0) func 0))
  (core instance $shim (instantiate $shim))
  (core instance $main (instantiate $main))
  (core func $now (canon lower (func $now)))
  (core instance $library (instantiate $library
    (with "env" (instance $main))
    (with "host" (instance
      (export "now" (func $now))
      (export "say" (func $shim "0"))))))
  (core func $say (canon lower (func $say) (memory $main "memory")))
  (core instance (instantiate $fixup
    (with "" (instance
      (export "0" (func $say))
      (export "$imports" (table $shim "$imports"))))))
  (func (export "run") (result u32) (canon lift (core func $library "run"))))
