//! Profiles: fitted, kept, read and asked, and what cannot be.

use pullstudy_costmodel::{
    BreakpointChoice, FitOptions, LeftOutReason, ModelFit, NodeProfile, Observation, PredictError,
    Sizes, Term, fit,
};

/// Pulls of `count` sizes: two seconds and 150 MB/s, with a little that goes up and down.
fn pulls(count: u64) -> Vec<Observation> {
    (1..=count)
        .map(|gigabytes| {
            let bytes = gigabytes * 1_000_000_000;
            let seconds = (2.0 + bytes as f64 / 150e6) * (1.0 + 0.01 * (gigabytes % 3) as f64);
            Observation::new(format!("app:{gigabytes}"), seconds).unpacked_bytes(bytes)
        })
        .collect()
}

fn fitted(pulls: &[Observation]) -> ModelFit {
    fit(pulls, &FitOptions::default()).unwrap()
}

fn unpacked(bytes: u64) -> Sizes {
    Sizes {
        unpacked_bytes: Some(bytes),
        ..Sizes::default()
    }
}

#[test]
fn too_few_pulls_say_how_many_are_needed() {
    let error = fit(&pulls(3), &FitOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("3 downloads are too few") && error.contains("at least 4 are needed"),
        "{error}"
    );
    let error = fit(&[], &FitOptions::default()).unwrap_err().to_string();
    assert!(error.contains("0 downloads are too few"), "{error}");
    let same: Vec<Observation> = (0..9)
        .map(|_| Observation::new("app", 3.0).unpacked_bytes(1_000_000_000))
        .collect();
    let error = fit(&same, &FitOptions::default()).unwrap_err().to_string();
    assert!(error.contains("at least 2 different sizes"), "{error}");
}

#[test]
fn seconds_that_cannot_be_are_named() {
    for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut pulls = pulls(6);
        pulls.push(Observation::new("odd:1", seconds).unpacked_bytes(5));
        let error = fit(&pulls, &FitOptions::default()).unwrap_err().to_string();
        assert!(error.starts_with("a pull of odd:1 took"), "{error}");
    }
}

#[test]
fn wire_and_unpacked_are_told_apart_where_they_differ() {
    // 50 MB/s on the wire and 200 MB/s unpacked, one after the other; the ratio varies.
    let pulls: Vec<Observation> = (1..=30_u64)
        .map(|at| {
            let (wire, unpacked) = (at * 100_000_000, at * 100_000_000 * (2 + at % 5));
            let seconds = 1.0 + wire as f64 / 50e6 + unpacked as f64 / 200e6;
            Observation::new(format!("app:{at}"), seconds)
                .wire_bytes(wire)
                .unpacked_bytes(unpacked)
        })
        .collect();
    let profile = fitted(&pulls).profile;
    let rate = |term| profile.bytes_per_second(term).unwrap() / 1e6;
    assert!(
        (rate(Term::WireBytes) - 50.0).abs() < 0.1,
        "{}",
        rate(Term::WireBytes)
    );
    assert!(
        (rate(Term::UnpackedBytes) - 200.0).abs() < 0.5,
        "{}",
        rate(Term::UnpackedBytes)
    );
    let sizes = Sizes {
        wire_bytes: Some(1_000_000_000),
        ..unpacked(3_000_000_000)
    };
    let prediction = profile.predict(&sizes).unwrap();
    assert!(
        (prediction.median_seconds - 36.0).abs() < 0.1,
        "{prediction:?}"
    );
    assert_eq!(prediction.bound_by, Some(Term::WireBytes));
}

