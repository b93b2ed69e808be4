;; What plugins seldom have: types in types, several modules, many tools, a
;; `post-return`, an active element, sparse data.
(component
  (type (component (type (component (import "f" (func)))) (export "t" (type (eq 0)))))
  (type (instance (type (instance (type (record (field "a" u8))) (export "r" (type (eq 0)))))))
  (core module $empty
    (@producers
      (language "a" "1") (language "b" "1") (language "c" "1") (language "d" "1") (language "e" "1")
      (processed-by "f" "1") (processed-by "g" "1") (processed-by "h" "1") (processed-by "i" "1")
      (processed-by "j" "1") (processed-by "k" "1") (processed-by "l" "1") (processed-by "m" "1")
      (sdk "n" "1") (sdk "o" "1") (sdk "p" "1") (sdk "q" "1") (sdk "r" "1")))
  (core module $m
    (import "e" "memory" (memory 1))
    (memory $own 2 7)
    (table 3 funcref)
    (elem (i32.const 1) $free)
    (data (memory $own) (i32.const 8) "a")
    (data (i32.const 9) "b")
    (func $free (export "free") (param i32))
    (func (export "get") (result i32) (i32.const 0)))
  (core module $memory
    (memory (export "memory") 600)
    (data (i32.const 0) "x") (data (i32.const 0x1000000) "y") (data (i32.const 0x2000000) "z"))
  (core instance $e (instantiate $memory))
  (core instance $i (instantiate $m (with "e" (instance $e))))
  (component
    (component
      (core module (memory 1))))
  (func (export "get") (result string)
    (canon lift (core func $i "get") (memory (core memory $e "memory"))
      (post-return (core func $i "free")))))
