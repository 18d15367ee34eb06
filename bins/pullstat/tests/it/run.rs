//! `pullstat run`: dry runs, mistakes, and what it says.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Output};

use pullstudy_crafter::{
    BuildIdentity, BuildOptions, LayoutSink, Method, Plan, PlanOptions, SizesFile, build,
};
use pullstudy_image::Layout;
use pullstudy_registry::{Server, ServerOptions};
use serde_json::Value;

fn run(dir: &Path, study: &str, arguments: &[&str]) -> Output {
    fs::write(dir.join("study.yaml"), study).unwrap();
    Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .current_dir(dir)
        .env("HOME", dir)
        .env_remove("KUBECONFIG")
        .args(["run", "study.yaml"])
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const STUDY: &str = "images: {references: ['a.example/x:size-1000000-bytes']}\nnodes: [4, 8]\n";

#[test]
fn a_dry_run_prints_every_step_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(
        dir.path(),
        &format!("{STUDY}repeats: 3"),
        &["--dry-run", "--format", "json"],
    );
    assert!(output.status.success(), "{}", said(&output));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row["unpacked_bytes"] == 1_000_000));
    assert!(
        said(&output).contains("6 steps, 36 pulls; nothing was done"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_sizes_file_names_the_images_and_their_bytes() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("sizes.yaml"),
        "sizes: [{total: 1MB}]\nlayers: [{exact: 3}]\nuri: localhost/study/x\n",
    )
    .unwrap();
    let output = run(
        dir.path(),
        "images: {sizes: sizes.yaml}\nnodes: 2\n",
        &["--dry-run", "--format", "json"],
    );
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (rows.len(), &rows[0]["wire_bytes"]),
        (1, &Value::from(1_000_000)),
        "{}",
        said(&output)
    );
}

/// Crafts the only image of a sizes file into a layout, and returns its name.
fn craft(sizes: &str, layout: &Path) -> String {
    let sizes = SizesFile::parse("sizes", sizes).unwrap();
    let options = PlanOptions {
        seed: 1,
        repository: "localhost/study/base".parse().unwrap(),
        method: Method::Exact,
        base: None,
    };
    let plan = Plan::new(&sizes, &options).unwrap();
    let sink = LayoutSink::open(layout, &BuildIdentity::of(&["base"]), 1).unwrap();
    let jobs = NonZeroUsize::MIN;
    let built = build(&plan, &sink, BuildOptions { jobs }, &|_| {}).unwrap();
    sink.complete().unwrap();
    let image = &built[0].reference;
    format!("{}:{}", image.repository(), image.tag_or_latest())
}

#[test]
fn a_base_in_a_layout_or_a_registry_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    let layout = dir.path().join("base");
    let base = craft("sizes: [{total: 100kB}]\nlayers: [{exact: 2}]", &layout);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let layout = Layout::open(&layout).unwrap();
        let server = Server::bind(layout, ([127, 0, 0, 1], 0).into(), ServerOptions::default());
        server.await.unwrap().spawn()
    });
    for base in [
        "oci:base".to_owned(),
        format!("{}/{base}", server.address()),
    ] {
        let sizes = format!(
            "sizes: [{{total: 400kB}}]\nlayers: [{{exact: 4}}]\nuri: localhost/study/x\nbase: {base}\n"
        );
        fs::write(dir.path().join("sizes.yaml"), sizes).unwrap();
        let output = run(
            dir.path(),
            "images: {sizes: sizes.yaml}\nnodes: 2\n",
            &["--dry-run", "--format", "json"],
        );
        assert!(output.status.success(), "{base}: {}", said(&output));
        let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (rows.len(), &rows[0]["wire_bytes"]),
            (1, &Value::from(400_000)),
            "{base}"
        );
    }
}

#[test]
fn mistakes_are_a_sentence_each() {
    let dir = tempfile::tempdir().unwrap();
    for (study, arguments, code, words) in [
        ("nodes: 4", &[][..], 2, "study.yaml, line 1: "),
        ("images: {references: [a.example/x:1]}", &[], 2, "--nodes 4"),
        (
            STUDY,
            &["--engine", "kubernetes"],
            1,
            "there is no kubeconfig at ",
        ),
        (
            STUDY,
            &["--engine", "kubernetes", "--in-cluster"],
            1,
            "this does not run inside a cluster",
        ),
        (STUDY, &["--profile", "p.json"], 2, "--dry-run"),
    ] {
        let output = run(dir.path(), study, arguments);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}

#[test]
fn a_context_that_is_not_there_is_named_with_those_that_are() {
    let dir = tempfile::tempdir().unwrap();
    let config = "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n\
         contexts: [{name: gke, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {}}]\n";
    fs::write(dir.path().join("config"), config).unwrap();
    let arguments = [
        "--engine",
        "kubernetes",
        "--kubeconfig",
        "config",
        "--context",
        "eks",
    ];
    let output = run(dir.path(), STUDY, &arguments);
    assert!(
        said(&output).contains("config has no context eks; it has gke"),
        "{}",
        said(&output)
    );
}
