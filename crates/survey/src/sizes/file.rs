//! A sizes file, as `crafter` reads it.

use std::fmt::Write as _;

/// Sizes of images to craft, taken from a survey.
///
/// # Examples
///
/// ```
/// # use pullstudy_image::{Archive, ArchiveWriter, Descriptor, Digest, Manifest, MediaType, TagRecord};
/// use pullstudy_survey::{Collection, CollectionOptions, StudySizes};
///
/// # let dir = tempfile::tempdir()?;
/// # let repository = ArchiveWriter::create(dir.path())?.repository(&"ghcr.io/org/image".parse()?)?;
/// # let config = Descriptor::new(MediaType::ImageConfig, Digest::of(b"{}"), 2);
/// # let layer = |name: &str, size| Descriptor::new(MediaType::ImageLayerGzip, Digest::of(name.as_bytes()), size);
/// # for (tag, own) in [("1.0", layer("one", 10_000)), ("2.0", layer("two", 30_000))] {
/// #     let manifest = Manifest::new(&config, &[layer("base", 50_000), own], &Default::default());
/// #     repository.put_document(&manifest.digest(), manifest.raw())?;
/// #     let mut record = TagRecord::new(tag);
/// #     record.digest = Some(manifest.digest());
/// #     repository.put_record(record)?;
/// # }
/// // Two images: a base of 50,000 bytes that both have, and a layer of their own.
/// let images = Collection::read(&Archive::open(dir.path())?, &CollectionOptions::default());
/// let sizes = StudySizes::typical(&images, 8).expect("there are images with layers");
/// let bytes: Vec<u64> = sizes.images.iter().map(|image| image.wire_bytes()).collect();
/// assert_eq!(bytes, [60_000, 80_000]);
/// assert!(sizes.images[0].layers[0].shared.is_some());
/// assert!(sizes.to_yaml().contains("- {size: 50000, shared: "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StudySizes {
    /// What the sizes are, for whoever opens the file.
    pub notes: Vec<String>,
    /// Totals, each with what it stands for; every one is crafted with every number of layers.
    pub totals: Vec<(u64, String)>,
    /// Numbers of layers, each with what it stands for.
    pub layer_counts: Vec<(usize, String)>,
    /// Images whose layers are listed one by one.
    pub images: Vec<StudyImage>,
}

/// An image of the survey, to be crafted with layers of the same sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StudyImage {
    /// Its name in the survey.
    pub name: String,
    /// How many images of the survey it stands for.
    pub stands_for: u64,
    /// Its layers, first to last.
    pub layers: Vec<StudyLayer>,
}

/// A layer to be crafted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StudyLayer {
    /// Its wire bytes.
    pub bytes: u64,
    /// Its name, where other images of the file have the same one.
    pub shared: Option<String>,
}

/// What a survey of manifests cannot know, and a study should.
pub(super) const UNKNOWN_RATIO: &str = "Manifests do not tell unpacked sizes: layers are crafted as noise (ratio: 1) unless you say, such as ratio: 2.6.";

impl StudySizes {
    /// No layer is asked to be smaller. The first one of a crafted image holds a program of 1.3 kB, and every gzip stream
    /// and tar header takes some bytes.
    pub const LEAST_LAYER_BYTES: u64 = 2048;

    /// Returns the file's text. A size stands there to the byte; what it comes from stands behind it as a comment.
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            line(&mut text, format_args!("# {}", harmless(note)));
        }
        line(&mut text, format_args!("measure: wire"));
        line(&mut text, format_args!("sizes:"));
        for (total, what) in &self.totals {
            line(
                &mut text,
                format_args!("  - total: {total}  # {}", harmless(what)),
            );
        }
        for image in &self.images {
            image.write(&mut text);
        }
        if !self.layer_counts.is_empty() {
            line(&mut text, format_args!("layers:"));
        }
        for (count, what) in &self.layer_counts {
            line(
                &mut text,
                format_args!("  - exact: {count}  # {}", harmless(what)),
            );
        }
        text
    }
}

impl StudyImage {
    fn write(&self, text: &mut String) {
        let name = harmless(&self.name);
        line(
            text,
            format_args!("  # {name}, for {} images", self.stands_for),
        );
        line(text, format_args!("  - layers_bytes:"));
        for layer in &self.layers {
            match &layer.shared {
                Some(name) => line(
                    text,
                    format_args!("      - {{size: {}, shared: \"{name}\"}}", layer.bytes),
                ),
                None => line(text, format_args!("      - {}", layer.bytes)),
            }
        }
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(text, "{content}").expect("a string takes every text");
}

/// Names are other people's: none ends its comment.
fn harmless(text: &str) -> String {
    let ends_lines = |letter: char| {
        letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    text.replace(ends_lines, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_comments() {
        let image = StudyImage {
            name: "a:b\nseed: 1".to_owned(),
            stands_for: 2,
            layers: vec![
                StudyLayer {
                    bytes: 9000,
                    shared: Some("4f4fb700ef54".to_owned()),
                },
                StudyLayer {
                    bytes: 8000,
                    shared: None,
                },
            ],
        };
        let sizes = StudySizes {
            notes: vec!["from\r\nhere".to_owned()],
            totals: vec![(5000, "p50".to_owned())],
            layer_counts: vec![(9, "p50".to_owned())],
            images: vec![image],
        };
        let expected = "\
# from  here
measure: wire
sizes:
  - total: 5000  # p50
  # a:b seed: 1, for 2 images
  - layers_bytes:
      - {size: 9000, shared: \"4f4fb700ef54\"}
      - 8000
layers:
  - exact: 9  # p50
";
        assert_eq!(sizes.to_yaml(), expected);
    }
}
