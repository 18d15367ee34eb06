//! Layers are what their recipes say, to the byte.

use std::io::Read;

use proptest::prelude::*;
use pullstudy_crafter::{
    Codec, Content, FileSet, FileSizes, KnownSize, LayerKey, LayerReceipt, LayerRecipe, Program,
    RecipeError, WriteLayerError,
};
use pullstudy_image::{DiffId, Digest};

/// Writes a layer into memory.
fn written(recipe: &LayerRecipe) -> (Vec<u8>, LayerReceipt) {
    let (mut blob, mut reported) = (Vec::new(), 0);
    let receipt = recipe
        .write(&mut blob, &mut |bytes| reported += bytes)
        .unwrap();
    assert_eq!(reported, blob.len() as u64, "progress adds up");
    (blob, receipt)
}

/// Decompresses with libraries that did not write the layer.
fn unpacked_tar(codec: Codec, blob: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    match codec {
        Codec::None => tar.extend_from_slice(blob),
        Codec::Gzip { .. } => {
            flate2::read::MultiGzDecoder::new(blob)
                .read_to_end(&mut tar)
                .unwrap();
        }
        Codec::Zstd { .. } => {
            zstd::Decoder::new(blob)
                .unwrap()
                .read_to_end(&mut tar)
                .unwrap();
        }
    }
    tar
}

/// Checks everything a receipt and a recipe promise about the bytes.
fn check(recipe: &LayerRecipe) -> (Vec<u8>, LayerReceipt) {
    let (blob, receipt) = written(recipe);
    assert_eq!(receipt.wire_bytes, blob.len() as u64);
    assert_eq!(receipt.digest, Digest::of(&blob));
    if let Some(wire_bytes) = recipe.wire_bytes {
        assert_eq!(receipt.wire_bytes, wire_bytes);
    }
    let tar = unpacked_tar(recipe.codec, &blob);
    assert_eq!(receipt.tar_bytes, tar.len() as u64);
    assert_eq!(receipt.diff_id, DiffId::of(&tar));
    match recipe.codec {
        Codec::None => assert!(tar.len() as u64 >= recipe.tar_bytes()),
        _ => assert_eq!(tar.len() as u64, recipe.tar_bytes()),
    }
    let sizes: Vec<u64> = tar::Archive::new(&tar[..])
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            assert_eq!(entry.header().mtime().unwrap(), 0);
            assert_eq!(
                (entry.header().uid().unwrap(), entry.header().gid().unwrap()),
                (0, 0)
            );
            let size = entry.header().size().unwrap();
            assert_eq!(
                std::io::copy(&mut entry, &mut std::io::sink()).unwrap(),
                size
            );
            size
        })
        .collect();
    assert_eq!(sizes.iter().sum::<u64>(), recipe.unpacked_bytes);
    assert_eq!(receipt.unpacked_bytes, recipe.unpacked_bytes);
    assert_eq!(
        sizes.len() as u64,
        recipe.files.count + u64::from(recipe.program.is_some())
    );
    (blob, receipt)
}

fn recipe(content: Content, codec: Codec, unpacked_bytes: u64) -> LayerRecipe {
    LayerRecipe {
        key: LayerKey::new([42; 32]),
        program: None,
        files: FileSet {
            count: 1,
            sizes: FileSizes::Even,
            prefix: "data".to_owned(),
        },
        unpacked_bytes,
        wire_bytes: None,
        content,
        codec,
    }
}

const GZIP: Codec = Codec::Gzip { level: 6 };
const ZSTD: Codec = Codec::Zstd { level: 3 };
const CONTENTS: [Content; 3] = [Content::Random, Content::Zeros, Content::Realistic];

fn codecs() -> impl Strategy<Value = Codec> {
    prop_oneof![
        1 => Just(Codec::None),
        3 => (1_u8..=9).prop_map(|level| Codec::Gzip { level }),
        // The highest levels take their time, and differ from the others in nothing that matters here.
        3 => (1_u8..=12).prop_map(|level| Codec::Zstd { level }),
    ]
}

