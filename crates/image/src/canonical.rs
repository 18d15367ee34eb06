//! JSON whose bytes, and so whose digest, depend on its content only.

use serde::Serialize;
use serde_json::Value;

/// Serialises `value` with the keys of every object sorted and no white space.
///
/// `oci-spec` keeps annotations and labels in hash maps, so its own output differs from run to run; an image's
/// digest must not.
///
/// # Panics
///
/// Never for the documents of this crate: a value fails to serialise only if a map has keys that are no strings.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
///
/// let map = HashMap::from([("b", 2), ("a", 1)]);
/// assert_eq!(pullstudy_image::canonical_json(&map), br#"{"a":1,"b":2}"#);
/// ```
pub fn canonical_json(value: &impl Serialize) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("image documents have string keys");
    serde_json::to_vec(&sorted(value)).expect("a JSON value serialises")
}

/// Rebuilds the maps in key order: another crate may switch on serde_json's `preserve_order`.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