/// 335 MB/s to 7 GB, then 131 MB/s, as on the study's AWS nodes.
#[test]
fn a_disks_burst_is_found_and_a_straight_line_is_left_alone() {
    let burst = |bytes: u64| {
        let (fast, slow) = (
            bytes.min(7_000_000_000),
            bytes.saturating_sub(7_000_000_000),
        );
        3.0 + fast as f64 / 335e6 + slow as f64 / 131e6
    };
    let pulls: Vec<Observation> = (1..=19_u64)
        .flat_map(|gigabytes| {
            let bytes = gigabytes * 1_000_000_000;
            let noise = [0.97, 1.0, 1.02];
            noise.map(|noise| {
                Observation::new(format!("app:{gigabytes}"), burst(bytes) * noise)
                    .unpacked_bytes(bytes)
                    .on_node(format!("node-{noise}"))
            })
        })
        .collect();
    let profile = fitted(&pulls).profile;
    let breakpoint = profile.breakpoint.as_ref().unwrap();
    assert!((breakpoint.at - 7e9).abs() < 0.4e9, "{breakpoint:?}");
    assert!((profile.bytes_per_second(Term::UnpackedBytes).unwrap() / 335e6 - 1.0).abs() < 0.06);
    assert!((profile.bytes_per_second_beyond().unwrap() / 131e6 - 1.0).abs() < 0.06);
    assert!(fitted(&self::pulls(20)).profile.breakpoint.is_none());
    let never = FitOptions {
        breakpoint: BreakpointChoice::Never,
        ..FitOptions::default()
    };
    assert!(fit(&pulls, &never).unwrap().profile.breakpoint.is_none());
}

#[test]
fn pods_of_one_node_share_a_download() {
    let mut pulls = pulls(8);
    let twin = pulls[7].clone().on_node("node-1");
    pulls[7] = twin.clone();
    pulls.push(twin);
    let fit = fitted(&pulls);
    assert_eq!(
        (fit.profile.fitted.pulls, fit.profile.fitted.observations),
        (9, 8)
    );
}

#[test]
fn what_does_not_vary_is_left_out_and_named() {
    let pulls: Vec<Observation> = pulls(9)
        .into_iter()
        .map(|pull| pull.layers(9).nodes(4))
        .collect();
    let profile = fitted(&pulls).profile;
    for term in [Term::Layers, Term::Nodes] {
        let left_out = profile
            .left_out
            .iter()
            .find(|left_out| left_out.term == term)
            .unwrap();
        assert!(
            matches!(left_out.reason, LeftOutReason::Constant { .. }),
            "{left_out:?}"
        );
    }
}

#[test]
fn a_profile_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nodes.json");
    let profile = fitted(&pulls(12)).profile;
    std::fs::write(&file, profile.to_json()).unwrap();
    let read = NodeProfile::read(&file).unwrap();
    assert_eq!(read, profile);
}

