//! The published method plans the images that the clusters pulled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_crafter::{ImagePlan, Method, Plan, PlanOptions, SizesFile};
use serde_json::Value;

const SIZES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../fixtures/sizes/plans/percentiles.yaml"
);

/// Tag, number of layers of zeros, bytes of zeros in each, bytes of zeros in all.
type Image = (String, u64, u64, u64);

pub(crate) fn tags_and_payloads_are_those_that_were_pulled(data: &Path) -> Result<(), Failed> {
    let expected = fs::read(data.join("expected/chonks-sizes.json"))?;
    let expected: Value = serde_json::from_slice(&expected)?;
    let expected = expected["sets"]["pulled"]
        .as_array()
        .ok_or("the set has images")?;
    let expected: BTreeMap<_, _> = expected.iter().map(pulled).collect();
    let sizes = SizesFile::read(Path::new(SIZES))?;
    let options = PlanOptions {
        seed: 1,
        repository: "localhost/test".parse()?,
        method: Method::Published,
        base: None,
    };
    let plan = Plan::new(&sizes, &options)?;
    let planned: BTreeMap<_, _> = plan.images.iter().map(planned).collect();
    assert_eq!(planned.len(), 38);
    assert_eq!(planned, expected);
    Ok(())
}

fn pulled(image: &Value) -> (String, Image) {
    let number = |key: &str| image[key].as_u64().expect("sizes are integers");
    let tag = image["tag"].as_str().expect("a tag is a text").to_owned();
    let zeros = number("correct_uncompressed_layer_bytes");
    (
        tag.clone(),
        (
            tag,
            number("zero_layers"),
            zeros,
            number("payload_uncompressed_bytes"),
        ),
    )
}

fn planned(image: &ImagePlan) -> (String, Image) {
    let zeros = &image.platforms[0].layers[1..];
    let each = zeros[0].recipe.unpacked_bytes;
    let all = zeros.iter().map(|layer| layer.recipe.unpacked_bytes).sum();
    (
        image.tag().to_owned(),
        (image.tag().to_owned(), zeros.len() as u64, each, all),
    )
}
