//! The scanner of JSON, beside serde_json: what the one takes the other takes, up to the same byte, and a text is the same
//! text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_json::{KnownTexts, Scanner};
use serde::de::IgnoredAny;

fuzz_target!(|bytes: &[u8]| {
    let mut known = KnownTexts::default();
    let mut scanner = Scanner::new(bytes, &mut known);
    let passed = scanner.pass_over().and_then(|()| scanner.end()).is_ok();
    let is_json = serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
    if is_json {
        assert!(passed, "serde_json reads what was refused");
    }
    if let Ok(expected) = serde_json::from_slice::<String>(bytes) {
        let mut scanner = Scanner::new(bytes, &mut known);
        let text = scanner.string().expect("serde_json reads a string");
        assert_eq!(text.text(), expected);
    }
    let mut scanner = Scanner::new(bytes, &mut known);
    let _ = scanner.integer_or_other();
    let mut scanner = Scanner::new(bytes, &mut known);
    let _ = scanner.string_or_other();
});
