//! The same seed gives the same bytes, another seed gives none of them.

use std::collections::BTreeSet;

use pullstudy_image::{DiffId, Digest};

use crate::crafted::{build_into, contents, images, mismatches, plan};

const SET: &str = "\
sizes: [{total: 300kB}, {total: 450kB}, {layers_bytes: [90kB, 200kB]}]
layers: [{exact: 2}, {exact: 5}]
ratio: 2
";

fn hashes(dir: &std::path::Path) -> (Vec<Digest>, Vec<DiffId>) {
    let layers: Vec<_> = images(dir)
        .iter()
        .flat_map(|image| image.layers().to_vec())
        .collect();
    (
        layers.iter().map(|layer| layer.digest()).collect(),
        layers.iter().map(|layer| layer.diff_id).collect(),
    )
}

#[test]
fn the_bytes_are_the_same_whatever_the_jobs() {
    let dirs = [1, 2, 7].map(|jobs| {
        let dir = tempfile::tempdir().unwrap();
        build_into(dir.path(), &plan(SET, 5), jobs);
        dir
    });
    let one = contents(dirs[0].path());
    assert!(dirs.iter().all(|dir| contents(dir.path()) == one));
    assert_eq!(mismatches(dirs[0].path()), []);
}

#[test]
fn no_two_layers_of_a_set_and_none_of_two_seeds_are_alike() {
    let (mut digests, mut diff_ids, mut layers) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (seed, content) in [
        (1, "random"),
        (2, "random"),
        (3, "realistic"),
        (4, "realistic"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        build_into(
            dir.path(),
            &plan(&format!("{SET}content: {content}"), seed),
            2,
        );
        let (more_digests, more_diff_ids) = hashes(dir.path());
        layers += more_digests.len();
        digests.extend(more_digests);
        diff_ids.extend(more_diff_ids);
    }
    assert_eq!((digests.len(), diff_ids.len()), (layers, layers));
}

#[test]
fn shared_layers_are_the_same_in_every_image_and_the_others_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let text = "sizes: [{total: 300kB}, {total: 450kB}]\nlayers: [{exact: 3}, {exact: 5}]\nshared_layers: 2";
    let built = build_into(dir.path(), &plan(text, 1), 2);
    assert_eq!(mismatches(dir.path()), []);
    let sets = images(dir.path());
    for image in &sets {
        assert_eq!(image.layers()[..2], sets[0].layers()[..2]);
    }
    let own: BTreeSet<Digest> = sets
        .iter()
        .flat_map(|image| &image.layers()[2..])
        .map(|layer| layer.digest())
        .collect();
    assert_eq!(own.len(), 1 + 3 + 1 + 3);
    assert!(
        built
            .iter()
            .all(|image| [300_000, 450_000].contains(&image.platforms[0].wire_bytes))
    );
}

#[test]
fn the_seed_is_written_into_the_image() {
    let dir = tempfile::tempdir().unwrap();
    build_into(
        dir.path(),
        &plan("sizes: [{total: 100kB}]\nlayers: [{exact: 1}]", 4711),
        1,
    );
    let image = &images(dir.path())[0];
    assert_eq!(
        image.manifest().annotation("dev.pullstudy.seed"),
        Some("4711")
    );
    assert_eq!(image.config().label("dev.pullstudy.seed"), Some("4711"));
    assert_eq!(
        image.config().label("dev.pullstudy.wire_bytes"),
        Some("100000")
    );
}
