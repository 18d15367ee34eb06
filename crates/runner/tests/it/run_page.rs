//! The page on studies: its file is one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use pullstudy_runner::{ImageSource, Order, Plan, StudyFile, StudyImage};

#[test]
fn the_file_on_the_page_is_a_study() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/run.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once("```yaml\n").unwrap();
    let (text, _) = block.split_once("```").unwrap();
    let study = StudyFile::parse("docs/study.yaml", text).unwrap();
    assert_eq!(study.experiment, "bandwidth");
    assert!(matches!(
        &study.images,
        ImageSource::Sizes { uri: Some(_), .. }
    ));
    assert_eq!(study.order, Order::Random { seed: 7 });
    assert_eq!(study.timeouts.late_events, Duration::from_secs(15));
    let image = StudyImage::new("ghcr.io/my-org/chonks:1".parse().unwrap());
    let plan = Plan::new(study, &[image], &[]).unwrap();
    assert_eq!(plan.steps.len(), 3 * 3 * 3);
    let experiments = plan.steps.iter().map(|step| step.experiment.as_str());
    assert!(experiments.into_iter().any(|it| it == "bandwidth-far"));
}
