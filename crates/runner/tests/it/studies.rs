//! Studies on the engine `local`: their files, their journal, and what happens after an end that nobody wanted.

use std::fs;
use std::path::Path;

use pullstudy_image::Compression;
use pullstudy_runner::{
    ImageSource, JournalError, LocalEngine, Order, Plan, ReadStudyError, RunStudyError, StudyFile,
    StudyImage, StudyReport, run_study,
};

use crate::layouts::write_image;
use crate::scene::{Scene, layer};

async fn scene() -> Scene {
    Scene::new(|writer| {
        for (seed, tag) in ["one", "two"].into_iter().enumerate() {
            let layers = [layer(seed as u8, 10_000, Compression::Gzip)];
            write_image(writer, &format!("localhost/study/image:{tag}"), &layers);
        }
    })
    .await
}

fn plan(scene: &Scene, tags: &[&str], more: &str) -> Plan {
    let images: Vec<StudyImage> = tags
        .iter()
        .map(|tag| StudyImage::new(scene.reference(tag)))
        .collect();
    let names: Vec<String> = images
        .iter()
        .map(|image| format!("'{}'", image.reference))
        .collect();
    let text = format!(
        "images: {{references: [{}]}}\nnodes: [1, 2]\norder: as-written\n{more}",
        names.join(", ")
    );
    Plan::new(StudyFile::parse("s.yaml", &text).unwrap(), &images, &[]).unwrap()
}

