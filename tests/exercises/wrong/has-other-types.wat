(component
  (core module $m (func (export "f")))
  (core instance $m (instantiate $m))
  (func $f (canon lift (core func $m "f")))
  (instance $handler (export "receive" (func $f)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))
