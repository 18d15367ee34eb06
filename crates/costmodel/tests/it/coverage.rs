//! Intervals hold what they claim, in made-up clusters whose truth is known.

use pullstudy_costmodel::{FitOptions, NodeProfile, Observation, Sizes, fit};

/// Clusters that are made up for each figure. The seed is fixed, so the figures are.
const CLUSTERS: u64 = 30;

/// Nodes that are predicted for in each.
const NEW_NODES: u32 = 16;

/// The study's six sizes.
const SIZES: [u64; 6] = [
    1_176_249_324,
    2_770_722_493,
    6_836_726_027,
    10_902_729_561,
    14_968_733_095,
    19_034_736_629,
];

/// Numbers that look like chance and are the same each time (SplitMix64 by Steele, Lea and Flood, OOPSLA 2014).
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Twelve uniform ones less six have mean 0 and deviation 1, and are normal enough.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// What is true of a cluster.
struct Truth {
    /// Deviation of nodes, and of single downloads, as logarithms.
    nodes: f64,
    downloads: f64,
    /// Share of nodes whose disk is a third slower.
    slow: f64,
    /// Bytes of the disk's burst, and the rates before and after.
    burst: (u64, f64, f64),
    /// Deviation of images.
    images: f64,
}

const PLAIN: Truth = Truth {
    nodes: 0.05,
    downloads: 0.03,
    slow: 0.0,
    burst: (u64::MAX, 150e6, 150e6),
    images: 0.0,
};

impl Truth {
    fn seconds(&self, bytes: u64) -> f64 {
        let (burst, fast, slow) = self.burst;
        let beyond = bytes.saturating_sub(burst);
        2.0 + (bytes - beyond) as f64 / fast + beyond as f64 / slow
    }

    /// Pulls of all images by each of so many nodes.
    fn pulls(&self, chance: &mut Chance, images: &[f64], nodes: u32) -> Vec<Observation> {
        let mut pulls = Vec::new();
        for node in 0..nodes {
            let is_slow = chance.uniform() < self.slow;
            let node_effect = self.nodes * chance.normal() + if is_slow { 0.3 } else { 0.0 };
            for (bytes, image) in SIZES.into_iter().zip(images) {
                let error = image + node_effect + self.downloads * chance.normal();
                pulls.push(
                    Observation::new(format!("app:{bytes}"), self.seconds(bytes) * error.exp())
                        .unpacked_bytes(bytes)
                        .on_node(format!("node-{node}"))
                        .nodes(nodes)
                        .in_run("run"),
                );
            }
        }
        pulls
    }

    /// The share of pulls on further nodes within the interval, and the median error of medians.
    fn covered(&self, nodes: &[u32]) -> (f64, f64) {
        let (mut inside, mut all, mut errors) = (0, 0, Vec::new());
        for cluster in 0..CLUSTERS {
            let mut chance = Chance(cluster);
            let images = SIZES.map(|_| self.images * chance.normal());
            let measured: Vec<Observation> = nodes
                .iter()
                .flat_map(|&nodes| self.pulls(&mut chance, &images, nodes))
                .collect();
            let profile = fit(&measured, &FitOptions::default()).unwrap().profile;
            for pull in self.pulls(&mut chance, &images, NEW_NODES) {
                let prediction = predict(&profile, &pull);
                let range = prediction.p5_seconds..=prediction.p95_seconds;
                inside += usize::from(range.contains(&pull.seconds));
                all += 1;
            }
            for (bytes, image) in SIZES.into_iter().zip(images) {
                let truth = self.seconds(bytes) * image.exp();
                let pull = Observation::new("app", truth).unpacked_bytes(bytes);
                errors.push((predict(&profile, &pull).median_seconds / truth - 1.0).abs());
            }
        }
        errors.sort_by(f64::total_cmp);
        (inside as f64 / all as f64, errors[errors.len() / 2])
    }
}

fn predict(profile: &NodeProfile, pull: &Observation) -> pullstudy_costmodel::Prediction {
    let sizes = Sizes {
        unpacked_bytes: pull.unpacked_bytes,
        ..Sizes::default()
    };
    profile.predict_image(&pull.image, &sizes).unwrap()
}

