(module (func (export "receive")))