async fn run(scene: &Scene, plan: &Plan) -> StudyReport {
    let out = scene.path().join("out");
    let mut engine = LocalEngine::new(out.join("nodes"));
    run_study(plan, &mut engine, &out, &mut |_| {})
        .await
        .unwrap()
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_step_is_a_file_a_line_and_cold() {
    let scene = scene().await;
    let report = run(&scene, &plan(&scene, &["one", "two"], "repeats: 2")).await;
    assert_eq!(
        (report.steps.len(), report.pulled, report.failed),
        (8, 2 * 2 * 3, 0)
    );
    assert!(
        report
            .steps
            .iter()
            .all(|step| step.pulled == u64::from(step.nodes))
    );
    let of = |nodes: &str| {
        fs::read_dir(report.folder.join("s").join(nodes))
            .unwrap()
            .count()
    };
    assert_eq!((of("1"), of("2")), (4, 4));
    assert_eq!(lines(&report.folder.join("journal.jsonl")).len(), 1 + 8);
    let pulls = lines(&report.folder.join("trace.jsonl"));
    assert_eq!(
        pulls
            .iter()
            .filter(|line| line.contains(r#""kind":"pull""#))
            .count(),
        12
    );
}

#[tokio::test]
async fn a_run_that_was_killed_goes_on_and_doubles_nothing() {
    let scene = scene().await;
    let plan = plan(&scene, &["one", "two"], "");
    let whole = run(&scene, &plan).await;
    let journal = whole.folder.join("journal.jsonl");
    let trace = whole.folder.join("trace.jsonl");
    let pulls = |path: &Path| {
        lines(path)
            .iter()
            .filter(|line| line.contains(r#""kind":"pull""#))
            .count()
    };
    let all = pulls(&trace);
    // As after a kill while the last line was written: its results are there, and it does not count as done.
    let mut kept = lines(&journal);
    let torn = kept.pop().unwrap();
    fs::write(
        &journal,
        format!("{}\n{}", kept.join("\n"), &torn[..torn.len() / 2]),
    )
    .unwrap();
    let again = run(&scene, &plan).await;
    assert_eq!((again.done_before, again.steps.len()), (3, 4));
    assert_eq!((pulls(&trace), lines(&journal).len()), (all, 1 + 4));
    let files = fs::read_dir(whole.folder.join("s/2")).unwrap().count();
    assert_eq!(files, 2, "a step done again replaces its own file");
    // One that is done is done.
    assert_eq!(run(&scene, &plan).await.done_before, 4);
}

#[tokio::test]
async fn a_folder_is_of_one_study() {
    let scene = scene().await;
    run(&scene, &plan(&scene, &["one"], "")).await;
    let out = scene.path().join("out");
    let mut engine = LocalEngine::new(out.join("nodes"));
    let other = plan(&scene, &["two"], "");
    let journal = out.join("journal.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    let torn = format!("{whole}{{\"kind\":");
    fs::write(&journal, &torn).unwrap();
    let refused = run_study(&other, &mut engine, &out, &mut |_| {}).await;
    assert!(matches!(
        refused,
        Err(RunStudyError::Journal(JournalError::Another { .. }))
    ));
    let left = fs::read_to_string(&journal).unwrap();
    assert_eq!(left, torn, "what is refused is not changed");
    // What does not change what is measured may change.
    assert_eq!(
        run(&scene, &plan(&scene, &["one"], "labels: {a: b}"))
            .await
            .done_before,
        2
    );
}

#[tokio::test]
async fn a_failure_is_a_result_and_stops_a_study_only_if_it_is_to() {
    let scene = scene().await;
    let report = run(&scene, &plan(&scene, &["missing", "one"], "")).await;
    assert_eq!(
        (report.failed, report.pulled, report.stopped),
        (3, 3, false)
    );
    assert!(
        report.notes.iter().any(|note| note.contains("failed")),
        "{:?}",
        report.notes
    );
    fs::remove_dir_all(&report.folder).unwrap();
    let stopped = run(
        &scene,
        &plan(&scene, &["missing", "one"], "stop-on-failure: true"),
    )
    .await;
    assert_eq!((stopped.steps.len(), stopped.stopped), (1, true));
}

#[tokio::test]
async fn kept_images_are_present_and_told_unless_they_are_to_be() {
    let scene = scene().await;
    let text = "repeats: 2\npull-policy: if-not-present\ncache: check";
    let report = run(&scene, &plan(&scene, &["one"], text)).await;
    let present: u64 = report.steps.iter().map(|step| step.present).sum();
    assert!(
        present > 0
            && report
                .notes
                .iter()
                .any(|note| note.contains("no cold pulls")),
        "{:?}",
        report.notes
    );
    fs::remove_dir_all(&report.folder).unwrap();
    let kept = run(
        &scene,
        &plan(&scene, &["one"], &text.replace("check", "keep")),
    )
    .await;
    assert!(
        !kept.notes.iter().any(|note| note.contains("no cold pulls")),
        "{:?}",
        kept.notes
    );
}

#[test]
fn the_published_files_mean_what_their_scripts_did() {
    let tags = r#"{"tags": ["a", "b"], "uri": "ghcr.io/x/y"}"#;
    let study = StudyFile::parse("dir/run7.json", tags).unwrap();
    assert_eq!(
        (study.experiment.as_str(), study.order),
        ("run7", Order::AsWritten)
    );
    let ImageSource::References(images) = &study.images else {
        panic!("{:?}", study.images);
    };
    assert_eq!(images[1].to_string(), "ghcr.io/x/y:b");
    let lists = r#"{"4": [{"image": "a.example/x:1", "command": "-n 4 x", "tasks": 4}, {"image": "a.example/x:1"}], "8": []}"#;
    let study = StudyFile::parse("streaming.json", lists).unwrap();
    assert_eq!(study.nodes, [4, 8]);
    assert_eq!(study.flux_commands["a.example/x:1"], "-n 4 x");
    let ImageSource::ByNodes(lists) = &study.images else {
        panic!("{:?}", study.images);
    };
    assert_eq!((lists[&4].len(), lists[&8].len()), (1, 0));
}

#[test]
fn slips_are_told_with_their_line() {
    let said = |text: &str| StudyFile::parse("s.yaml", text).unwrap_err().to_string();
    let good = "images: {references: [a.example/x:1]}\n";
    for (more, words) in [
        ("nodez: 4", "s.yaml, line 2: nodez is unknown; there are "),
        ("nodes: [4, 0]", "s.yaml: nodes has a 0"),
        ("nodes: [4, 4]", "s.yaml: nodes has 4 twice; use repeats"),
        (
            "repeats: 0",
            "s.yaml: repeats is 0; it lies between 1 and 10000",
        ),
        ("experiment: a/b", "cannot name a folder"),
        ("timeouts: {image: soon}", "write 30s, 10m or 2h"),
        (
            "strategies: [{name: a}, {name: a}]",
            "strategies has a twice",
        ),
    ] {
        let said = said(&format!("{good}{more}"));
        assert!(said.contains(words), "{said}");
    }
    assert!(said("").contains("the file is empty"));
    assert!(said("images: {}").contains("wants one of sizes"));
    assert!(said("images: {references: ['A B']}").contains("A B"));
    let missing = StudyFile::read(Path::new("/nowhere/s.yaml"));
    assert!(matches!(missing, Err(ReadStudyError::Io { .. })));
}
