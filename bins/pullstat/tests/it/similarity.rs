//! `pullstat similarity` over archives whose images are known.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use pullstudy_image::{ArchiveWriter, Descriptor, Digest, Manifest, MediaType, TagRecord};
use serde_json::{Value, json};

use crate::events::{json, printed, pullstat, rows, said};

/// A layer: what made it, and its bytes.
pub(crate) type Layer = (&'static str, u64);

/// Two images on one base, one of which has it built anew, and one that nothing else is like.
pub(crate) const IMAGES: [(&str, &str, &[Layer]); 4] = [
    (
        "r.io/team/app",
        "1",
        &[
            ("base", 300),
            ("python", 100),
            ("app", 50),
            ("empty", 32),
            ("empty", 32),
        ],
    ),
    (
        "r.io/team/lib",
        "1",
        &[("base", 300), ("python", 100), ("lib", 10)],
    ),
    (
        "r.io/team/old",
        "1",
        &[("base", 290), ("python-again", 90), ("old", 5)],
    ),
    ("r.io/else/alone", "2", &[("alone", 1_000)]),
];

/// Writes an archive of images.
pub(crate) fn archive(folder: &Path, images: &[(&str, &str, &[Layer])]) {
    let writer = ArchiveWriter::create(folder).unwrap();
    for &(repository, tag, layers) in images {
        let repository = writer.repository(&repository.parse().unwrap()).unwrap();
        let config = config(layers);
        let descriptor = Descriptor::new(
            MediaType::ImageConfig,
            Digest::of(&config),
            config.len() as u64,
        );
        let layers: Vec<Descriptor> = layers.iter().map(descriptor_of).collect();
        let manifest = Manifest::new(&descriptor, &layers, &Default::default());
        repository
            .put_document(&Digest::of(&config), &config)
            .unwrap();
        repository
            .put_document(&manifest.digest(), manifest.raw())
            .unwrap();
        let mut record = TagRecord::new(tag);
        record.digest = Some(manifest.digest());
        repository.put_record(record).unwrap();
    }
}

/// The digest hangs on the bytes too, so that a base of other bytes is another layer.
fn descriptor_of((name, size_bytes): &Layer) -> Descriptor {
    let digest = Digest::of(format!("{name} {size_bytes}").as_bytes());
    Descriptor::new(MediaType::ImageLayerGzip, digest, *size_bytes)
}

/// The base is the file system of a distribution; what has `again` in its name was made by the same step.
fn config(layers: &[Layer]) -> Vec<u8> {
    let command = |(name, _): &Layer| match *name {
        "base" => "/bin/sh -c #(nop) ADD file:12ab in / ".to_owned(),
        name => format!("RUN /bin/sh -c make {}", name.trim_end_matches("-again")),
    };
    let history: Vec<Value> = layers
        .iter()
        .map(|layer| json!({ "created_by": command(layer) }))
        .collect();
    let diff_ids: Vec<String> = layers
        .iter()
        .map(|(name, _)| Digest::of(name.as_bytes()).to_string())
        .collect();
    let rootfs = json!({ "type": "layers", "diff_ids": diff_ids });
    let is_windows = layers.iter().any(|(name, _)| *name == "win");
    let os = if is_windows { "windows" } else { "linux" };
    let config = json!({ "os": os, "architecture": "amd64", "rootfs": rootfs, "history": history });
    serde_json::to_vec(&config).unwrap()
}

/// Runs the command over the images above.
fn similar(arguments: &[&str]) -> Value {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path(), &IMAGES);
    let folder = dir.path().to_str().unwrap();
    json(&[&["similarity", folder], arguments].concat())
}

fn close(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-12, "{value}, not {expected}");
}

#[test]
fn everything_about_all_images_is_one_object() {
    let found = similar(&[]);
    let names = [
        "r.io/else/alone:2",
        "r.io/team/app:1",
        "r.io/team/lib:1",
        "r.io/team/old:1",
    ];
    assert_eq!(found["names"], json!(names));
    for (key, expected) in [
        ("images", 4),
        ("repositories", 4),
        ("layers", 12),
        ("unique_layers", 9),
        ("total_bytes", 2_309),
        ("unique_bytes", 1_877),
        ("cluster_count", 4),
        ("not_compared", 0),
    ] {
        assert_eq!(found[key], expected, "{key}");
    }
    // Two of five layers, the empty one counted once.
    close(&found["matrix"][1][2], 0.4);
    close(&found["mean"], 0.4 / 6.0);
    close(&found["mean_with_diagonal"], 4.8 / 16.0);
    assert_eq!(found["order"].as_array().unwrap().len(), 4);
    assert_eq!(
        (&found["pairs"], &found["left_out"]),
        (&json!(null), &json!([]))
    );
}

