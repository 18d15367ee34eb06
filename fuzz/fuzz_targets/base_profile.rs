//! A profile of a base image: what is read is written as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_survey::BaseProfile;

fuzz_target!(|text: &str| {
    if let Ok(profile) = BaseProfile::from_json(text) {
        let again = BaseProfile::from_json(&profile.to_json());
        let again = again.expect("what is written can be read");
        assert_eq!(again.to_json(), profile.to_json());
    }
});
