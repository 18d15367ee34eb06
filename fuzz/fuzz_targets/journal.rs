//! The journals that a study and a build go on from. A journal that is refused is not touched, and what is read of one
//! stays when a run adds to it.

#![no_main]

use std::fs;
use std::sync::LazyLock;
use std::time::SystemTime;

use libfuzzer_sys::fuzz_target;
use pullstudy_crafter::{BuildIdentity, LayoutSink};
use pullstudy_fuzz::folder;
use pullstudy_runner::{Journal, Plan, StudyFile, StudyImage};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

static STUDY: LazyLock<Plan> = LazyLock::new(|| {
    let study = StudyFile::parse(
        "fuzz.yaml",
        "images: {references: [localhost/a:1]}\nnodes: 1\n",
    );
    let image = StudyImage::new("localhost/a:1".parse().expect("it is a reference"));
    Plan::new(study.expect("it is a study"), &[image], &[]).expect("it can be planned")
});

fuzz_target!(|bytes: &[u8]| {
    study(bytes);
    build(bytes);
});

fn study(bytes: &[u8]) {
    let path = FOLDER.path().join("journal.jsonl");
    fs::write(&path, bytes).expect("the folder is ours");
    let opened = Journal::open(FOLDER.path(), &STUDY, "local", SystemTime::UNIX_EPOCH);
    let steps = opened.map(|journal| journal.steps().to_vec());
    let left = fs::read(&path).expect("the folder is ours");
    if steps.is_err() {
        assert_eq!(left, bytes, "a journal was refused and changed");
    }
}

fn build(bytes: &[u8]) {
    let layout = FOLDER.path().join("layout");
    let identity = BuildIdentity::of(&["sizes: [{total: 1MB}]"]);
    let notes = layout.join(".crafter");
    if !notes.exists() {
        LayoutSink::open(&layout, &identity, 7).expect("the folder is ours");
    }
    fs::write(notes.join("layers.jsonl"), bytes).expect("the folder is ours");
    let sink = LayoutSink::open(&layout, &identity, 7);
    sink.expect("notes that cannot be read cost no more than the layers that they tell of");
}
