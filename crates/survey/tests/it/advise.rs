//! Advice over sets of images whose savings were worked out by hand.

use proptest::prelude::*;
use pullstudy_image::{
    Archive, ArchiveWriter, Descriptor, DiffId, Digest, Manifest, MediaType, StepsWanted, TagRecord,
};
use pullstudy_survey::{
    Advice, AdviceKind, AdviseOptions, Advised, Certainty, Collection, CollectionOptions, advise,
};
use serde_json::json;

const MB: u64 = 1_000_000;

const EMPTY: &str = "sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1";

/// A step of an image's making, with a layer or without one.
#[derive(Clone, Debug)]
struct Step {
    command: String,
    layer: Option<Layer>,
}

/// A layer: what its bytes and its contents are known by, and its size.
#[derive(Clone, Debug)]
struct Layer {
    stored: String,
    contents: String,
    size_bytes: u64,
}

/// A step with a layer of contents of its own.
fn step(command: &str, layer: &str, size_bytes: u64) -> Step {
    compressed(command, layer, layer, size_bytes)
}

fn compressed(command: &str, stored: &str, contents: &str, size_bytes: u64) -> Step {
    let layer = Layer {
        stored: stored.to_owned(),
        contents: contents.to_owned(),
        size_bytes,
    };
    Step {
        command: command.to_owned(),
        layer: Some(layer),
    }
}

fn setting(command: &str) -> Step {
    Step {
        command: command.to_owned(),
        layer: None,
    }
}

fn base() -> Step {
    step("ADD rootfs.tar.xz / # buildkit", "base", 30 * MB)
}

fn digest(stored: &str) -> Digest {
    stored
        .parse()
        .unwrap_or_else(|_| Digest::of(stored.as_bytes()))
}

/// Writes images into an archive and reads them again.
fn collection(images: &[Vec<Step>]) -> Collection {
    collection_with(images, StepsWanted::All)
}

fn collection_with(images: &[Vec<Step>], steps: StepsWanted) -> Collection {
    collection_for(images, &["amd64"], steps)
}

/// The architectures take turns.
fn collection_for(images: &[Vec<Step>], architectures: &[&str], steps: StepsWanted) -> Collection {
    let dir = tempfile::tempdir().unwrap();
    let writer = ArchiveWriter::create(dir.path()).unwrap();
    for (number, steps) in images.iter().enumerate() {
        let name = format!("example.org/image{number:04}").parse().unwrap();
        let repository = writer.repository(&name).unwrap();
        let layers: Vec<&Layer> = steps
            .iter()
            .filter_map(|step| step.layer.as_ref())
            .collect();
        let diff_id = |layer: &&Layer| DiffId::of(layer.contents.as_bytes()).to_string();
        let config = json!({
            "os": "linux",
            "architecture": architectures[number % architectures.len()],
            "rootfs": { "type": "layers", "diff_ids": layers.iter().map(diff_id).collect::<Vec<_>>() },
            "history": steps.iter().map(|step| {
                json!({ "created_by": step.command, "empty_layer": step.layer.is_none() })
            }).collect::<Vec<_>>(),
        });
        let config = config.to_string().into_bytes();
        let descriptor = Descriptor::new(
            MediaType::ImageConfig,
            Digest::of(&config),
            config.len() as u64,
        );
        let described = layers.iter().map(|layer| {
            Descriptor::new(
                MediaType::ImageLayerGzip,
                digest(&layer.stored),
                layer.size_bytes,
            )
        });
        let manifest = Manifest::new(
            &descriptor,
            &described.collect::<Vec<_>>(),
            &Default::default(),
        );
        repository
            .put_document(&Digest::of(&config), &config)
            .unwrap();
        repository
            .put_document(&manifest.digest(), manifest.raw())
            .unwrap();
        let mut record = TagRecord::new("1");
        record.digest = Some(manifest.digest());
        repository.put_record(record).unwrap();
    }
    let mut options = CollectionOptions::default();
    options.steps = steps;
    let collection = Collection::read(&Archive::open(dir.path()).unwrap(), &options);
    assert_eq!(
        collection.len(),
        images.len(),
        "{:?}",
        collection.left_out()
    );
    collection
}

fn advised(images: &[Vec<Step>]) -> Advised {
    advise(&collection(images), &AdviseOptions::default())
}

fn of(advised: &Advised, kind: AdviceKind) -> Vec<&Advice> {
    let advice = advised.advice.iter();
    advice.filter(|advice| advice.kind == kind).collect()
}

fn kinds(advised: &Advised) -> Vec<AdviceKind> {
    advised.advice.iter().map(|advice| advice.kind).collect()
}

