//! What the layers that the study's images share are worth.

use std::collections::BTreeMap;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_costmodel::{Bandwidth, Cluster, Load, Prices, Redundancy};
use pullstudy_image::{Archive, Digest};

/// The sets of images, and what sharing saves on 32 nodes at 3 to 5 MB/s, as docs/cost.md has it.
const SETS: [(&str, u64, u64, f64, f64); 3] = [
    ("performance-study", 115, 236, 929.0, 1548.0),
    ("containers", 33, 105, 691.0, 1151.0),
    ("spack", 50, 56, 32.0, 53.0),
];

pub(crate) fn what_sharing_saves(data: &Path) -> Result<(), Failed> {
    let price = Prices::builtin().machine("p5.48xlarge")?.usd_per_hour();
    let (bandwidth, cluster) = (Bandwidth::new(3e6, 5e6)?, Cluster::new(32, price)?);
    for (set, layers, rows, low, high) in SETS {
        let (shared, alone) = loads(&data.join("manifests/similarity").join(set))?;
        assert_eq!((shared.layers, alone.layers), (layers, rows), "{set}");
        let found = Redundancy::of(shared, alone, &bandwidth, &cluster);
        let rounded = (found.more_usd.low.round(), found.more_usd.high.round());
        assert_eq!(rounded, (low, high), "{set}");
    }
    Ok(())
}

/// What a node pulls that pulls all images: as they share their layers, and as if they did not.
fn loads(folder: &Path) -> Result<(Load, Load), Failed> {
    let mut unique: BTreeMap<Digest, u64> = BTreeMap::new();
    let (mut images, mut layers, mut wire_bytes) = (0, 0, 0);
    for repository in Archive::open(folder)?.repositories() {
        let repository = repository?;
        for tag in repository.tags() {
            for image in repository.read(tag).images {
                let of_image = image.manifest.layers.iter();
                let of_image: BTreeMap<Digest, u64> = of_image
                    .map(|layer| (layer.digest, layer.size_bytes))
                    .collect();
                images += 1;
                layers += of_image.len() as u64;
                wire_bytes += of_image.values().sum::<u64>();
                unique.extend(of_image);
            }
        }
    }
    let shared = Load {
        images,
        layers: unique.len() as u64,
        wire_bytes: unique.values().sum(),
    };
    Ok((
        shared,
        Load {
            images,
            layers,
            wire_bytes,
        },
    ))
}
