//! Sets of numbers that are shaped like the layers of images, always the same ones.

/// A stream of numbers that is the same for ever.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// From 0 up to, but not, 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The layer that most images of the study have: the empty one.
const EMPTY: u64 = 1;
/// Layers of bases have numbers from here on.
const BASES: u64 = 10_000;
/// Layers of single repositories have numbers from here on.
const OWN: u64 = 1_000_000;

/// How many bases there are.
const BASE_COUNT: u64 = 60;

fn base(number: u64) -> impl Iterator<Item = u64> {
    (0..1 + number % 8).map(move |layer| BASES + number * 100 + layer)
}

/// Returns what weighs an item, the same for each peer: no two differences of weights are equal by chance.
pub(super) fn weight(item: u64) -> u64 {
    item.wrapping_mul(2_654_435_761) % (1 << 32) + 1
}

/// Images in repositories of few to many tags: nearly half share one of 60 bases, a third of the tags are
/// the same image as the tag before.
pub(super) fn images(count: usize) -> Vec<Vec<u64>> {
    let mut random = SplitMix(7);
    let mut images = Vec::with_capacity(count);
    let mut own = OWN..;
    while images.len() < count {
        let tags = 1 + (1.0 / (random.part() + 0.004)) as usize;
        let mut common = Vec::new();
        if random.part() < 0.45 {
            let popular = random.part() * random.part();
            common.extend(base((popular * BASE_COUNT as f64) as u64));
            common.extend((random.part() < 0.5).then_some(EMPTY));
        }
        common.extend(own.by_ref().take(random.below(5) as usize));
        let mut last = common.clone();
        for _ in 0..tags {
            if random.part() >= 0.35 {
                last = common.clone();
                last.extend(own.by_ref().take(1 + random.below(6) as usize));
            }
            images.push(last.clone());
        }
    }
    images.truncate(count);
    images
}

/// The shape of a crawl of registries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crawl {
    pub(super) images: usize,
    pub(super) layers: usize,
    /// Images of the largest component, and how many of them differ.
    pub(super) component: usize,
    pub(super) component_distinct: usize,
}

impl Crawl {
    /// That of the published study's crawl.
    pub(super) const STUDY: Self = Self {
        images: 51_519,
        layers: 155_395,
        component: 18_119,
        component_distinct: 11_418,
    };

    /// The same, smaller.
    pub(super) fn scaled(self, scale: f64) -> Self {
        let scaled = |count: usize| ((count as f64 * scale) as usize).max(8);
        Self {
            images: scaled(self.images),
            layers: scaled(self.layers),
            component: scaled(self.component),
            component_distinct: scaled(self.component_distinct),
        }
    }

    /// Makes images of exactly that shape: a component in which all have the empty layer, and repositories that share
    /// nothing with others.
    pub(super) fn images(self) -> Vec<Vec<u64>> {
        let mut random = SplitMix(11);
        let mut own = OWN..;
        let mut images = Vec::with_capacity(self.images);
        for _ in 0..self.component_distinct {
            let popular = random.part() * random.part();
            let mut image = vec![EMPTY];
            image.extend(base((popular * BASE_COUNT as f64) as u64));
            image.extend(own.by_ref().take(1 + random.below(6) as usize));
            images.push(image);
        }
        for copy in 0..self.component - self.component_distinct {
            images.push(images[copy % self.component_distinct].clone());
        }
        while images.len() < self.images {
            let tags =
                (1 + (1.0 / (random.part() + 0.01)) as usize).min(self.images - images.len());
            let common: Vec<u64> = own.by_ref().take(1 + random.below(3) as usize).collect();
            for _ in 0..tags {
                let mut image = common.clone();
                image.extend(own.by_ref().take(random.below(3) as usize));
                images.push(image);
            }
        }
        self.top_up(&mut images, own);
        images
    }

    /// Gives images layers of their own, until there are as many different layers as there are to be.
    fn top_up(self, images: &mut [Vec<u64>], mut own: std::ops::RangeFrom<u64>) {
        let mut layers: Vec<u64> = images.concat();
        layers.sort_unstable();
        layers.dedup();
        let missing = self.layers.saturating_sub(layers.len());
        // Not the component's: its copies are to stay copies.
        let rest = &mut images[self.component..];
        let count = rest.len();
        for position in 0..missing {
            rest[position % count].extend(own.next());
        }
    }
}

/// How many layers there are to be drawn from in [`zipf`].
const ZIPF_LAYERS: f64 = 6_000_000.0;

/// Sets of 12 layers drawn by Zipf's law: the layer of rank `r` comes with a frequency in proportion to `1 / r`. Half of
/// the sets keep most of an earlier one, as tags of a repository do.
pub(super) fn zipf(count: usize) -> Vec<[u64; 12]> {
    let mut random = SplitMix(3);
    let mut sets: Vec<[u64; 12]> = Vec::with_capacity(count);
    for position in 0..count {
        let mut draw = || ZIPF_LAYERS.powf(random.part()) as u64;
        let mut set = [0; 12];
        set.fill_with(&mut draw);
        if position > 0 && random.part() < 0.5 {
            let before = sets[position - 1 - random.below(position.min(64) as u64) as usize];
            let kept = 6 + random.below(7) as usize;
            set[..kept].copy_from_slice(&before[..kept]);
        }
        sets.push(set);
    }
    sets
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_crawl_has_the_shape_asked_for() {
        let shape = Crawl::STUDY.scaled(0.02);
        let images = shape.images();
        let layers: HashSet<u64> = images.concat().into_iter().collect();
        assert_eq!((images.len(), layers.len()), (shape.images, shape.layers));
        let component: HashSet<&Vec<u64>> = images
            .iter()
            .filter(|image| image.contains(&EMPTY))
            .collect();
        assert_eq!(component.len(), shape.component_distinct);
    }

    #[test]
    fn the_same_images_are_made_every_time() {
        assert_eq!(images(500), images(500));
        assert_eq!(images(500).len(), 500);
        assert_eq!(zipf(100), zipf(100));
    }
}