#[test]
fn images_that_share_all_they_can_need_no_advice() {
    let with = |last: &str| {
        vec![
            base(),
            step("RUN /bin/sh -c make # buildkit", last, 20 * MB),
        ]
    };
    let images = [with("one"), with("one")];
    let advised = advised(&images);
    assert_eq!(kinds(&advised), []);
    assert_eq!(
        (advised.now.pulled_bytes, advised.now.pulled_layers),
        (50 * MB, 2)
    );
    assert_eq!(
        (advised.now.apart_bytes, advised.now.apart_layers),
        (100 * MB, 4)
    );
    assert_eq!(advised.now, advised.then);
}

#[test]
fn empty_layers_are_dropped() {
    let empty = compressed("WORKDIR /opt", EMPTY, "zeros", 32);
    let advised = advised(&[
        vec![base(), empty.clone(), empty.clone()],
        vec![base(), empty],
    ]);
    assert_eq!(kinds(&advised), [AdviceKind::DropEmpty]);
    let advice = &advised.advice[0];
    assert_eq!(
        (advice.saved_bytes(), advice.layers_now, advice.layers_then),
        (32, 2, 0)
    );
    assert_eq!(advised.then.pulled_bytes, 30 * MB);
    assert_eq!(advised.then, advised.then_exact);
}

#[test]
fn what_was_compressed_apart_is_shared_exactly() {
    let copy = |stored: &str, size| compressed("COPY /a /a # buildkit", stored, "a", size);
    let advised = advised(&[
        vec![base(), copy("x", 9 * MB)],
        vec![base(), copy("y", 7 * MB)],
        vec![base(), copy("z", 8 * MB)],
    ]);
    assert_eq!(kinds(&advised), [AdviceKind::ShareContents]);
    let advice = &advised.advice[0];
    assert_eq!((advice.bytes_now, advice.bytes_then), (24 * MB, 7 * MB));
    assert_eq!(advice.kind.certainty(), Certainty::Exact);
    assert_eq!(advised.then_exact.pulled_bytes, 37 * MB);
}

#[test]
fn the_same_steps_are_built_once() {
    let image = |n: u64| {
        vec![
            base(),
            setting("ENV A=1"),
            step(
                "RUN /bin/sh -c make # buildkit",
                &format!("make{n}"),
                (10 + n) * MB,
            ),
            setting(&format!("LABEL build={n}")),
            step(
                "RUN /bin/sh -c make install # buildkit",
                &format!("install{n}"),
                5 * MB,
            ),
        ]
    };
    let advised = advised(&[image(0), image(1), image(2)]);
    assert_eq!(
        kinds(&advised),
        [AdviceKind::BuildOnce, AdviceKind::BuildOnce]
    );
    // Of 10, 11 and 12 MB the largest stays.
    assert_eq!(advised.advice[0].saved_bytes(), 21 * MB);
    assert_eq!(advised.advice[1].saved_bytes(), 10 * MB);
    assert_eq!(advised.then.pulled_bytes, (30 + 12 + 5) * MB);
    assert_eq!(advised.then_exact.pulled_bytes, advised.now.pulled_bytes);
}

#[test]
fn another_setting_or_copied_file_makes_other_steps() {
    let make = |layer: &str| step("RUN /bin/sh -c make # buildkit", layer, 10 * MB);
    let settings = |n: u64| {
        vec![
            base(),
            setting(&format!("ENV A={n}")),
            make(&format!("make{n}")),
        ]
    };
    let by_setting = advised(&[settings(0), settings(1)]);
    assert_eq!(kinds(&by_setting), [AdviceKind::Reorder], "{by_setting:?}");
    let files = |n: u64| {
        vec![
            base(),
            step("COPY . /src # buildkit", &format!("files{n}"), 2 * MB),
            make(&format!("make{n}")),
        ]
    };
    let by_file = advised(&[files(0), files(1)]);
    assert_eq!(kinds(&by_file), [], "it may need the files");
    assert_eq!(by_file.unadvised_bytes, 10 * MB);
}

#[test]
fn a_copy_that_tells_its_contents_is_the_same() {
    let hash = "0123456789abcdef".repeat(4);
    let copy = |layer: &str| {
        step(
            &format!("/bin/sh -c #(nop) COPY file:{hash} in / "),
            layer,
            4 * MB,
        )
    };
    let advised = advised(&[vec![base(), copy("a")], vec![base(), copy("b")]]);
    assert_eq!(kinds(&advised), [AdviceKind::BuildOnce]);
}

