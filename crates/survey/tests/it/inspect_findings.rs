//! When what is told.

use pullstudy_image::{Compression, Digest, MediaType};
use pullstudy_survey::{Code, History, LIMITS, LimitKind, Severity};
use serde_json::json;

use crate::made::{LayerTar, Stored, codes, image, image_of, image_with, stored};

fn layer(content: &[u8]) -> Stored {
    stored(
        &LayerTar::new().file("f", content).bytes(),
        Compression::Gzip,
    )
}

/// A layer that is only claimed to be so large: nothing is read.
fn claimed(number: usize, size_bytes: u64) -> Stored {
    let mut layer = layer(number.to_string().as_bytes());
    layer.descriptor.size_bytes = size_bytes;
    layer
}

fn history(steps: usize) -> serde_json::Value {
    json!(vec![json!({"created_by": "RUN x"}); steps])
}

#[test]
fn an_ordinary_image_has_nothing_but_that_it_is_not_lazy() {
    let image = image_of(&[layer(b"a"), layer(b"b")], &history(2));
    assert_eq!(codes(&image.shallow()), ["not-lazy"]);
    assert_eq!(codes(&image.deep()), ["not-lazy"]);
    let report = image.deep();
    assert_eq!(report.platform.as_deref(), Some("linux/amd64"));
    assert_eq!(report.created.as_deref(), Some("2024-01-02T03:04:05Z"));
    assert_eq!(report.layer_rows[1].command.as_deref(), Some("RUN x"));
}

#[test]
fn steps_without_a_layer_are_passed_over() {
    let steps = json!([
        {"created_by": "ADD rootfs"},
        {"created_by": "ENV A=b", "empty_layer": true},
        {"created_by": "RUN make", "created": "2024-01-01T00:00:00Z"},
        {"created_by": "CMD sh", "empty_layer": true},
    ]);
    let report = image_of(&[layer(b"a"), layer(b"b")], &steps).shallow();
    let commands = report.layer_rows.iter().map(|row| row.command.as_deref());
    assert_eq!(
        commands.collect::<Vec<_>>(),
        [Some("ADD rootfs"), Some("RUN make")]
    );
    assert_eq!(report.history, Some(History::Matches));
}

#[test]
fn a_history_that_does_not_fit_is_told_and_not_guessed() {
    for (steps, code, kind) in [
        (3, Code::HistoryMismatch, History::Differs),
        (0, Code::NoHistory, History::Missing),
    ] {
        let report = image_of(&[layer(b"a"), layer(b"b")], &history(steps)).shallow();
        assert!(codes(&report).contains(&code.name()));
        assert_eq!(report.history, Some(kind));
        assert!(report.layer_rows.iter().all(|row| row.command.is_none()));
    }
}

#[test]
fn empty_and_duplicate_layers_keep_images_from_being_streamed() {
    let empty = stored(&[0; 1024], Compression::Gzip);
    let layers = [layer(b"a"), empty, layer(b"a")];
    let report = image_of(&layers, &history(3)).shallow();
    assert_eq!(
        codes(&report),
        ["empty-layer", "duplicate-layer", "not-lazy"]
    );
    assert_eq!(report.layer_rows[2].duplicate_of, Some(1));
    let gke = report.lazy_pulling.last().unwrap();
    assert_eq!(gke.readiness.name(), "ineligible");
    assert_eq!(gke.obstacles, ["empty-layer", "duplicate-layer"]);
}

#[test]
fn a_layer_that_only_reading_shows_to_be_empty() {
    let root = LayerTar::new().folder("./").bytes();
    let image = image_of(
        &[layer(b"a"), stored(&root, Compression::Zstd)],
        &history(2),
    );
    assert_eq!(image.shallow().layer_rows[1].empty, None);
    let report = image.deep();
    assert_eq!(report.layer_rows[1].empty, Some(true));
    assert_eq!(
        codes(&report),
        ["empty-layer", "zstd-needs-runtime", "not-lazy"]
    );
    assert_eq!(report.needs_runtimes[0].since, Some("1.5.0"));
}

