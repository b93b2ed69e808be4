(component
  (core module $m (func (export "f")))
  (core instance $m (instantiate $m))
  (func $f (canon lift (core func $m "f")))
  (instance $api (export "run" (func $f)))
  (export "my:own/api@1.0.0" (instance $api)))