#[test]
fn installations_go_before_what_is_copied() {
    let install = "RUN /bin/sh -c apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/* # buildkit";
    let image = |n: u64| {
        vec![
            base(),
            step("COPY /app /app # buildkit", &format!("app{n}"), 3 * MB),
            step(install, &format!("install{n}"), (40 + n) * MB),
        ]
    };
    let advised = advised(&[image(0), image(1)]);
    let reorder = of(&advised, AdviceKind::Reorder);
    assert_eq!(reorder.len(), 1);
    assert_eq!(
        (reorder[0].bytes_now, reorder[0].bytes_then),
        (81 * MB, 41 * MB)
    );
    assert_eq!(reorder[0].images, [0, 1]);
    assert_eq!(reorder[0].kind.certainty(), Certainty::UpperBound);
    assert_eq!(
        advised.now.pulled_bytes - advised.then.pulled_bytes,
        40 * MB
    );
}

#[test]
fn layers_of_quite_other_sizes_are_something_else() {
    let image = |n: u64, size| {
        vec![
            base(),
            step("RUN /bin/sh -c make # buildkit", &format!("make{n}"), size),
        ]
    };
    let images = [image(0, 40 * MB), image(1, 20 * MB), image(2, 19 * MB)];
    let advised = advised(&images);
    assert_eq!(kinds(&advised), [AdviceKind::BuildOnce]);
    assert_eq!(advised.advice[0].saved_bytes(), 20 * MB);
    assert_eq!(advised.advice[0].images, [0, 1]);
}

#[test]
fn contents_that_an_image_has_twice_are_pulled_once() {
    let copy = |stored: &str| compressed("COPY /a /a # buildkit", stored, "a", 8 * MB);
    let advised = advised(&[vec![base(), copy("x"), copy("y")]]);
    assert_eq!(kinds(&advised), [AdviceKind::ShareContents]);
    assert_eq!(
        (advised.advice[0].layers_now, advised.advice[0].layers_then),
        (2, 1)
    );
    assert_eq!(
        (advised.then.pulled_layers, advised.then.apart_layers),
        (2, 2)
    );
}

#[test]
fn other_bases_share_nothing() {
    let install = "RUN /bin/sh -c apt-get update # buildkit";
    let image = |n: u64| {
        vec![
            step(
                "ADD rootfs.tar.xz / # buildkit",
                &format!("base{n}"),
                30 * MB,
            ),
            step(install, &format!("install{n}"), 40 * MB),
        ]
    };
    assert_eq!(kinds(&advised(&[image(0), image(1)])), []);
}

#[test]
fn a_command_that_an_image_has_twice_is_not_one() {
    let update = |layer: &str| step("RUN /bin/sh -c apt-get update # buildkit", layer, 40 * MB);
    let other = |n: u64| step("COPY . . # buildkit", &format!("files{n}"), MB);
    let advised = advised(&[
        vec![base(), other(0), update("a"), other(1), update("b")],
        vec![base(), other(2), update("b")],
    ]);
    assert_eq!(of(&advised, AdviceKind::Reorder), Vec::<&Advice>::new());
}

#[test]
fn small_layers_that_are_always_together_become_one() {
    let small = |name: &str| step("COPY a b # buildkit", name, 1_000);
    let advised = advised(&[
        vec![base(), small("a"), small("b"), small("c"), small("d")],
        vec![base(), small("a"), small("b"), small("c")],
    ]);
    assert_eq!(kinds(&advised), [AdviceKind::Merge]);
    let advice = &advised.advice[0];
    assert_eq!(
        (advice.layers.len(), advice.layers_now, advice.layers_then),
        (3, 6, 2)
    );
    assert_eq!(advice.saved_bytes(), 0);
    assert_eq!(
        (advised.now.pulled_layers, advised.then.pulled_layers),
        (5, 3)
    );
    assert_eq!(advised.now.pulled_bytes, advised.then.pulled_bytes);
}

#[test]
fn merged_layers_stay_small() {
    let layers = (0..150).map(|n| step("COPY a b # buildkit", &format!("part{n}"), 900_000));
    let image: Vec<Step> = std::iter::once(base()).chain(layers).collect();
    let advised = advised(&[image]);
    let merges = of(&advised, AdviceKind::Merge);
    // Five of 0.9 MB are 4.5 MB.
    assert_eq!(merges.len(), 30);
    assert!(merges.iter().all(|advice| advice.layers.len() == 5));
    assert_eq!(of(&advised, AdviceKind::Split), Vec::<&Advice>::new());
}

