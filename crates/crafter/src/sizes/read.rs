//! From YAML to checked values.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pullstudy_image::{ByteSize, Digest, ParseByteSizeError, Platform, Reference};
use serde_saphyr::{MessageFormatter, UserMessageFormatter};

use super::file::{
    Amount, FilesPerLayer, LayerCount, Measure, SizeEntry, SizesFile, SizesNote, Split,
};
use super::listed;
use super::node::{Node, Value};
use super::section::{Field, Section};
use super::{BaseName, SizesError, SizesProblem, survey_size_bytes};
use crate::{Codec, Content, FileSizes, Program};

/// Every key of the top level.
const KEYS: &[&str] = &[
    "uri",
    "sizes",
    "layers",
    "measure",
    "ratio",
    "content",
    "compression",
    "level",
    "split",
    "files",
    "shared_layers",
    "base",
    "platforms",
    "max_layer",
    "seed",
];

/// Sizes above are a slip of the pen: 4 exabytes.
pub(super) const MOST_BYTES: u64 = 1 << 62;

/// Registries refuse manifests above 4 MiB; so many layers make 3.6 MB.
const MOST_LAYERS: u64 = 10_000;

/// JSON readers that keep numbers as doubles, `jq` among them, hold integers below 2^53.
const LARGEST_SEED: u64 = (1 << 53) - 1;

/// container-crafter's limit, which is that of most registries.
const DEFAULT_MAX_LAYER_BYTES: u64 = 10_000_000_000;

const DEFAULT_GZIP_LEVEL: u8 = 6;
const DEFAULT_ZSTD_LEVEL: u8 = 3;

impl SizesFile {
    /// Reads a sizes file. A relative base layout is looked for beside it.
    ///
    /// # Errors
    ///
    /// [`SizesError`], the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, SizesError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| SizesError::Read {
            file: name.clone(),
            source,
        })?;
        let mut sizes = Self::parse(&name, &text)?;
        if let BaseName::Layout { path: base, .. } = &mut sizes.base {
            *base = path.parent().unwrap_or(Path::new("")).join(&base);
        }
        Ok(sizes)
    }

    /// Reads sizes from a text; `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// [`SizesError`], the first thing that is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_crafter::{Amount, SizesFile};
    ///
    /// let sizes = SizesFile::parse("two.yaml", "sizes: [{total: 50MB}, {percentile: 50}]\nlayers: [{exact: 9}]")?;
    /// assert_eq!(sizes.entries[1].amount, Amount::Total(132_399_102));
    ///
    /// let error = SizesFile::parse("two.yaml", "sizes:\n- totl: 50MB").unwrap_err();
    /// assert_eq!(error.to_string(), "two.yaml, line 2: sizes[0].totl is unknown: did you mean total?");
    /// # Ok::<(), pullstudy_crafter::SizesError>(())
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Self, SizesError> {
        let root: Node =
            serde_saphyr::from_str(text).map_err(|error| syntax_error(name, &error))?;
        let root = Section::new(
            &Field::root(name, &root),
            "a mapping with sizes and layers",
            KEYS,
        )?;
        let mut notes = Vec::new();
        let entries = entries(&root, name, &mut notes)?;
        let ratio = ratio(&root)?;
        Ok(Self {
            name: name.to_owned(),
            text_digest: Digest::of(text.as_bytes()),
            uri: uri(&root, name, &mut notes)?,
            layer_counts: layer_counts(&root, &entries)?,
            entries,
            measure: measure(&root)?,
            ratio,
            content: content(&root, ratio)?,
            codec: codec(&root)?,
            split: split(&root)?,
            files: files(&root)?,
            shared_layers: shared_layers(&root)?,
            base: base(&root)?,
            platforms: platforms(&root)?,
            max_layer_bytes: max_layer(&root)?,
            seed: root
                .get("seed")
                .map(|field| field.integer(0, LARGEST_SEED))
                .transpose()?,
            notes,
            lines: root.lines().collect::<BTreeMap<_, _>>(),
        })
    }
}