#[test]
fn the_published_figures_have_each_image_and_itself_in_them() {
    let found = similar(&["--method", "published"]);
    close(&found["mean"], 4.8 / 16.0);
    assert_eq!(found["mean"], found["mean_with_diagonal"]);
    assert_eq!(found["sd"], found["sd_with_diagonal"]);
    assert_eq!(found["method"], "published");
}

#[test]
fn layers_are_weighed_by_their_bytes() {
    let found = similar(&["--weight", "bytes"]);
    close(&found["matrix"][1][2], 400.0 / 492.0);
    let found = similar(&["--measure", "containment"]);
    close(&found["matrix"][1][2], 2.0 / 4.0);
    close(&found["matrix"][2][1], 2.0 / 3.0);
    close(&found["mean"], (2.0 / 4.0 + 2.0 / 3.0) / 12.0);
}

#[test]
fn other_things_than_digests_are_compared() {
    let by_command = similar(&["--on", "command"]);
    // The base and what made python, of four commands.
    close(&by_command["matrix"][2][3], 0.5);
    assert_eq!(
        (&by_command["items"], &by_command["unique_items"]),
        (&json!(12), &json!(7))
    );
    let by_diff_id = similar(&["--on", "diff-id"]);
    close(&by_diff_id["matrix"][2][3], 0.2);
}

#[test]
fn one_base_is_told_from_its_copies() {
    let base = &similar(&[])["shared_base"];
    assert_eq!(
        (&base["images_with_base"], &base["bases"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(
        (&base["bases_bytes"], &base["base_bytes"]),
        (&json!(780), &json!(400))
    );
    assert_eq!(
        (&base["images_on_base"], &base["saved_bytes"]),
        (&json!(2), &json!(380))
    );
    assert_eq!(base["platforms"][0]["base"].as_array().unwrap().len(), 2);
    let on_lib = &similar(&["--base", "lib"])["shared_base"];
    assert_eq!(
        (&on_lib["base_bytes"], &on_lib["images_on_base"]),
        (&json!(410), &json!(1))
    );
}

#[test]
fn a_base_for_windows_is_none_for_linux() {
    let dir = tempfile::tempdir().unwrap();
    let images: [(&str, &str, &[Layer]); 5] = [
        ("r.io/a", "1", &[("base", 300), ("a", 1)]),
        ("r.io/b", "1", &[("base", 300), ("b", 1)]),
        ("r.io/c", "1", &[("base", 200), ("c", 1)]),
        ("r.io/w", "1", &[("win", 5_000), ("w", 1)]),
        ("r.io/x", "1", &[("win", 5_000), ("x", 1)]),
    ];
    archive(dir.path(), &images);
    let folder = dir.path().to_str().unwrap();
    let base = &json(&["similarity", folder])["shared_base"];
    let platforms = base["platforms"].as_array().unwrap();
    let told = |platform: &Value| {
        ["platform", "base_bytes", "saved_bytes"].map(|key| platform[key].to_string())
    };
    assert_eq!(told(&platforms[0]), ["\"linux/amd64\"", "300", "200"]);
    assert_eq!(told(&platforms[1]), ["\"windows/amd64\"", "5000", "0"]);
    assert_eq!((&base["saved_bytes"], platforms.len()), (&json!(200), 2));
    let on_windows = &json(&["similarity", folder, "--base", "r.io/w"])["shared_base"];
    assert_eq!(on_windows["platforms"].as_array().unwrap().len(), 1);
    let printed = printed(&pullstat(&["similarity", folder]));
    assert!(printed.contains("200 B in all, with one on each platform"));
}

#[test]
fn pictures_are_there_though_nobody_reads_the_figures() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path(), &IMAGES);
    let (plot, histogram) = (dir.path().join("p.svg"), dir.path().join("h.svg"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .arg("similarity")
        .arg(dir.path())
        .arg("--plot")
        .arg(&plot)
        .arg("--histogram")
        .arg(&histogram)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait().unwrap();
    assert!(plot.is_file() && histogram.is_file());
}

#[test]
fn clusters_are_cut_by_height_or_by_count() {
    let wide = similar(&["--cut-height", "0.7"]);
    assert_eq!(wide["cluster_count"], 3);
    let clusters = wide["clusters"].as_array().unwrap();
    assert!(clusters[1] == clusters[2] && clusters[0] != clusters[3]);
    assert_eq!(similar(&["--cut-height", "0"])["cluster_count"], 4);
    assert_eq!(similar(&["--cut-count", "1"])["cluster_count"], 1);
    for linkage in ["single", "complete", "average", "weighted", "ward"] {
        let found = similar(&["--linkage", linkage]);
        assert_eq!(
            (&found["linkage"], &found["images"]),
            (&json!(linkage), &json!(4))
        );
    }
}

#[test]
fn a_threshold_lists_pairs_instead_of_the_matrix() {
    let found = similar(&["--threshold", "0.3"]);
    assert_eq!(found["matrix"], json!(null));
    assert_eq!(found["pairs"], json!([[1, 2, 0.4]]));
    assert_eq!(similar(&["--threshold", "0.5"])["pairs"], json!([]));
    let both_ways = similar(&["--threshold", "0.3", "--measure", "containment"]);
    assert_eq!(both_ways["pairs"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_to_be_pulled_adds_up_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path(), &IMAGES);
    let folder = dir.path().to_str().unwrap();
    let to_pull = |more: &[&str]| rows(&[&["similarity", folder, "--to-pull"], more].concat());
    let images = |rows: &[Value]| -> Vec<String> {
        let names = rows
            .iter()
            .map(|row| row["image"].as_str().unwrap().to_owned());
        names.collect()
    };
    let first = to_pull(&["--order", "least-early"]);
    assert_eq!(
        images(&first),
        [
            "r.io/team/old:1",
            "r.io/team/lib:1",
            "r.io/team/app:1",
            "r.io/else/alone:2"
        ]
    );
    let app = &first[2];
    assert_eq!(
        (&app["layers"], &app["wire_bytes"]),
        (&json!(5), &json!(514))
    );
    assert_eq!(
        (&app["new_layers"], &app["new_bytes"]),
        (&json!(2), &json!(82))
    );
    let started = to_pull(&["--start", "app", "--start", "r.io/else/alone:2"]);
    assert_eq!(
        images(&started)[..3],
        ["r.io/team/app:1", "r.io/else/alone:2", "r.io/team/lib:1"]
    );
    for rows in [first, started, to_pull(&[])] {
        assert_eq!(rows.last().unwrap()["pulled_bytes"], 1_877);
        let new = rows.iter().map(|row| row["new_layers"].as_u64().unwrap());
        assert_eq!(new.sum::<u64>(), 9);
    }
}

#[test]
fn images_are_listed_by_how_alike_they_are_to_one() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path(), &IMAGES);
    let folder = dir.path().to_str().unwrap();
    let output = pullstat(&[
        "similarity",
        folder,
        "--image",
        "team/app",
        "--format",
        "json",
    ]);
    assert!(said(&output).contains("2 images with nothing in common not shown"));
    let rows: Vec<Value> = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["similarity"], &rows[0]["new_bytes"]),
        (&json!(1.0), &json!(0))
    );
    let lib = &rows[1];
    close(&lib["similarity"], 0.4);
    close(&lib["contained"], 2.0 / 3.0);
    close(&lib["containing"], 0.5);
    assert_eq!(lib["new_bytes"], 10);
}

