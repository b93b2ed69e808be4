//! kv: takes each chunk for a key of the embedding program's store, and answers with its value.

wit_bindgen::generate!({
    path: "wit",
    inline: "
        package mycompany:kv@0.1.0;

        interface store {
            get: func(key: string) -> option<list<u8>>;
            set: func(key: string, value: list<u8>);
        }

        world kv-plugin {
            import store;
            export eco:plugin/handler@0.1.0;
        }
    ",
});

use exports::eco::plugin::handler::Guest;
use mycompany::kv::store;

struct Kv;

impl Guest for Kv {
    fn receive(chunk: Vec<u8>) -> Vec<u8> {
        let key = String::from_utf8_lossy(&chunk);
        store::get(&key).unwrap_or_default()
    }
}

export!(Kv);