fn syntax_error(file: &str, error: &serde_saphyr::Error) -> SizesError {
    SizesError::Syntax {
        file: file.to_owned(),
        line: error.location().map_or(1, |location| location.line()),
        reason: UserMessageFormatter
            .format_message(error.without_snippet())
            .into_owned(),
    }
}

fn uri(
    root: &Section<'_>,
    file: &str,
    notes: &mut Vec<SizesNote>,
) -> Result<Option<Reference>, SizesError> {
    let Some(field) = root.get("uri") else {
        return Ok(None);
    };
    let text = field.text("a repository such as ghcr.io/you/images")?;
    let problem = |reason| field.error(SizesProblem::Repository { reason });
    let reference: Reference = text.parse().map_err(problem)?;
    if let Some(tag) = reference.tag() {
        notes.push(SizesNote::UriTag {
            file: file.to_owned(),
            tag: tag.to_owned(),
        });
    }
    reference.name().parse().map(Some).map_err(problem)
}

fn entries(
    root: &Section<'_>,
    file: &str,
    notes: &mut Vec<SizesNote>,
) -> Result<Vec<SizeEntry>, SizesError> {
    const REMEDY: &str = "list at least one size, such as `- total: 50MB`";
    let field = root
        .get("sizes")
        .ok_or_else(|| root.missing("sizes", REMEDY))?;
    let items = field.items("a list of sizes, such as `- total: 50MB`")?;
    if items.is_empty() {
        return Err(field.error(SizesProblem::Empty { remedy: REMEDY }));
    }
    let mut truncated = Vec::new();
    let entries: Vec<_> = items
        .iter()
        .map(|item| entry(item, &mut truncated))
        .collect::<Result<_, _>>()?;
    listed::agree(&items, &entries)?;
    if !truncated.is_empty() {
        notes.push(SizesNote::Truncated {
            file: file.to_owned(),
            keys: truncated,
        });
    }
    Ok(entries)
}

fn entry(item: &Field<'_>, truncated: &mut Vec<(String, u64)>) -> Result<SizeEntry, SizesError> {
    let keys = &["total", "percentile", "layers_bytes"];
    let section = Section::new(item, "a mapping such as `total: 50MB`", keys)?;
    let given = (
        section.get("total"),
        section.get("percentile"),
        section.get("layers_bytes"),
    );
    let amount = match given {
        (Some(total), None, None) => Amount::Total(size(&total, 1, truncated)?),
        (None, Some(percentile), None) => Amount::Total(percentile_bytes(&percentile)?),
        (None, None, Some(layers)) => Amount::Layers(listed::layers(&layers, truncated)?),
        _ => return Err(item.error(SizesProblem::OneAmount)),
    };
    Ok(SizeEntry {
        key: item.key.clone(),
        line: item.line,
        amount,
    })
}

/// Reads a size of at least `least` bytes, and notes where a fraction of a byte was lost.
pub(super) fn size(
    field: &Field<'_>,
    least: u64,
    truncated: &mut Vec<(String, u64)>,
) -> Result<u64, SizesError> {
    let text = match field.value {
        Value::Integer(whole) => whole.to_string(),
        // Rust prints a double with as few digits as tell it apart, and never with an exponent.
        Value::Float(number) if number.is_finite() => number.to_string(),
        Value::Text(text) => text.clone(),
        _ => return Err(field.wrong_type("a size such as 53702097 or 50MB")),
    };
    let reason = |reason: ParseByteSizeError| field.error(SizesProblem::Size { reason });
    let size: ByteSize = text.parse().map_err(reason)?;
    let bytes = size.bytes();
    if !(least..=MOST_BYTES).contains(&bytes) {
        return Err(field.error(SizesProblem::SizeRange {
            bytes,
            least,
            most: MOST_BYTES,
        }));
    }
    if size.is_truncated() {
        truncated.push((field.key.clone(), bytes));
    }
    Ok(bytes)
}

fn percentile_bytes(field: &Field<'_>) -> Result<u64, SizesError> {
    let percentile = field.number("a percentile such as 50")?;
    survey_size_bytes(percentile).ok_or_else(|| {
        field.error(SizesProblem::Percentile {
            given: field.value.describe(),
        })
    })
}

