//! References, as people type them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_image::Reference;

fuzz_target!(|text: &str| {
    let Ok(reference) = text.parse::<Reference>() else {
        return;
    };
    let shown = reference.to_string();
    let again: Reference = shown.parse().expect("what is shown can be read");
    assert_eq!(again, reference, "{shown}");
    // A repository is part of an address: nothing may lead out of its path.
    let repository = reference.repository();
    assert!(
        !repository
            .split('/')
            .any(|part| matches!(part, "" | "." | ".."))
    );
    assert!(!repository.contains(['?', '#', '%', '\\', ' ']));
});
