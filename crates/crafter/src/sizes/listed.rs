//! Layers that a file lists one by one.

use std::collections::BTreeMap;

use super::file::{Amount, ListedLayer, SizeEntry};
use super::node::Value;
use super::read::{MOST_BYTES, size};
use super::section::{Field, Section};
use super::{SizesError, SizesProblem};

/// Reads a list of layers: sizes, or mappings of a size and the name by which other images list the layer.
pub(super) fn layers(
    field: &Field<'_>,
    truncated: &mut Vec<(String, u64)>,
) -> Result<Vec<ListedLayer>, SizesError> {
    let items = field.items("a list of sizes such as [30MB, 7.3MB]")?;
    if items.is_empty() {
        let remedy = "give each layer's size, such as [30MB, 7.3MB]";
        return Err(field.error(SizesProblem::Empty { remedy }));
    }
    let layers: Vec<ListedLayer> = items
        .iter()
        .map(|item| layer(item, truncated))
        .collect::<Result<_, _>>()?;
    let mut sizes = layers.iter().map(|layer| layer.bytes);
    let total = sizes.try_fold(0_u64, u64::checked_add);
    match total {
        Some(total) if total <= MOST_BYTES => Ok(layers),
        _ => Err(field.error(SizesProblem::SizeRange {
            bytes: u64::MAX,
            least: 1,
            most: MOST_BYTES,
        })),
    }
}

fn layer(item: &Field<'_>, truncated: &mut Vec<(String, u64)>) -> Result<ListedLayer, SizesError> {
    let Value::Map(_) = item.value else {
        let bytes = size(item, 1, truncated)?;
        return Ok(ListedLayer {
            bytes,
            shared: None,
        });
    };
    let section = Section::new(item, "a size", &["size", "shared"])?;
    let bytes = section
        .get("size")
        .ok_or_else(|| section.missing("size", "say how large the layer is, such as 30MB"))?;
    let shared = section.get("shared");
    Ok(ListedLayer {
        bytes: size(&bytes, 1, truncated)?,
        shared: shared
            .map(|name| Ok(name.text("a name")?.to_owned()))
            .transpose()?,
    })
}

/// Checks that layers of one name are one layer.
pub(super) fn agree(items: &[Field<'_>], entries: &[SizeEntry]) -> Result<(), SizesError> {
    let mut known: BTreeMap<&str, (usize, u64, &str)> = BTreeMap::new();
    for (item, entry) in items.iter().zip(entries) {
        let Amount::Layers(layers) = &entry.amount else {
            continue;
        };
        for (position, layer) in (1..).zip(layers) {
            let Some(name) = &layer.shared else { continue };
            let here = (position, layer.bytes, entry.key.as_str());
            let (other_position, other_bytes, other) = *known.entry(name).or_insert(here);
            if (position, layer.bytes) != (other_position, other_bytes) {
                return Err(item.error(SizesProblem::SharedLayer {
                    name: name.clone(),
                    position,
                    bytes: layer.bytes,
                    other: other.to_owned(),
                    other_position,
                    other_bytes,
                }));
            }
        }
    }
    Ok(())
}
