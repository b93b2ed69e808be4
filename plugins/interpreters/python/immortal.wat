;; A module of Python: `from immortal import make_immortal`. See library.py for what it is good for.
;;
;; A shared library, as wit-component links them: https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md
;; In C it would be
;;
;;     static PyObject *make_immortal(PyObject *module, PyObject *object) {
;;         _Py_SetImmortal(object);
;;         return object;  /* An immortal object needs no reference more. */
;;     }
;;
;; with a table of methods, a PyModuleDef, and PyInit_immortal.
(module
  (@dylink.0
    (mem-info (memory 128 2) (table 1 0))
    (needed "libpython3.14.so"))
  (type $method (func (param i32 i32) (result i32)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $memory i32))
  (import "env" "__table_base" (global $table i32))
  (import "env" "PyModule_Create2" (func $create (type $method)))
  (import "env" "_Py_SetImmortal" (func $set_immortal (param i32)))
  (elem (global.get $table) func $make_immortal)
  (data (global.get $memory)
    ;; 0: the PyModuleDef: one reference, and no state of its own. Pointers are filled in below.
    "\01\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    "\00\00\00\00" "\00\00\00\00" "\ff\ff\ff\ff" "\00\00\00\00"
    "\00\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    ;; 52: its methods, name, function, METH_O and documentation, up to one without a name.
    "\00\00\00\00" "\00\00\00\00" "\08\00\00\00" "\00\00\00\00"
    "\00\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    ;; 84: the names.
    "immortal\00" "make_immortal\00")
  (func $make_immortal (type $method)
    (call $set_immortal (local.get 1))
    (local.get 1))
  (func (export "__wasm_apply_data_relocs")
    (i32.store offset=20 (global.get $memory) (i32.add (global.get $memory) (i32.const 84)))
    (i32.store offset=32 (global.get $memory) (i32.add (global.get $memory) (i32.const 52)))
    (i32.store offset=52 (global.get $memory) (i32.add (global.get $memory) (i32.const 93)))
    (i32.store offset=56 (global.get $memory) (global.get $table)))
  (func (export "PyInit_immortal") (result i32)
    ;; 1013 is PYTHON_API_VERSION.
    (call $create (global.get $memory) (i32.const 1013))))