/// Recipes of all kinds, with a place between 0 and 1 for the wire bytes within their limits.
fn recipes() -> impl Strategy<Value = (LayerRecipe, Option<f64>)> {
    let files = prop_oneof![3 => 1_u64..4, 1 => 4_u64..600];
    let sizes = prop_oneof![Just(FileSizes::Even), Just(FileSizes::Lognormal)];
    let program = prop_oneof![
        Just(None),
        Just(Some(Program::Amd64)),
        Just(Some(Program::Arm64))
    ];
    // Sizes of all magnitudes up to 2 MiB.
    let unpacked = (0.0_f64..21.0).prop_map(|magnitude| magnitude.exp2() as u64 - 1);
    let place = prop_oneof![
        1 => Just(None),
        1 => Just(Some(0.0)),
        1 => Just(Some(1.0)),
        1 => (0.99_f64..1.0).prop_map(Some),
        1 => (0.0_f64..0.01).prop_map(Some),
        4 => (0.0_f64..1.0).prop_map(Some),
    ];
    (
        any::<[u8; 32]>(),
        codecs(),
        0..CONTENTS.len(),
        files,
        sizes,
        program,
        unpacked,
        place,
    )
        .prop_map(
            |(key, codec, content, count, sizes, program, unpacked_bytes, place)| {
                let recipe = LayerRecipe {
                    key: LayerKey::new(key),
                    program,
                    files: FileSet {
                        count,
                        sizes,
                        prefix: "opt/data".to_owned(),
                    },
                    unpacked_bytes: unpacked_bytes + program.map_or(0, Program::size_bytes),
                    wire_bytes: None,
                    content: CONTENTS[content],
                    codec,
                };
                (recipe, place)
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_size_within_the_limits_is_met_exactly((mut recipe, place) in recipes()) {
        recipe.wire_bytes = place.map(|place| {
            let limits = recipe.wire_limits();
            limits.start() + ((limits.end() - limits.start()) as f64 * place).round() as u64
        });
        let (blob, receipt) = check(&recipe);
        let again = written(&recipe);
        prop_assert!((blob, receipt) == again, "the same recipe gives the same bytes");
    }

    /// Headers are a third of such a tar, and what low levels make of them differs most from what is planned.
    #[test]
    fn many_small_files_are_met_exactly(key in any::<[u8; 32]>(), level in 1_u8..=9, count in 100_u64..900, size in 200_u64..3_000, place in 0.05_f64..1.0) {
        let mut recipe = recipe(Content::Realistic, Codec::Zstd { level }, count * size);
        recipe.key = LayerKey::new(key);
        recipe.files = FileSet { count, sizes: FileSizes::Lognormal, prefix: "opt/data".to_owned() };
        let limits = recipe.wire_limits();
        recipe.wire_bytes = Some(limits.start() + ((limits.end() - limits.start()) as f64 * place).round() as u64);
        check(&recipe);
    }

    #[test]
    fn keys_make_layers_differ((recipe, _) in recipes(), other in any::<[u8; 32]>()) {
        prop_assume!(recipe.key.as_bytes() != &other);
        let (first, second) = (written(&recipe).1, written(&LayerRecipe { key: LayerKey::new(other), ..recipe }).1);
        prop_assert_ne!(first.digest, second.digest);
        prop_assert_ne!(first.diff_id, second.diff_id);
    }

    #[test]
    fn fitted_layers_can_be_written((recipe, _) in recipes(), ratio in 0.5_f64..50.0, wire_bytes in 5_000_u64..300_000) {
        let Ok(fitted) = recipe.fit(KnownSize::WireBytes(wire_bytes), ratio) else { return Ok(()) };
        let (_, receipt) = check(&fitted.recipe);
        prop_assert_eq!(receipt.wire_bytes, wire_bytes);
        let off = (fitted.achieved_ratio / ratio - 1.0).abs();
        prop_assert!(fitted.limited_by.is_some() || off <= 0.01, "{} instead of {ratio}", fitted.achieved_ratio);
    }
}

#[test]
fn every_level_of_every_codec_meets_its_size() {
    let codecs = (1..=9)
        .map(|level| Codec::Gzip { level })
        .chain((1..=22).map(|level| Codec::Zstd { level }));
    for codec in codecs {
        let fitted = recipe(Content::Realistic, codec, 0)
            .fit(KnownSize::WireBytes(700_001), 2.6)
            .unwrap();
        check(&fitted.recipe);
    }
}

/// Returns the length of the comment in the header of the second member, or of the skippable frame at the end.
fn padding_bytes(codec: Codec, blob: &[u8]) -> usize {
    let (marker, after): (&[u8], usize) = match codec {
        Codec::Gzip { .. } => (&[0x1f, 0x8b, 8, 1 << 4, 0, 0, 0, 0], 2),
        _ => (&[0x50, 0x2a, 0x4d, 0x18], 0),
    };
    let Some(start) = blob
        .windows(marker.len())
        .rposition(|window| window == marker)
    else {
        return 0;
    };
    let padding = &blob[start + marker.len() + after..];
    match codec {
        Codec::Gzip { .. } => padding.iter().take_while(|byte| **byte == b'-').count() + 1,
        _ => padding.len() + marker.len(),
    }
}

#[test]
fn padding_is_a_few_bytes() {
    for codec in [GZIP, ZSTD] {
        for (content, ratio) in [
            (Content::Random, 1.0),
            (Content::Random, 1.7),
            (Content::Zeros, 300.0),
            (Content::Realistic, 2.6),
        ] {
            let fitted = recipe(content, codec, 0)
                .fit(KnownSize::WireBytes(2_000_003), ratio)
                .unwrap();
            let (blob, _) = check(&fitted.recipe);
            let padding_bytes = padding_bytes(codec, &blob);
            assert!(
                padding_bytes < 64,
                "{codec:?} {content:?} {ratio}: {padding_bytes}"
            );
        }
    }
}

#[test]
fn zeros_take_about_what_gzip_makes_of_them() {
    // gzip -6 makes 5,939 bytes of 6,087,762 zeros (gzip 1.12), without the tar around them.
    let (_, receipt) = check(&recipe(Content::Zeros, GZIP, 6_087_762));
    assert!(
        (5_900..6_200).contains(&receipt.wire_bytes),
        "{}",
        receipt.wire_bytes
    );
}

#[test]
fn contents_have_their_natural_ratios() {
    for (content, codec, ratio) in [
        (Content::Random, GZIP, 0.99..1.0),
        (Content::Zeros, GZIP, 990.0..1032.0),
        (Content::Realistic, GZIP, 2.5..3.0),
        (Content::Random, ZSTD, 0.99..1.0),
        (Content::Realistic, ZSTD, 2.0..3.0),
        (Content::Realistic, Codec::None, 0.99..1.0),
    ] {
        let (_, receipt) = check(&recipe(content, codec, 8_000_000));
        let natural = receipt.unpacked_bytes as f64 / receipt.wire_bytes as f64;
        assert!(ratio.contains(&natural), "{content:?} {codec:?}: {natural}");
    }
}

#[test]
fn realistic_content_is_compressed_by_others_as_by_this_crate() {
    let fitted = recipe(Content::Realistic, GZIP, 0)
        .fit(KnownSize::UnpackedBytes(6_000_000), 2.6)
        .unwrap();
    let (blob, receipt) = check(&fitted.recipe);
    let tar = unpacked_tar(GZIP, &blob);
    let mut encoder = flate2::read::GzEncoder::new(&tar[..], flate2::Compression::new(6));
    let by_zlib = std::io::copy(&mut encoder, &mut std::io::sink()).unwrap();
    let apart = (by_zlib as f64 / receipt.wire_bytes as f64 - 1.0).abs();
    assert!(apart < 0.06, "{by_zlib} instead of {}", receipt.wire_bytes);
}

/// Returns why a recipe is refused, before anything is written.
fn refused(recipe: LayerRecipe) -> RecipeError {
    let mut out = Vec::new();
    let error = recipe.write(&mut out, &mut |_| ()).unwrap_err();
    assert!(out.is_empty());
    match error {
        WriteLayerError::Recipe { source } => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn levels_that_do_not_exist_are_refused() {
    for (codec, level, highest) in [
        ("gzip", 0, 9),
        ("gzip", 10, 9),
        ("zstd", 0, 22),
        ("zstd", 23, 22),
    ] {
        let asked = if codec == "gzip" {
            Codec::Gzip { level }
        } else {
            Codec::Zstd { level }
        };
        let error = refused(recipe(Content::Random, asked, 10_000));
        assert_eq!(
            error,
            RecipeError::Level {
                codec,
                level,
                highest
            }
        );
    }
}

#[test]
fn folders_that_leave_the_root_or_the_header_are_refused() {
    let files = |count, prefix: &str| FileSet {
        count,
        sizes: FileSizes::Even,
        prefix: prefix.to_owned(),
    };
    let possible = recipe(Content::Random, GZIP, 10_000);
    for prefix in [
        "",
        "/data",
        "data/",
        "../data",
        "a/./b",
        "a//b",
        "line\nbreak",
        &"x".repeat(80),
    ] {
        let error = refused(LayerRecipe {
            files: files(1, prefix),
            ..possible.clone()
        });
        assert!(
            matches!(error, RecipeError::Prefix { .. }),
            "{prefix:?}: {error}"
        );
    }
    let in_the_program = LayerRecipe {
        program: Some(Program::Amd64),
        files: files(1, Program::PATH),
        ..possible.clone()
    };
    assert!(matches!(
        refused(in_the_program),
        RecipeError::Prefix { .. }
    ));
    assert_eq!(
        refused(LayerRecipe {
            files: files(0, "data"),
            ..possible
        }),
        RecipeError::NoFiles
    );
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let possible = recipe(Content::Random, GZIP, 10_000);
    let too_long = refused(LayerRecipe {
        wire_bytes: Some(20_000),
        ..possible.clone()
    });
    assert!(
        matches!(
            too_long,
            RecipeError::WireBytes {
                wire_bytes: 20_000,
                ..
            }
        ),
        "{too_long}"
    );
    let too_short = refused(LayerRecipe {
        program: Some(Program::Amd64),
        unpacked_bytes: 100,
        ..possible.clone()
    });
    assert_eq!(
        too_short,
        RecipeError::SmallerThanProgram {
            unpacked_bytes: 100,
            program_bytes: 185
        }
    );
    let too_large = LayerRecipe {
        unpacked_bytes: u64::MAX,
        ..possible
    };
    assert!(
        too_large.tar_bytes() > 1 << 50,
        "sizes are cut off, and nothing overflows"
    );
    assert!(matches!(refused(too_large), RecipeError::TooLarge { .. }));
}

#[test]
fn a_failing_sink_is_reported_with_how_far_it_came() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or_else(|| std::io::Error::other("no space left"))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = recipe(Content::Random, GZIP, 1_000_000)
        .write(&mut Full(300_000), &mut |_| ())
        .unwrap_err();
    let WriteLayerError::Sink { written_bytes, .. } = error else {
        panic!("{error:?}")
    };
    assert!(
        (200_000..=300_000).contains(&written_bytes),
        "{written_bytes}"
    );
}