fn check(truth: &Truth, nodes: &[u32], error_at_most: f64) {
    let (covered, error) = truth.covered(nodes);
    assert!((0.85..=0.95).contains(&covered), "{covered} are inside");
    assert!(error <= error_at_most, "median error {error}");
}

#[test]
fn nodes_that_differ() {
    check(&PLAIN, &[4, 8], 0.02);
}

#[test]
fn nodes_that_are_nearly_alike() {
    let truth = Truth {
        nodes: 0.005,
        downloads: 0.02,
        ..PLAIN
    };
    check(&truth, &[4, 8], 0.01);
}

#[test]
fn two_kinds_of_nodes() {
    let truth = Truth { slow: 0.3, ..PLAIN };
    // Half of the pulls are slower than those of the usual node, so the median is, too.
    check(&truth, &[8, 16], 0.12);
}

/// 335 MB/s to about 7 GB, then 131 MB/s, as on the study's AWS nodes.
#[test]
fn disks_whose_burst_ends() {
    let truth = Truth {
        burst: (7_000_000_000, 335e6, 131e6),
        ..PLAIN
    };
    check(&truth, &[4, 8], 0.02);
}

#[test]
fn images_that_differ() {
    let truth = Truth {
        images: 0.2,
        ..PLAIN
    };
    check(&truth, &[4, 8], 0.03);
}

#[test]
fn few_nodes() {
    check(&PLAIN, &[4], 0.03);
}

/// Images as they are: each compresses as it does, and their layers count, too.
fn real_images(chance: &mut Chance, count: usize) -> Vec<Observation> {
    let image = |at| {
        let wire = (20e6 * (chance.uniform() * 5.0).exp()) as u64;
        let unpacked = (wire as f64 * (1.8 + 2.0 * chance.uniform())) as u64;
        let layers = 3 + (chance.uniform() * 20.0) as u32;
        let seconds = 1.0 + wire as f64 / 60e6 + unpacked as f64 / 200e6 + 0.05 * f64::from(layers);
        Observation::new(format!("app:{at}"), seconds)
            .wire_bytes(wire)
            .unpacked_bytes(unpacked)
            .layers(layers)
    };
    (0..count).map(image).collect()
}

fn pulled(chance: &mut Chance, images: &[Observation], nodes: usize) -> Vec<Observation> {
    let mut pulls = Vec::new();
    for node in 0..nodes {
        let node_effect = 0.04 * chance.normal();
        for image in images {
            let mut pull = image.clone().on_node(format!("node-{node}"));
            pull.seconds *= (node_effect + 0.03 * chance.normal()).exp();
            pulls.push(pull);
        }
    }
    pulls
}

/// Fitted to twenty images on eight nodes, and asked for ten other images on sixteen other nodes.
#[test]
fn images_that_were_not_measured() {
    let (mut inside, mut all, mut errors) = (0, 0, Vec::new());
    for cluster in 0..CLUSTERS {
        let mut chance = Chance(cluster);
        let measured = real_images(&mut chance, 20);
        let measured = pulled(&mut chance, &measured, 8);
        let profile = fit(&measured, &FitOptions::default()).unwrap().profile;
        let others = real_images(&mut chance, 10);
        for pull in pulled(&mut chance, &others, NEW_NODES as usize) {
            let prediction = profile.predict(&sizes(&pull)).unwrap();
            let range = prediction.p5_seconds..=prediction.p95_seconds;
            inside += usize::from(range.contains(&pull.seconds));
            all += 1;
        }
        for image in others {
            let median = profile.predict(&sizes(&image)).unwrap().median_seconds;
            errors.push((median / image.seconds - 1.0).abs());
        }
    }
    errors.sort_by(f64::total_cmp);
    let covered = f64::from(inside as u32) / f64::from(all);
    assert!((0.85..=0.95).contains(&covered), "{covered} are inside");
    let (median, worst) = (errors[errors.len() / 2], errors[errors.len() - 1]);
    assert!(median <= 0.02 && worst <= 0.1, "{median} {worst}");
}

fn sizes(image: &Observation) -> Sizes {
    Sizes {
        wire_bytes: image.wire_bytes,
        unpacked_bytes: image.unpacked_bytes,
        layers: image.layers,
        ..Sizes::default()
    }
}