fn layer_counts(root: &Section<'_>, entries: &[SizeEntry]) -> Result<Vec<LayerCount>, SizesError> {
    const REMEDY: &str = "say how many layers the images have, such as `- exact: 9`";
    let needed = entries
        .iter()
        .any(|entry| matches!(entry.amount, Amount::Total(_)));
    let Some(field) = root.get("layers") else {
        return if needed {
            Err(root.missing("layers", REMEDY))
        } else {
            Ok(Vec::new())
        };
    };
    let items = field.items("a list, such as `- exact: 9`")?;
    if items.is_empty() && needed {
        return Err(field.error(SizesProblem::Empty { remedy: REMEDY }));
    }
    let mut counts = Vec::new();
    for item in &items {
        let range = layer_range(item)?;
        counts.extend(range.map(|count| LayerCount {
            key: item.key.clone(),
            line: item.line,
            count,
        }));
    }
    Ok(counts)
}

fn layer_range(item: &Field<'_>) -> Result<std::ops::RangeInclusive<u64>, SizesError> {
    let section = Section::new(
        item,
        "a mapping such as `exact: 9`",
        &["exact", "min", "max"],
    )?;
    match (section.get("exact"), section.get("min"), section.get("max")) {
        (Some(exact), None, None) => {
            let count = exact.integer(1, MOST_LAYERS)?;
            Ok(count..=count)
        }
        (None, Some(min), Some(max)) => {
            let least = min.integer(1, MOST_LAYERS)?;
            Ok(least..=max.integer(least, MOST_LAYERS)?)
        }
        (Some(exact), _, _) => Err(exact.error(SizesProblem::Conflict {
            other: "min and max",
            reason: "give either one number or a range",
        })),
        (None, None, _) => Err(section.missing("min", "give exact, or min and max")),
        (None, _, None) => Err(section.missing("max", "give exact, or min and max")),
    }
}

fn measure(root: &Section<'_>) -> Result<Measure, SizesError> {
    let words = [("wire", Measure::Wire), ("unpacked", Measure::Unpacked)];
    root.get("measure")
        .map_or(Ok(Measure::Wire), |field| field.choice(&words))
}

fn ratio(root: &Section<'_>) -> Result<f64, SizesError> {
    let Some(field) = root.get("ratio") else {
        return Ok(1.0);
    };
    let ratio = field.number("a number such as 2.6")?;
    if ratio.is_finite() && ratio > 0.0 {
        return Ok(ratio);
    }
    Err(field.error(SizesProblem::Range {
        given: field.value.describe(),
        expected: "above 0: 1 is incompressible, 2.6 ordinary".into(),
    }))
}

/// Files that compress at all are realistic unless said otherwise: a mix of zeros and noise unpacks far too fast.
fn content(root: &Section<'_>, ratio: f64) -> Result<Content, SizesError> {
    let default = if ratio > 1.0 {
        Content::Realistic
    } else {
        Content::Random
    };
    let words = [
        ("random", Content::Random),
        ("zeros", Content::Zeros),
        ("realistic", Content::Realistic),
    ];
    root.get("content")
        .map_or(Ok(default), |field| field.choice(&words))
}

fn codec(root: &Section<'_>) -> Result<Codec, SizesError> {
    let words = [("gzip", "gzip"), ("zstd", "zstd"), ("none", "none")];
    let name = root
        .get("compression")
        .map_or(Ok("gzip"), |field| field.choice(&words))?;
    let level = root.get("level");
    match (name, level) {
        ("none", Some(level)) => Err(level.error(SizesProblem::Conflict {
            other: "compression: none",
            reason: "a plain tar has no level; leave it out",
        })),
        ("none", None) => Ok(Codec::None),
        ("zstd", level) => Ok(Codec::Zstd {
            level: level_or(level, DEFAULT_ZSTD_LEVEL, 22)?,
        }),
        (_, level) => Ok(Codec::Gzip {
            level: level_or(level, DEFAULT_GZIP_LEVEL, 9)?,
        }),
    }
}

