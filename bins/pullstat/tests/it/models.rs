//! `fit` and `predict` from outside.

use serde_json::Value;

use crate::events::{printed, pullstat, said};

/// Pulls of six sizes on two nodes each: one second and 100 MB/s of what the tag names.
fn log(folder: &std::path::Path) -> String {
    let mut lines = Vec::new();
    for size in 1..=6_u64 {
        for node in ["a", "b"] {
            let image = format!("r.io/chonks:9-layers-size-{}-bytes", size * 1_000_000_000);
            let seconds = 1 + size * 10;
            let event = |uid: String, reason: &str, message: String| {
                serde_json::json!({
                    "metadata": {"name": format!("p{size}{node}.1"), "uid": uid},
                    "reason": reason, "message": message,
                    "firstTimestamp": "2024-11-10T06:09:14Z", "lastTimestamp": "2024-11-10T06:09:14Z",
                    "source": {"component": "kubelet", "host": node},
                    "involvedObject": {"kind": "Pod", "name": format!("p{size}{node}"), "namespace": "default",
                        "uid": format!("pod-{size}-{node}"), "fieldPath": "spec.containers{app}"},
                })
                .to_string()
            };
            let pulling = format!("Pulling image \"{image}\"");
            let pulled = format!(
                "Successfully pulled image \"{image}\" in {seconds}s ({seconds}s including waiting). Image size: {} bytes.",
                size * 1_000_000
            );
            lines.push(event(format!("a{size}{node}"), "Pulling", pulling));
            lines.push(event(format!("b{size}{node}"), "Pulled", pulled));
        }
    }
    let path = folder.join("run1/4");
    std::fs::create_dir_all(&path).unwrap();
    let file = path.join("events-1.json");
    std::fs::write(&file, lines.join("\n")).unwrap();
    file.display().to_string()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(&pullstat(arguments))).unwrap()
}

#[test]
fn help_says_what_each_command_does() {
    for command in ["fit", "predict", "simulate"] {
        let help = printed(&pullstat(&[command, "--help"]));
        assert!(help.contains("Example"), "{command} has an example");
        assert!(help.contains("Exit codes: 0 done, 1 failed, 2 wrong usage"));
        insta::assert_snapshot!(command, help);
    }
}

#[test]
fn a_profile_is_fitted_kept_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (log, profile) = (
        log(folder.path()),
        folder.path().join("run1.json").display().to_string(),
    );
    let fitted = json(&[
        "fit",
        &log,
        "-o",
        &profile,
        "--format",
        "json",
        "--runtime",
        "containerd://1.7",
    ]);
    let terms = &fitted["profile"]["terms"];
    assert_eq!(terms[1]["term"], "unpacked_bytes");
    assert!((terms[1]["seconds_per_unit"].as_f64().unwrap() - 1e-8).abs() < 1e-11);
    assert_eq!(fitted["observations"].as_array().unwrap().len(), 12);
    let row = &json(&[
        "predict",
        "--profile",
        &profile,
        "--unpacked-bytes",
        "3.5GB",
        "--nodes",
        "10",
        "--machine",
        "n1-standard-16",
        "--format",
        "json",
    ])[0];
    for key in [
        "image",
        "nodes",
        "wire_bytes",
        "unpacked_bytes",
        "layers",
        "median_seconds",
        "p5_seconds",
        "p95_seconds",
        "cost_usd",
        "bound_by",
    ] {
        assert!(row.get(key).is_some(), "{key} of {row}");
    }
    assert!(
        (row["median_seconds"].as_f64().unwrap() - 36.0).abs() < 0.01,
        "{row}"
    );
    assert!(
        (row["cost_usd"].as_f64().unwrap() - 360.0 / 3600.0 * 0.76).abs() < 1e-4,
        "{row}"
    );
    assert_eq!(row["bound_by"], "unpacked_bytes");
}

