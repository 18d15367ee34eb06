//! A Dockerfile, whatever it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_survey::{DockerfileFacts, ParseDockerfileError, Practice};

fuzz_target!(|text: &str| {
    let read = DockerfileFacts::parse(text);
    // A byte order mark is no part of the text.
    assert_eq!(DockerfileFacts::parse(&format!("\u{feff}{text}")), read);
    match read {
        Ok(facts) => check(&facts),
        Err(ParseDockerfileError::Syntax { line, .. }) => {
            assert!((1..=text.matches('\n').count() + 1).contains(&line));
        }
        Err(_) => {}
    }
});

fn check(facts: &DockerfileFacts) {
    assert!(facts.stages > 0 && facts.bases.len() <= facts.stages);
    assert!(facts.apt_updates_and_removes_lists <= facts.apt_updates_and_cleans);
    assert!(facts.apt_updates_and_cleans <= facts.apt_updates);
    assert!(facts.apt_removes_lists <= facts.apt_cleans && facts.apt_cleans <= facts.apt_installs);
    assert!(facts.workdirs_on_made + facts.workdirs_on_standard <= facts.workdirs);
    for practice in Practice::ALL {
        let _ = practice.of(facts);
    }
}