#[test]
fn pictures_are_drawn_of_similarities_and_of_sizes() {
    let dir = tempfile::tempdir().unwrap();
    archive(&dir.path().join("archive"), &IMAGES);
    let path = |name: &str| dir.path().join(name).display().to_string();
    for kind in ["svg", "png"] {
        let (plot, histogram) = (
            path(&format!("plot.{kind}")),
            path(&format!("sizes.{kind}")),
        );
        let arguments = [
            "similarity",
            &path("archive"),
            "--plot",
            &plot,
            "--histogram",
            &histogram,
        ];
        let output = pullstat(&arguments);
        printed(&output);
        assert!(said(&output).contains(&plot) && said(&output).contains(&histogram));
        assert!(fs::metadata(histogram).unwrap().len() > 1_000);
    }
    let svg = fs::read_to_string(path("plot.svg")).unwrap();
    assert!(svg.contains("Jaccard similarity of layers, by digest") && svg.contains("team/app"));
}

#[test]
fn tables_are_for_people() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path(), &IMAGES);
    let folder = dir.path().to_str().unwrap();
    let table = |more: &[&str]| printed(&pullstat(&[&["similarity", folder], more].concat()));
    insta::assert_snapshot!("figures", table(&[]));
    insta::assert_snapshot!("to-pull", table(&["--to-pull"]));
    insta::assert_snapshot!("one-image", table(&["--image", "lib"]));
    insta::assert_snapshot!("pairs-csv", table(&["--format", "csv"]));
}

#[test]
fn help_tells_what_is_compared() {
    insta::assert_snapshot!("help", printed(&pullstat(&["similarity", "--help"])));
}