#[test]
fn a_profile_can_be_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let profile = folder.path().join("run1.json").display().to_string();
    printed(&pullstat(&["fit", &log, "-o", &profile]));
    let image = ["--wire-bytes", "1MB", "--unpacked-bytes", "6GB"];
    let rest = ["--layers", "1", "--nodes", "1", "--format", "json"];
    let with_profile = ["simulate", "--profile", &profile];
    let simulated = json(&[&with_profile[..], &image, &rest].concat());
    // 6 GB at the 100 MB/s that the pulls of the log tell, and moments for the registry.
    let seconds = simulated["rows"][0]["median_seconds"].as_f64().unwrap();
    assert!((60.0..61.5).contains(&seconds), "{seconds}");
}

#[test]
fn what_cannot_be_fitted_or_predicted_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (log, profile) = (
        log(folder.path()),
        folder.path().join("run1.json").display().to_string(),
    );
    let few = said(&pullstat(&[
        "fit",
        &log,
        "-o",
        &profile,
        "--image",
        "size-1000000000-",
    ]));
    assert!(
        few.contains("downloads are too few") && few.contains("at least 4 are needed"),
        "{few}"
    );
    assert!(!std::path::Path::new(&profile).exists());
    let fit = pullstat(&["fit", &log, "-o", &profile, "--runtime", "containerd://1.7"]);
    let told = said(&fit);
    assert!(
        told.contains("wire_bytes goes along with unpacked_bytes (r = 1.000000)"),
        "{told}"
    );
    for (arguments, part) in [
        (
            vec!["--wire-bytes", "3GB"],
            "goes by unpacked_bytes, which is not known of the image",
        ),
        (
            vec!["--unpacked-bytes", "3GB", "--nodes", "0"],
            "0 nodes pull nothing",
        ),
        (
            vec!["--unpacked-bytes", "3GB", "--runtime", "cri-o://1.30"],
            "fitted on containerd://1.7",
        ),
        (
            vec!["--unpacked-bytes", "3GB", "--machine", "n1-standard-17"],
            "n1-standard-16",
        ),
        (vec!["--unpacked-bytes=-3"], "negative"),
    ] {
        let mut all = vec!["predict", "--profile", &profile];
        all.extend(&arguments);
        let output = pullstat(&all);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            said(&output).contains(part),
            "{arguments:?}: {}",
            said(&output)
        );
    }
}

/// What `crafter build --format json` prints, as far as it is read.
fn sizes(folder: &std::path::Path) -> String {
    let images: Vec<Value> = (1..=6_u64)
        .map(|size| {
            serde_json::json!({
                "reference": format!("localhost:5000/chonks:9-layers-size-{}-bytes", size * 1_000_000_000),
                "wire_bytes": (size * 7 % 6 + 1) * 300_000_000, "unpacked_bytes": size * 1_000_000_000, "layers": 9,
                "compression": "zstd", "seed": 1,
            })
        })
        .collect();
    let file = folder.join("sizes.json");
    std::fs::write(&file, serde_json::to_string(&images).unwrap()).unwrap();
    file.display().to_string()
}

#[test]
fn sizes_of_a_file_go_before_those_of_messages() {
    let folder = tempfile::tempdir().unwrap();
    let (log, profile) = (
        log(folder.path()),
        folder.path().join("run1.json").display().to_string(),
    );
    let sizes = sizes(folder.path());
    let fitted = json(&[
        "fit", &log, "-o", &profile, "--sizes", &sizes, "--format", "json",
    ]);
    assert_eq!(fitted["profile"]["terms"][2]["term"], "wire_bytes");
    assert_eq!(fitted["observations"][0]["wire_bytes"], 600_000_000);
    let row = &json(&[
        "predict",
        "ghcr.io/mirror/chonks:9-layers-size-2000000000-bytes",
        "--profile",
        &profile,
        "--sizes",
        &sizes,
        "--format",
        "json",
    ])[0];
    assert_eq!(
        (&row["wire_bytes"], &row["layers"]),
        (&Value::from(900_000_000), &Value::from(9))
    );
    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "{").unwrap();
    let broken = broken.display().to_string();
    let told = said(&pullstat(&[
        "fit", &log, "-o", &profile, "--sizes", &broken,
    ]));
    assert!(
        told.contains("--sizes") && told.contains("crafter build"),
        "{told}"
    );
}

