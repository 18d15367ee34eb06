//! Advice over the study's three sets of images.

use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_image::{Archive, StepsWanted};
use pullstudy_survey::{
    Advice, AdviceKind, AdviseOptions, Advised, Collection, CollectionOptions, advise,
};

use crate::expected;

fn advised(data: &Path, set: &str) -> Result<(Collection, Advised), Failed> {
    let mut options = CollectionOptions::default();
    options.steps = StepsWanted::All;
    let archive = Archive::open(data.join("manifests/similarity").join(set))?;
    let collection = Collection::read(&archive, &options);
    let advised = advise(&collection, &AdviseOptions::default());
    Ok((collection, advised))
}

pub(crate) fn three_sets(data: &Path) -> Result<(), Failed> {
    for (name, expected) in expected::sets(data)?.sets {
        let (collection, advised) = advised(data, &name)?;
        let bytes = (0..collection.len()).map(|image| collection.wire_bytes(image));
        assert_eq!(bytes.sum::<u64>(), expected.total_bytes);
        assert_eq!(advised.now.pulled_bytes, expected.unique_bytes);
        assert_eq!(advised.now.pulled_layers, expected.unique_digests);
        // Rows of a layer that an image has twice are pulled once; in these sets they are empty layers of 32 bytes.
        let repeated = expected.layers - advised.now.apart_layers as u64;
        assert_eq!(
            expected.total_bytes - advised.now.apart_bytes,
            32 * repeated
        );
        let saved: u64 = advised.advice.iter().map(Advice::saved_bytes).sum();
        assert_eq!(advised.now.pulled_bytes - advised.then.pulled_bytes, saved);
        assert!(advised.then.critical_bytes <= advised.now.critical_bytes);
    }
    Ok(())
}

/// Each image installs the same packages behind other software, 7 times 62 MB.
pub(crate) fn spack(data: &Path) -> Result<(), Failed> {
    let (collection, advised) = advised(data, "spack")?;
    let reorder = advised
        .advice
        .iter()
        .filter(|advice| advice.kind == AdviceKind::Reorder);
    let commands: Vec<&str> = reorder
        .filter_map(|advice| Some(collection.command(advice.command?)))
        .collect();
    assert_eq!(commands.len(), 3);
    assert_eq!(commands[0], "RUN /bin/sh -c apt-get update # buildkit");
    let all_images: Vec<usize> = (0..7).collect();
    assert_eq!(advised.advice[0].images, all_images);
    assert_eq!(advised.advice[0].layers.len(), 7);
    Ok(())
}
