//! The JSON schema of a file of services, for editors: each key with its flag's help.

use super::described::LONGEST_NAME;
use super::file::{MOST_SERVICES, SERVICE};
use super::keys::{Keys, NAME, has_parts, is_list, is_switch, key};
use super::settings::MOST_VALUES;
use clap::Arg;
use serde_json::{Map, Value, json};

/// The schema, as a text.
pub(super) fn schema() -> String {
    let keys = Keys::all();
    let mut service: Map<String, Value> = properties(keys.of_service());
    let name = json!({
        "description": "The name of the service, in the log and for its state",
        "type": "string",
        "pattern": format!("^[A-Za-z0-9._-]{{1,{LONGEST_NAME}}}$"),
    });
    service.insert(NAME.to_owned(), name);
    let mut all = properties(keys.of_process());
    let services = json!({
        "description": "The services, each with a plugin, listeners and limits of its own",
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_SERVICES,
        "items": {
            "type": "object",
            "properties": service,
            "required": [NAME],
            "additionalProperties": false,
        },
    });
    all.insert(SERVICE.to_owned(), services);
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Services of eco",
        "type": "object",
        "properties": all,
        "required": [SERVICE],
        "additionalProperties": false,
    });
    format!("{schema:#}\n")
}

fn properties<'a>(flags: impl Iterator<Item = &'a Arg>) -> Map<String, Value> {
    flags
        .map(|flag| (key(flag).to_owned(), property(flag)))
        .collect()
}

fn property(flag: &Arg) -> Value {
    let mut property = values(flag);
    if let (Value::Object(property), Some(help)) = (&mut property, flag.get_help()) {
        property.insert("description".to_owned(), help.to_string().into());
    }
    property
}

/// The values of a key.
fn values(flag: &Arg) -> Value {
    if is_switch(flag) {
        return json!({ "type": "boolean" });
    }
    let known: Vec<String> = flag
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    let one = match known.as_slice() {
        [] => json!({ "type": ["string", "integer"] }),
        known => json!({ "type": "string", "enum": known }),
    };
    let list = |items: &Value| {
        json!({
            "type": "array",
            "items": items,
            "minItems": 1,
            "maxItems": MOST_VALUES,
        })
    };
    match (is_list(flag), has_parts(flag)) {
        (false, false) => one,
        (true, true) => json!({ "anyOf": [one, list(&json!({ "anyOf": [one, list(&one)] }))] }),
        _ => json!({ "anyOf": [one, list(&one)] }),
    }
}