/// An image that no archive and no tag tells of, and that was measured.
#[test]
fn measured_images_are_known_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let (log, profile) = (
        log(folder.path()),
        folder.path().join("run1.json").display().to_string(),
    );
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(
        &log,
        text.replace("chonks:9-layers-size-", "app:")
            .replace("-bytes", ""),
    )
    .unwrap();
    let fitted = pullstat(&["fit", &log, "-o", &profile]);
    assert!(said(&fitted).contains("run1.json"));
    let row = &json(&[
        "predict",
        "r.io/app:3000000000",
        "--profile",
        &profile,
        "--format",
        "json",
    ])[0];
    assert_eq!(
        (&row["wire_bytes"], &row["measured_downloads"]),
        (&Value::from(3_000_000), &Value::from(2))
    );
    assert!(
        (row["median_seconds"].as_f64().unwrap() - 31.0).abs() < 0.01,
        "{row}"
    );
    let told = said(&pullstat(&["predict", "r.io/app:9", "--profile", &profile]));
    assert!(
        told.contains("goes by wire_bytes, which is not known"),
        "{told}"
    );
}

/// The cluster's own images stand in the same logs, and tell only what they are on the wire.
#[test]
fn other_images_of_a_log_are_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let (log, profile) = (
        log(folder.path()),
        folder.path().join("run1.json").display().to_string(),
    );
    let text = std::fs::read_to_string(&log).unwrap();
    let own = text
        .replace("chonks:9-layers-size-1000000000-bytes", "gke/own:1")
        .replace("(11s including waiting)", "(95s including waiting)");
    let own: String = own
        .lines()
        .take(4)
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\"p1", "\"own")
        .replace("pod-1", "pod-own")
        .replace("\"uid\":\"a", "\"uid\":\"c")
        .replace("\"uid\":\"b", "\"uid\":\"d");
    std::fs::write(&log, format!("{text}\n{own}")).unwrap();
    let fitted = pullstat(&["fit", &log, "-o", &profile]);
    let told = said(&fitted);
    assert!(
        told.contains("2 pulls left out that do not tell unpacked_bytes as the others do"),
        "{told}"
    );
    let row = &json(&[
        "predict",
        "--profile",
        &profile,
        "--unpacked-bytes",
        "3.5GB",
        "--format",
        "json",
    ])[0];
    assert!(
        (row["median_seconds"].as_f64().unwrap() - 36.0).abs() < 0.01,
        "{row}"
    );
    let all = pullstat(&["fit", &log, "-o", &profile, "--terms", "wire_bytes"]);
    assert!(!said(&all).contains("left out that"), "{}", said(&all));
}

#[test]
fn runtime_and_machine_are_those_of_the_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let (log, profile) = (
        log(folder.path()),
        folder.path().join("run1.json").display().to_string(),
    );
    let node = |name: &str, runtime: &str| {
        serde_json::json!({
            "metadata": {"name": name, "labels": {"node.kubernetes.io/instance-type": "n1-standard-16"}},
            "status": {"nodeInfo": {"containerRuntimeVersion": runtime}},
        })
    };
    let nodes = std::path::Path::new(&log).with_file_name("nodes-4.json");
    let list = |items: [Value; 2]| serde_json::json!({"kind": "List", "items": items}).to_string();
    let same = [
        node("a", "containerd://1.7.22"),
        node("b", "containerd://1.7.22"),
    ];
    std::fs::write(&nodes, list(same)).unwrap();
    let run = folder.path().join("run1").display().to_string();
    let fitted = &json(&["fit", &run, "-o", &profile, "--format", "json"])["profile"];
    assert_eq!(
        (&fitted["runtime"], &fitted["machine"]),
        (
            &Value::from("containerd://1.7.22"),
            &Value::from("n1-standard-16")
        )
    );
    let mixed = [
        node("a", "containerd://1.7.22"),
        node("b", "cri-o://1.30.1"),
    ];
    std::fs::write(&nodes, list(mixed)).unwrap();
    let told = said(&pullstat(&["fit", &run, "-o", &profile]));
    assert!(
        told.contains(
            "nodes of several kinds are fitted together (containerd://1.7.22, cri-o://1.30.1)"
        ),
        "{told}"
    );
}
