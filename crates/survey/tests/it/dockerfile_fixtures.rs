//! What is read of the Dockerfiles in `fixtures/dockerfiles`, against what was counted by hand.

use std::fs;
use std::num::NonZero;
use std::path::Path;

use pullstudy_survey::{
    BaseImage, BaseMeaning, DockerfileReport, Dockerfiles, FoundDockerfiles, ReadDockerfiles,
};
use serde_json::{Value, json};

fn told(report: &DockerfileReport) -> Value {
    let facts = match &report.outcome {
        Ok(facts) => facts,
        Err(why) => return json!({ "outcome": why.reason.as_str(), "problem": why.message }),
    };
    json!({
        "outcome": "read",
        "utf8": report.is_utf8,
        "stages": facts.stages,
        "bases": facts.bases.iter().map(meaning).collect::<Vec<_>>(),
        "layers": facts.layers,
        "copies_from_stages": facts.copies_from_stages,
        "copies_from_images": facts.copies_from_images.iter().map(meaning).collect::<Vec<_>>(),
        "apt_installs": facts.apt_installs,
        "apt_updates": facts.apt_updates,
        "apt_removes_lists": facts.apt_removes_lists,
        "apt_cleans": facts.apt_cleans,
        "apt_updates_and_removes_lists": facts.apt_updates_and_removes_lists,
        "apt_updates_and_cleans": facts.apt_updates_and_cleans,
        "apt_without_recommended": facts.apt_without_recommended,
        "workdirs": facts.workdirs,
        "workdirs_on_made": facts.workdirs_on_made,
        "workdirs_on_standard": facts.workdirs_on_standard,
        "onbuild": facts.onbuild,
    })
}

fn meaning(base: &BaseImage) -> String {
    let written = &base.written;
    match &base.meaning {
        BaseMeaning::Image(reference) => reference.to_string(),
        BaseMeaning::Scratch => "scratch".to_owned(),
        BaseMeaning::Unresolved {
            variable: Some(name),
        } => format!("{written}, which depends on {name}"),
        BaseMeaning::Unresolved { variable: None } => format!("{written}, which is not known"),
        _ => format!("{written}, which is no reference"),
    }
}

#[test]
fn every_dockerfile_is_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/dockerfiles");
    let found = FoundDockerfiles::find(&[&folder], NonZero::<usize>::MIN).unwrap();
    let files = Dockerfiles::read(&found, &ReadDockerfiles::default());
    assert!(files.reports().len() > 20);
    for report in files.reports() {
        let expected = Path::new(&report.file).with_extension("expected.json");
        let text = fs::read_to_string(&expected).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; it should be: {:#}",
                expected.display(),
                told(report)
            )
        });
        let expected: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told(report), expected, "{}", report.file);
    }
}