fn level_or(field: Option<Field<'_>>, default: u8, highest: u8) -> Result<u8, SizesError> {
    field.map_or(Ok(default), |field| {
        let level = field.integer(1, highest.into())?;
        Ok(u8::try_from(level).expect("at most 22"))
    })
}

fn split(root: &Section<'_>) -> Result<Split, SizesError> {
    const EXPECTED: &str = "even, or {largest: 0.9}";
    let Some(field) = root.get("split") else {
        return Ok(Split::Even);
    };
    if let Value::Text(text) = field.value {
        return if text == "even" {
            Ok(Split::Even)
        } else {
            Err(field.wrong_type(EXPECTED))
        };
    }
    let section = Section::new(&field, EXPECTED, &["largest"])?;
    let largest = section
        .get("largest")
        .ok_or_else(|| section.missing("largest", "write {largest: 0.9}"))?;
    let share = largest.number("a share such as 0.9")?;
    if share > 0.0 && share <= 1.0 {
        return Ok(Split::Largest(share));
    }
    Err(largest.error(SizesProblem::Range {
        given: largest.value.describe(),
        expected: "a share above 0 and at most 1, such as 0.9".into(),
    }))
}

fn files(root: &Section<'_>) -> Result<FilesPerLayer, SizesError> {
    let mut files = FilesPerLayer {
        count: 1,
        sizes: FileSizes::Even,
    };
    let Some(field) = root.get("files") else {
        return Ok(files);
    };
    let section = Section::new(
        &field,
        "a mapping such as {per_layer: 1000}",
        &["per_layer", "sizes"],
    )?;
    if let Some(count) = section.get("per_layer") {
        files.count = count.integer(1, u64::from(u32::MAX))?;
    }
    if let Some(sizes) = section.get("sizes") {
        files.sizes = sizes.choice(&[
            ("even", FileSizes::Even),
            ("lognormal", FileSizes::Lognormal),
        ])?;
    }
    Ok(files)
}

fn shared_layers(root: &Section<'_>) -> Result<u64, SizesError> {
    root.get("shared_layers")
        .map_or(Ok(0), |field| field.integer(0, MOST_LAYERS))
}

fn base(root: &Section<'_>) -> Result<BaseName, SizesError> {
    let Some(field) = root.get("base") else {
        return Ok(BaseName::Builtin);
    };
    let text = field.text("builtin, a layout such as ./base, or a reference such as debian:12")?;
    text.parse()
        .map_err(|reason| field.error(SizesProblem::Base { reason }))
}

fn platforms(root: &Section<'_>) -> Result<Vec<Platform>, SizesError> {
    let Some(field) = root.get("platforms") else {
        return Ok(vec![Platform::linux_amd64()]);
    };
    let mut platforms: Vec<Platform> = Vec::new();
    for item in field.items("a list such as [linux/amd64, linux/arm64]")? {
        let text = item.text("a platform such as linux/amd64")?;
        let platform: Platform = text
            .parse()
            .map_err(|reason| item.error(SizesProblem::Platform { reason }))?;
        if platforms.contains(&platform) {
            let value = platform.to_string();
            return Err(field.error(SizesProblem::Twice { value }));
        }
        platforms.push(platform);
    }
    if platforms.is_empty() {
        let remedy = "give at least one, such as linux/amd64";
        return Err(field.error(SizesProblem::Empty { remedy }));
    }
    if base(root)? == BaseName::Builtin {
        let runs = |platform: &&Platform| {
            platform.os == "linux" && Program::for_architecture(&platform.architecture).is_some()
        };
        if let Some(platform) = platforms.iter().find(|platform| !runs(platform)) {
            let platform = platform.clone();
            return Err(field.error(SizesProblem::NoProgram { platform }));
        }
    }
    Ok(platforms)
}

fn max_layer(root: &Section<'_>) -> Result<u64, SizesError> {
    root.get("max_layer")
        .map_or(Ok(DEFAULT_MAX_LAYER_BYTES), |field| {
            size(&field, 1, &mut Vec::new())
        })
}