#[test]
fn limits_are_told_when_they_are_passed() {
    let many: Vec<Stored> = (0..129).map(|number| claimed(number, 1)).collect();
    let report = image_of(&many, &history(129)).shallow();
    let told: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.code == Code::TooManyLayers)
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].message.starts_with("129 layers; Docker Engine"));
    assert_eq!(told[0].severity, Severity::Warning);
    let fits: Vec<Stored> = (0..125).map(|number| claimed(number, 1)).collect();
    let report = image_of(&fits, &history(125)).shallow();
    assert!(!codes(&report).contains(&"too-many-layers"));
    assert!(!codes(&report).contains(&"mount-options-too-long"));
}

#[test]
fn large_layers_are_compared_with_registries() {
    let layers = [claimed(1, 1_000), claimed(2, 10_000_000_001)];
    let report = image_of(&layers, &history(2)).shallow();
    let found = codes(&report);
    let over = found
        .iter()
        .filter(|code| **code == "layer-over-registry-limit");
    assert_eq!(over.count(), 2, "ghcr.io and Artifact Registry: {found:?}");
    assert!(found.contains(&"needs-fast-upload") && found.contains(&"fat-layer"));
    let upload = report
        .limits
        .iter()
        .find(|row| row.kind == LimitKind::UploadSeconds)
        .unwrap();
    // 10,000,000,001 bytes in 600 s.
    assert_eq!(upload.needs_bytes_per_second, Some(16_666_667));
    assert_eq!(report.limits.len(), LIMITS.len());
}

#[test]
fn what_the_media_type_hides_is_found_by_reading() {
    let mut zstd = stored(&LayerTar::new().file("f", b"x").bytes(), Compression::Zstd);
    zstd.descriptor.media_type = MediaType::ImageLayerGzip;
    let image = image_of(&[zstd], &history(1));
    assert_eq!(codes(&image.shallow()), ["not-lazy"]);
    let report = image.deep();
    assert_eq!(
        codes(&report),
        ["mislabelled-layer", "zstd-needs-runtime", "not-lazy"]
    );
    assert_eq!(report.layer_rows[0].compression, Some("zstd"));
}

#[test]
fn foreign_and_unknown_layers_are_told() {
    let types = [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
    ];
    let layers = types.map(|media_type| {
        let mut layer = layer(media_type.as_bytes());
        layer.descriptor.media_type = MediaType::from(media_type);
        layer
    });
    let report = image_of(&layers, &history(2)).shallow();
    assert_eq!(
        codes(&report),
        ["unknown-layer-type", "foreign-layer", "not-lazy"]
    );
}

#[test]
fn prepared_images_are_lazy() {
    let mut layers = [layer(b"a"), layer(b"b")];
    for layer in &mut layers {
        let key = "containerd.io/snapshot/stargz/toc.digest";
        let value = Digest::of(b"toc").to_string();
        layer.descriptor = layer.descriptor.clone().with_annotation(key, value);
    }
    let report = image_of(&layers, &history(2)).shallow();
    assert_eq!(codes(&report), [""; 0]);
    assert_eq!(report.lazy_pulling[0].readiness.name(), "ready");
}

#[test]
fn configs_that_lack_what_is_needed() {
    let layers = [layer(b"a")];
    let report = image_with(&layers, b"{}").shallow();
    assert_eq!(
        codes(&report),
        [
            "config-unusable",
            "platform-missing",
            "not-lazy",
            "no-history"
        ]
    );
    let two = [layer(b"a"), layer(b"b")];
    let of_one = image_of(&layers, &history(1));
    let config = of_one
        .layout
        .read_blob(match &of_one.subject().content {
            pullstudy_survey::SubjectContent::Image { manifest, .. } => &manifest.config,
            other => panic!("{other:?}"),
        })
        .unwrap();
    let report = image_with(&two, &config).deep();
    assert!(codes(&report).contains(&"config-mismatch"));
    assert_eq!(
        report.unpacked_bytes,
        Some(2),
        "the layers are read all the same"
    );
}

#[test]
fn wasted_megabytes_are_told_and_kilobytes_are_not() {
    let waste = |bytes: usize| {
        let tars = [
            LayerTar::new().file("x", &vec![1; bytes]).bytes(),
            LayerTar::new().file(".wh.x", b"").bytes(),
        ];
        image(&tars).deep()
    };
    assert!(!codes(&waste(999_999)).contains(&"wasted-bytes"));
    let report = waste(1_000_000);
    let told = &report.findings[0];
    assert_eq!(told.code, Code::WastedBytes);
    let message = "1000000 of 1000000 unpacked bytes are seen by no container";
    assert_eq!(told.message, message);
}