#[test]
fn what_is_no_profile_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nodes.json");
    let good = fitted(&pulls(12)).profile.to_json();
    let rate = "\"seconds_per_unit\": ";
    for (text, part) in [
        ("{", "is no node profile"),
        ("{}", "is no node profile"),
        ("[1]", "is no node profile"),
        (
            &good.replace("\"format_version\": 1", "\"format_version\": 2"),
            "has format_version 2",
        ),
        (
            &good.replacen(rate, "\"seconds_per_unit\": -", 1),
            "rates are positive and finite",
        ),
        (
            &good.replacen("\"clock\"", "\"clok\"", 1),
            "is no node profile",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = NodeProfile::read(&file).unwrap_err().to_string();
        assert!(
            error.contains(part) && error.contains("nodes.json"),
            "{error}"
        );
    }
    let error = NodeProfile::read(folder.path().join("none.json"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("none.json"), "{error}");
}

#[test]
fn predictions_say_what_they_do_not_know() {
    let profile = fitted(&pulls(12)).profile;
    let error = profile.predict(&Sizes::default()).unwrap_err();
    assert!(
        matches!(
            error,
            PredictError::Unknown {
                term: Term::UnpackedBytes,
                ..
            }
        ),
        "{error}"
    );
    let none = Sizes {
        nodes: Some(0),
        ..unpacked(1)
    };
    assert_eq!(profile.predict(&none), Err(PredictError::NoNodes));
    let far = profile.predict(&unpacked(50_000_000_000)).unwrap();
    assert_eq!(far.extrapolated[0].term, Term::UnpackedBytes);
    let with_wire = Sizes {
        wire_bytes: Some(7),
        ..unpacked(3_000_000_000)
    };
    assert_eq!(
        profile.predict(&with_wire).unwrap().ignored,
        [Term::WireBytes]
    );
    let larger = profile.predict(&unpacked(4_000_000_000)).unwrap();
    let smaller = profile.predict(&unpacked(3_000_000_000)).unwrap();
    assert!(larger.median_seconds > smaller.median_seconds);
    assert!(
        smaller.p5_seconds <= smaller.median_seconds
            && smaller.median_seconds <= smaller.p95_seconds
    );
}

/// A cluster's own images tell only what they are on the wire; a line for all would have to do without unpacked bytes.
#[test]
fn pulls_that_do_not_tell_the_sizes_of_the_others_are_left_out() {
    let study = pulls(6)
        .into_iter()
        .map(|pull| pull.wire_bytes(1).layers(9));
    let own = (1..=20_u64).map(|at| {
        Observation::new(format!("own:{at}"), 30.0 / at as f64).wire_bytes(at * 10_000_000)
    });
    let all: Vec<Observation> = study.chain(own).collect();
    let profile = fitted(&all).profile;
    assert_eq!(
        (profile.fitted.pulls, profile.fitted.left_out_pulls),
        (6, 20)
    );
    assert!((profile.bytes_per_second(Term::UnpackedBytes).unwrap() / 150e6 - 1.0).abs() < 0.05);
    let by_wire = FitOptions {
        terms: Some(vec![Term::WireBytes]),
        ..FitOptions::default()
    };
    let profile = fit(&all, &by_wire).unwrap().profile;
    assert_eq!(
        (profile.fitted.pulls, profile.fitted.left_out_pulls),
        (26, 0)
    );
    let by_files = FitOptions {
        terms: Some(vec![Term::Files, Term::WireBytes]),
        ..FitOptions::default()
    };
    let error = fit(&all, &by_files).unwrap_err().to_string();
    assert!(
        error.contains("none of 26 pulls tells all of files, wire_bytes"),
        "{error}"
    );
}

/// With three images, a base, bytes and layers would go through whatever they took.
#[test]
fn few_images_tell_few_terms() {
    let pulls: Vec<Observation> = [(1, 5, 9.0), (2, 9, 19.0), (4, 3, 33.0)]
        .into_iter()
        .flat_map(|(gigabytes, layers, seconds)| {
            [0.98, 1.0, 1.02].map(|error| {
                Observation::new(format!("app:{gigabytes}"), seconds * error)
                    .unpacked_bytes(gigabytes * 1_000_000_000)
                    .layers(layers)
            })
        })
        .collect();
    let profile = fitted(&pulls).profile;
    let layers = profile
        .left_out
        .iter()
        .find(|left_out| left_out.term == Term::Layers);
    assert!(
        matches!(
            layers.unwrap().reason,
            LeftOutReason::FewValues {
                distinct: 3,
                needed: 4,
                ..
            }
        ),
        "{layers:?}"
    );
}

/// No two of them go along with each other, and yet each follows from the others.
#[test]
fn what_follows_from_several_terms_is_left_out() {
    let pulls: Vec<Observation> = (1..=12_u64)
        .map(|at| {
            let (unpacked, wire) = (at * 400_000_000, (at * 5 % 12 + 1) * 300_000_000);
            let layers = (unpacked + wire) / 100_000_000;
            Observation::new(format!("app:{at}"), at as f64)
                .unpacked_bytes(unpacked)
                .wire_bytes(wire)
                .layers(layers as u32)
        })
        .collect();
    let profile = fitted(&pulls).profile;
    let layers = profile
        .left_out
        .iter()
        .find(|left_out| left_out.term == Term::Layers);
    assert!(
        matches!(layers.unwrap().reason, LeftOutReason::Collinear(_)),
        "{layers:?}"
    );
}

#[test]
fn an_image_that_was_measured_counts_for_itself() {
    let mut pulls: Vec<Observation> = Vec::new();
    for node in ["a", "b", "c", "d"] {
        pulls.extend(self::pulls(8).into_iter().map(|pull| pull.on_node(node)));
    }
    for pull in pulls.iter_mut().filter(|pull| pull.image == "app:4") {
        pull.seconds *= 1.4;
    }
    let profile = fitted(&pulls).profile;
    let own = profile
        .predict_image("app:4", &unpacked(4_000_000_000))
        .unwrap();
    let truth = 1.4 * 1.01 * (2.0 + 4e9 / 150e6);
    assert!((own.median_seconds / truth - 1.0).abs() < 0.02, "{own:?}");
    assert_eq!(own.measured.unwrap().downloads, 4);
    // Of the size of none that was measured, and as large as a part of one.
    for bytes in [4_200_000_000, 1_700_000_000] {
        let other = profile.predict_image("app:4", &unpacked(bytes)).unwrap();
        assert!(other.measured.is_none());
        let line = 2.0 + bytes as f64 / 150e6;
        assert!((other.median_seconds / line - 1.0).abs() < 0.1, "{other:?}");
    }
}

#[test]
fn wire_bytes_stand_for_unpacked_ones_that_went_along_with_them() {
    let pulls: Vec<Observation> = pulls(8)
        .into_iter()
        .map(|pull| {
            let bytes = pull.unpacked_bytes.unwrap();
            pull.wire_bytes(2_000_000 + bytes / 1000)
        })
        .collect();
    let profile = fitted(&pulls).profile;
    let wire = |bytes| Sizes {
        wire_bytes: Some(bytes),
        ..Sizes::default()
    };
    let from_wire = profile.predict(&wire(5_500_000)).unwrap();
    let from_unpacked = profile.predict(&unpacked(3_500_000_000)).unwrap();
    assert_eq!(from_wire.derived[0].term, Term::UnpackedBytes);
    assert_eq!(from_wire.derived[0].from, Term::WireBytes);
    assert!((from_wire.median_seconds / from_unpacked.median_seconds - 1.0).abs() < 1e-6);
    assert!(from_wire.ignored.is_empty());
    // Nothing of the kind was measured: it may be an image that hardly compresses.
    assert!(profile.predict(&wire(3_500_000_000)).is_err());
}

#[test]
fn downloads_of_one_node_may_be_several() {
    let twice = pulls(6).into_iter().flat_map(|pull| {
        let pull = pull.on_node("a");
        [pull.clone(), pull.in_download(1)]
    });
    let profile = fitted(&twice.collect::<Vec<_>>()).profile;
    assert_eq!(profile.fitted.observations, 12);
}

/// gzip at 100 MB/s and zstd at 250, in images of both.
#[test]
fn zstd_is_told_from_gzip() {
    let pulls: Vec<Observation> = (1..=24_u64)
        .map(|at| {
            let (gzip, zstd) = (at * 100_000_000, (at * 7 % 24) * 90_000_000);
            let seconds = 1.0 + gzip as f64 / 100e6 + zstd as f64 / 250e6;
            let error = 1.0 + 0.005 * (at % 3) as f64;
            let mut pull =
                Observation::new(format!("app:{at}"), seconds * error).unpacked_bytes(gzip + zstd);
            pull.zstd_bytes = Some(zstd);
            pull
        })
        .collect();
    let profile = fitted(&pulls).profile;
    let slope = |term| profile.term(term).unwrap().seconds_per_unit;
    assert!(
        (slope(Term::UnpackedBytes) * 100e6 - 1.0).abs() < 0.02,
        "{profile:?}"
    );
    let zstd = slope(Term::UnpackedBytes) + slope(Term::ZstdBytes);
    assert!((zstd * 250e6 - 1.0).abs() < 0.05, "{zstd}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nodes.json");
    std::fs::write(&file, profile.to_json()).unwrap();
    let read = NodeProfile::read(&file).unwrap();
    let sizes = Sizes {
        zstd_bytes: Some(1_000_000_000),
        ..unpacked(1_000_000_000)
    };
    assert!((read.predict(&sizes).unwrap().median_seconds - 5.0).abs() < 0.2);
}

#[test]
fn a_measured_image_brings_its_sizes() {
    let profile = fitted(&pulls(8)).profile;
    let sizes = profile.measured_sizes("app:3").unwrap();
    assert_eq!(sizes, unpacked(3_000_000_000));
    assert!(profile.measured_sizes("app:99").is_none());
}

/// The last digit of some rates was another one after reading. Found by the fuzz target profile.
#[test]
fn a_profile_is_read_to_the_last_digit() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("profile.json");
    let mut profile = fitted(&pulls(12)).profile;
    for rate in [1.570_723_414_348_703_5e-9, 0.976_217_484_699_762_1] {
        profile.terms[0].seconds_per_unit = rate;
        std::fs::write(&file, profile.to_json()).unwrap();
        assert_eq!(NodeProfile::read(&file).unwrap(), profile);
    }
}