#[test]
fn the_same_command_elsewhere_makes_other_files() {
    let image = |n: u64| {
        vec![
            base(),
            step(
                "RUN /bin/sh -c make # buildkit",
                &format!("make{n}"),
                40 * MB,
            ),
        ]
    };
    let collection = collection_for(&[image(0), image(1)], &["amd64", "arm64"], StepsWanted::All);
    let advised = advise(&collection, &AdviseOptions::default());
    assert_eq!(kinds(&advised), []);
}

#[test]
fn a_layer_that_keeps_downloads_waiting_is_split() {
    let image = vec![
        base(),
        step("COPY model /model # buildkit", "model", 570 * MB),
    ];
    let advised = advised(&[image.clone(), image]);
    assert_eq!(kinds(&advised), [AdviceKind::Split]);
    let advice = &advised.advice[0];
    // 600 MB over three downloads are 200 MB each; three parts of 190 MB, one of them behind the base.
    assert_eq!(advised.now.critical_bytes, 2 * 570 * MB);
    assert!(advice.critical_bytes_then <= 2 * 230 * MB, "{advice:?}");
    assert!(advice.critical_bytes_then >= 2 * 200 * MB);
    assert_eq!(advised.then.critical_bytes, advice.critical_bytes_then);
    assert_eq!(advised.then.pulled_bytes, 600 * MB);
}

#[test]
fn with_one_download_nothing_is_split() {
    let image = vec![
        base(),
        step("COPY model /model # buildkit", "model", 570 * MB),
    ];
    let mut options = AdviseOptions::default();
    options.downloads = std::num::NonZero::<usize>::MIN;
    assert_eq!(advise(&collection(&[image]), &options).advice, []);
}

#[test]
fn images_without_history_are_counted() {
    let image = |n: u64| vec![base(), step("RUN /bin/sh -c make", &format!("make{n}"), MB)];
    let collection = collection_with(&[image(0), image(1)], StepsWanted::None);
    let advised = advise(&collection, &AdviseOptions::default());
    assert_eq!(advised.without_commands, 2);
    assert_eq!(kinds(&advised), []);
}

/// Steps as they come: few commands, few layers, so that much coincides.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let commands = prop::sample::select(vec![
        "RUN /bin/sh -c apt-get update # buildkit",
        "RUN /bin/sh -c make # buildkit",
        "COPY . /src # buildkit",
        "WORKDIR /opt",
        "ENV A=1",
        "bazel build",
    ]);
    let one = (commands, 0..6_u64, 0..4_u64, any::<bool>()).prop_map(
        |(command, layer, size, has_layer)| {
            let name = format!("{layer}-{size}");
            let sizes = [200, 90_000, 60 * MB, 700 * MB];
            let stored = if layer == 5 { EMPTY.to_owned() } else { name };
            let size = if layer == 5 { 32 } else { sizes[size as usize] };
            Step {
                command: command.to_owned(),
                layer: (has_layer || command.starts_with("bazel")).then(|| Layer {
                    stored,
                    contents: format!("{}", layer / 2),
                    size_bytes: size,
                }),
            }
        },
    );
    prop::collection::vec(one, 1..9).prop_map(|mut steps| {
        steps.insert(0, base());
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_byte_is_saved_twice_and_none_is_lost(images in prop::collection::vec(steps(), 1..6)) {
        let advised = advised(&images);
        let saved: u64 = advised.advice.iter().map(Advice::saved_bytes).sum();
        prop_assert_eq!(advised.now.pulled_bytes - advised.then.pulled_bytes, saved);
        let critical: i128 = advised.advice.iter().map(|advice| {
            i128::from(advice.critical_bytes_now) - i128::from(advice.critical_bytes_then)
        }).sum();
        let all = i128::from(advised.now.critical_bytes) - i128::from(advised.then.critical_bytes);
        prop_assert_eq!(critical, all);
        let exact = advised.advice.iter().filter(|advice| {
            matches!(advice.kind, AdviceKind::DropEmpty | AdviceKind::ShareContents)
        });
        let exact: u64 = exact.map(Advice::saved_bytes).sum();
        prop_assert_eq!(advised.now.pulled_bytes - advised.then_exact.pulled_bytes, exact);
        for advice in &advised.advice {
            prop_assert!(advice.bytes_then <= advice.bytes_now);
            prop_assert!(!advice.images.is_empty() && !advice.layers.is_empty());
            prop_assert!(advice.images.is_sorted());
        }
    }

    #[test]
    fn the_order_of_images_saves_nothing(mut images in prop::collection::vec(steps(), 1..5)) {
        let forwards = advised(&images);
        images.reverse();
        let backwards = advised(&images);
        prop_assert_eq!(forwards.now, backwards.now);
        prop_assert_eq!(forwards.then.pulled_bytes, backwards.then.pulled_bytes);
    }
}
