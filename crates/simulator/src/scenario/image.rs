//! Images to pull, as far as a pull's time depends on them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::units;

/// How layers are compressed, and by what they are inflated on the node.
///
/// # Source
///
/// Go's gzip inflates 7.0 GiB in 41.7 s (github.com/containerd/containerd/pull/13560, PyTorch's largest layer); 158 MB/s on
/// the machine of `docs/results`, where unpigz did 210, igzip 570 and klauspost's zstd 590 MB/s of a tar of `/usr`
/// (`docs/simulate.md` has the commands).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Inflater {
    /// gzip by Go's `compress/gzip`, as containerd does where neither pigz nor igzip is installed.
    #[default]
    GoGzip,
    /// gzip by `unpigz`, which containerd and Docker take if it is installed.
    Pigz,
    /// gzip by ISA-L's `igzip`, which containerd takes since 1.7 if it is installed.
    Igzip,
    /// zstd by Go's `klauspost/compress`, as containerd does.
    Zstd,
    /// Not compressed.
    None,
}

impl Inflater {
    /// Returns the bytes of tar that one core inflates in a second; infinity for [`Inflater::None`].
    #[must_use]
    pub fn bytes_per_second(self) -> f64 {
        match self {
            Self::GoGzip => 180e6,
            Self::Pigz => 210e6,
            Self::Igzip => 570e6,
            Self::Zstd => 590e6,
            Self::None => f64::INFINITY,
        }
    }
}

/// A layer of an image.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Bytes that the registry sends.
    #[serde(deserialize_with = "units::bytes")]
    pub wire_bytes: u64,
    /// Bytes that are inflated and written; if left out, wire bytes times the scenario's `unpacked_per_wire`.
    #[serde(default, deserialize_with = "units::optional_bytes")]
    pub unpacked_bytes: Option<u64>,
    /// Files in it.
    #[serde(default)]
    pub files: u64,
    /// Layers of the same name are one layer, in whatever images they are.
    #[serde(default)]
    pub shared: Option<String>,
}

/// An image that every node pulls.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Image {
    /// Its reference, as it stands in the events.
    pub image: String,
    /// Its layers, the lowest first.
    pub layers: Vec<Layer>,
}

impl Image {
    /// An image of layers.
    #[must_use]
    pub fn new(image: impl Into<String>, layers: Vec<Layer>) -> Self {
        Self {
            image: image.into(),
            layers,
        }
    }

    /// An image of layers of equal size; what does not divide is spread over the first ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_simulator::Image;
    ///
    /// let image = Image::of_equal_layers("app:1", 3, 10, None, 0);
    /// let bytes: Vec<u64> = image.layers.iter().map(|layer| layer.wire_bytes).collect();
    /// assert_eq!(bytes, [4, 3, 3]);
    /// ```
    #[must_use]
    pub fn of_equal_layers(
        image: impl Into<String>,
        layers: u32,
        wire_bytes: u64,
        unpacked_bytes: Option<u64>,
        files: u64,
    ) -> Self {
        let layer = |at: u32| Layer {
            wire_bytes: part(wire_bytes, at, layers),
            unpacked_bytes: unpacked_bytes.map(|bytes| part(bytes, at, layers)),
            files: part(files, at, layers),
            shared: None,
        };
        Self::new(image, (0..layers).map(layer).collect())
    }

    /// Returns the bytes that a registry sends for all layers.
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        let bytes = self.layers.iter().map(|layer| layer.wire_bytes);
        bytes.fold(0, u64::saturating_add)
    }
}

/// The share of one of `parts`, as equal as whole numbers can be.
fn part(whole: u64, at: u32, parts: u32) -> u64 {
    let parts = u64::from(parts.max(1));
    whole / parts + u64::from(u64::from(at) < whole % parts)
}

/// `layers` of a file: how many of equal size, or each.
#[derive(Debug, Clone)]
enum Layers {
    Equal(u32),
    Listed(Vec<Layer>),
}

/// An image as it stands in a file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    image: String,
    layers: Layers,
    #[serde(default, deserialize_with = "units::optional_bytes")]
    wire_bytes: Option<u64>,
    #[serde(default, deserialize_with = "units::optional_bytes")]
    unpacked_bytes: Option<u64>,
    #[serde(default)]
    files: Option<u64>,
}

impl<'de> Deserialize<'de> for Image {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        written.checked().map_err(D::Error::custom)
    }
}

impl Written {
    fn checked(self) -> Result<Image, String> {
        let image = &self.image;
        let has_sums =
            self.wire_bytes.is_some() || self.unpacked_bytes.is_some() || self.files.is_some();
        match (self.layers, self.wire_bytes) {
            (Layers::Equal(0), _) => Err(format!(
                "image {image:?} has 0 layers: an image has at least one"
            )),
            (Layers::Equal(_), None) => Err(format!(
                "image {image:?} has no wire_bytes: say how many bytes its layers have together, or list the layers"
            )),
            (Layers::Equal(layers), Some(wire_bytes)) => Ok(Image::of_equal_layers(
                self.image,
                layers,
                wire_bytes,
                self.unpacked_bytes,
                self.files.unwrap_or(0),
            )),
            (Layers::Listed(_), _) if has_sums => Err(format!(
                "image {image:?} lists its layers, so their sums follow: leave wire_bytes, unpacked_bytes and files out"
            )),
            (Layers::Listed(layers), _) if layers.is_empty() => Err(format!(
                "image {image:?} has 0 layers: an image has at least one"
            )),
            (Layers::Listed(layers), _) => Ok(Image::new(self.image, layers)),
        }
    }
}

impl<'de> Deserialize<'de> for Layers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LayersVisitor)
    }
}

struct LayersVisitor;

impl<'de> Visitor<'de> for LayersVisitor {
    type Value = Layers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("how many layers, or a list of layers with wire_bytes each")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Layers, E> {
        let count = u32::try_from(count)
            .ok()
            .filter(|&count| count <= MOST_LAYERS);
        count
            .map(Layers::Equal)
            .ok_or_else(|| E::custom(format!("an image has at most {MOST_LAYERS} layers here")))
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<Layers, E> {
        let count =
            u64::try_from(count).map_err(|_| E::custom("an image has no fewer than 0 layers"))?;
        self.visit_u64(count)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Layers, A::Error> {
        let mut layers = Vec::new();
        while let Some(layer) = seq.next_element()? {
            layers.push(layer);
        }
        Ok(Layers::Listed(layers))
    }
}

/// Layers that an image may have: more than any runtime unpacks.
pub(crate) const MOST_LAYERS: u32 = 10_000;
