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
