//! Images crafted for tests.

use std::fs;
use std::path::Path;

use pullstudy_crafter::{
    Base, BuildIdentity, BuildOptions, BuiltImage, LayoutSink, Method, Mismatch, Plan, PlanOptions,
    SizesFile, VerifyOptions, VerifyReport, VerifyTarget, build, verify,
};
use pullstudy_image::{Image, Layout, Platform};

/// Plans a sizes file given as text.
pub(crate) fn plan(text: &str, seed: u64) -> Plan {
    plan_on(text, seed, None)
}

/// Plans a sizes file on a base.
pub(crate) fn plan_on(text: &str, seed: u64, base: Option<Base>) -> Plan {
    let sizes = SizesFile::parse("test.yaml", text).unwrap();
    let repository = "localhost/test".parse().unwrap();
    let options = PlanOptions {
        seed,
        repository,
        method: Method::Exact,
        base,
    };
    Plan::new(&sizes, &options).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(crate) fn jobs(count: usize) -> BuildOptions {
    BuildOptions {
        jobs: count.try_into().unwrap(),
    }
}

/// Builds a plan into a layout.
pub(crate) fn build_into(dir: &Path, plan: &Plan, job_count: usize) -> Vec<BuiltImage> {
    let identity = BuildIdentity::of(&["test"]);
    let sink = LayoutSink::open(dir, &identity, plan.seed).unwrap();
    let built = build(plan, &sink, jobs(job_count), &|_| ()).unwrap();
    sink.complete().unwrap();
    built
}

/// Crafts a sizes file into a layout, checks that it verifies, and returns what was built.
pub(crate) fn craft(dir: &Path, text: &str, seed: u64) -> Vec<BuiltImage> {
    let built = build_into(dir, &plan(text, seed), 2);
    assert_eq!(mismatches(dir), []);
    built
}

pub(crate) fn report(dir: &Path) -> VerifyReport {
    let layout = Layout::open(dir).unwrap();
    let targets = VerifyTarget::all_of(&layout).unwrap();
    let options = VerifyOptions {
        jobs: 2.try_into().unwrap(),
    };
    verify(&layout, &targets, options, &|_| ())
}

pub(crate) fn mismatches(dir: &Path) -> Vec<Mismatch> {
    report(dir).mismatches
}

/// Reads the images of a layout for linux/amd64, in the order of its index.
pub(crate) fn images(dir: &Path) -> Vec<Image> {
    let layout = Layout::open(dir).unwrap();
    let read = |entry: &pullstudy_image::TaggedImage| {
        layout
            .image(&entry.descriptor, &Platform::linux_amd64())
            .unwrap()
    };
    layout.images().unwrap().iter().map(read).collect()
}

/// Returns the files of a layout that readers look at, with their bytes: the build's notes are left out.
pub(crate) fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let blobs = fs::read_dir(dir.join("blobs/sha256")).unwrap();
    let mut names: Vec<String> = blobs
        .map(|blob| {
            format!(
                "blobs/sha256/{}",
                blob.unwrap().file_name().to_str().unwrap()
            )
        })
        .collect();
    names.extend(["index.json".to_owned(), "oci-layout".to_owned()]);
    names.sort();
    names
        .into_iter()
        .map(|name| (name.clone(), fs::read(dir.join(name)).unwrap()))
        .collect()
}
