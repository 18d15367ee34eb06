//! A study's file, in our form or in one of the published study's; what it names is planned.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_runner::{ImageSource, Plan, StudyFile, StudyImage};

/// More steps than this take seconds, which is no finding.
const MOST_STEPS: usize = 10_000;

fuzz_target!(|text: &str| {
    let Ok(study) = StudyFile::parse("fuzz.yaml", text) else {
        return;
    };
    let ImageSource::References(references) = &study.images else {
        return;
    };
    let images: Vec<StudyImage> = references.iter().cloned().map(StudyImage::new).collect();
    let ways = images.len() * study.nodes.len().max(1) * study.strategies.len().max(1);
    if ways.saturating_mul(study.repeats as usize) > MOST_STEPS {
        return;
    }
    if let Ok(plan) = Plan::new(study, &images, &[]) {
        assert!(
            plan.steps
                .iter()
                .enumerate()
                .all(|(at, step)| step.number == at)
        );
        assert!(
            plan.steps
                .iter()
                .all(|step| step.nodes <= plan.most_nodes())
        );
        let _ = plan.fingerprint();
    }
});
