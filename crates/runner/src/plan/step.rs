//! The steps of a study, in the order in which they are done.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;

use pullstudy_image::{Digest, Reference};

use super::file::{ImageSource, Order, Strategy, StudyFile};
use super::order::shuffle;
use super::problem::PlanError;
use crate::PullPolicy;

/// An image of a study, with what is known of its size before it is pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StudyImage {
    /// What is pulled.
    pub reference: Reference,
    /// Sum of the layers' stored sizes.
    pub wire_bytes: Option<u64>,
    /// Sum of the regular files' sizes.
    pub unpacked_bytes: Option<u64>,
    /// How many layers.
    pub layers: Option<u64>,
}

impl StudyImage {
    /// An image of which nothing but the name is known.
    #[must_use]
    pub fn new(reference: Reference) -> Self {
        Self {
            reference,
            wire_bytes: None,
            unpacked_bytes: None,
            layers: None,
        }
    }
}

/// One image onto a number of nodes at once: what an engine does in one go.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Its position, from 0.
    pub number: usize,
    /// What tells it from all others of the study, and is the same whenever the study is read again.
    pub key: String,
    /// The experiment, with the strategy where there are several: the name of a folder.
    pub experiment: String,
    /// The strategy.
    pub strategy: Strategy,
    /// On how many nodes.
    pub nodes: u32,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// The image, at the registry that the strategy names.
    pub image: StudyImage,
    /// Whether the registry is asked for an image that is present.
    pub policy: PullPolicy,
    /// How many layers are downloaded at once (engine `local`).
    pub downloads: Option<NonZeroUsize>,
}

/// All steps of a study.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// What the study is.
    pub study: StudyFile,
    /// Its steps.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Lays out the steps of a study. `images` are what [`StudyFile::images`] stands for, by number of nodes or for all;
    /// `nodes` takes the place of [`StudyFile::nodes`] where it is not empty.
    ///
    /// # Errors
    ///
    /// [`PlanError`] where there is nothing to do, or not clear what.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_runner::{Plan, StudyFile, StudyImage};
    ///
    /// let text = "images: {references: [a.example/x:1, a.example/y:1]}\nnodes: [4, 8]\nrepeats: 2";
    /// let study = StudyFile::parse("study.yaml", text)?;
    /// let images = ["a.example/x:1", "a.example/y:1"].map(|name| StudyImage::new(name.parse().unwrap()));
    /// let plan = Plan::new(study, &images, &[])?;
    /// assert_eq!(plan.steps.len(), 2 * 2 * 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        mut study: StudyFile,
        images: &[StudyImage],
        nodes: &[u32],
    ) -> Result<Self, PlanError> {
        if !nodes.is_empty() {
            study.nodes = nodes.to_vec();
        }
        let experiment = || study.experiment.clone();
        if study.nodes.is_empty() {
            return Err(PlanError::NoNodes {
                experiment: experiment(),
            });
        }
        if images.is_empty() {
            return Err(PlanError::NoImages {
                experiment: experiment(),
            });
        }
        let mut known = HashSet::new();
        if let Some(twice) = images.iter().find(|image| !known.insert(&image.reference)) {
            return Err(PlanError::Twice {
                image: twice.reference.to_string(),
            });
        }
        let mut steps = Vec::new();
        for repeat in 0..study.repeats {
            let mut block = block(&study, images, repeat)?;
            if let Order::Random { seed } = study.order {
                shuffle(&mut block, seed, repeat);
            }
            steps.append(&mut block);
        }
        for (number, step) in steps.iter_mut().enumerate() {
            step.number = number;
        }
        Ok(Self { study, steps })
    }

    /// Returns a digest of all that decides what is measured: a study that was begun goes on only if it is the same.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let keys: Vec<&str> = self.steps.iter().map(|step| step.key.as_str()).collect();
        let study = &self.study;
        let settings = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            study.cache, study.policy, study.run, study.strategies, study.kubernetes
        );
        let text = format!("{}\0{settings}", keys.join("\0"));
        Digest::of(text.as_bytes()).hex()[..32].to_owned()
    }

    /// Returns the largest number of nodes that a step wants.
    #[must_use]
    pub fn most_nodes(&self) -> u32 {
        self.steps.iter().map(|step| step.nodes).max().unwrap_or(0)
    }
}

/// The steps of one repeat, as they stand in the file.
fn block(study: &StudyFile, images: &[StudyImage], repeat: u32) -> Result<Vec<Step>, PlanError> {
    let mut steps = Vec::new();
    for &nodes in &study.nodes {
        let images = images_for(study, images, nodes)?;
        for strategy in &study.strategies {
            for image in &images {
                steps.push(step(study, strategy, nodes, repeat, image)?);
            }
        }
    }
    Ok(steps)
}

fn images_for<'a>(
    study: &StudyFile,
    images: &'a [StudyImage],
    nodes: u32,
) -> Result<Vec<&'a StudyImage>, PlanError> {
    let ImageSource::ByNodes(lists) = &study.images else {
        return Ok(images.iter().collect());
    };
    let list = lists
        .get(&nodes)
        .ok_or_else(|| no_images(study, lists, nodes))?;
    Ok(images
        .iter()
        .filter(|image| list.contains(&image.reference))
        .collect())
}

fn no_images(study: &StudyFile, lists: &BTreeMap<u32, Vec<Reference>>, nodes: u32) -> PlanError {
    let known: Vec<String> = lists.keys().map(u32::to_string).collect();
    PlanError::NoImagesForNodes {
        experiment: study.experiment.clone(),
        nodes,
        known: known.join(", "),
    }
}

fn step(
    study: &StudyFile,
    strategy: &Strategy,
    nodes: u32,
    repeat: u32,
    image: &StudyImage,
) -> Result<Step, PlanError> {
    let mut image = image.clone();
    image.reference = at_registry(&image.reference, strategy)?;
    let experiment = match study.strategies.len() {
        1 => study.experiment.clone(),
        _ => format!("{}-{}", study.experiment, strategy.name),
    };
    Ok(Step {
        number: 0,
        key: format!(
            "{experiment} nodes={nodes} repeat={repeat} {}",
            image.reference
        ),
        experiment,
        policy: strategy.policy.unwrap_or(study.policy),
        downloads: strategy.downloads,
        strategy: strategy.clone(),
        nodes,
        repeat,
        image,
    })
}

/// The same image at another registry.
fn at_registry(image: &Reference, strategy: &Strategy) -> Result<Reference, PlanError> {
    let Some(registry) = &strategy.registry else {
        return Ok(image.clone());
    };
    let suffix = match (image.tag(), image.digest()) {
        (Some(tag), Some(digest)) => format!(":{tag}@{digest}"),
        (None, Some(digest)) => format!("@{digest}"),
        (_, None) => format!(":{}", image.tag_or_latest()),
    };
    let moved = format!("{registry}/{}{suffix}", image.repository());
    let bad = || PlanError::Registry {
        strategy: strategy.name.clone(),
        registry: registry.clone(),
        image: image.to_string(),
    };
    let moved: Reference = moved.parse().map_err(|_| bad())?;
    if moved.registry() == registry {
        Ok(moved)
    } else {
        Err(bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(names: &[&str]) -> Vec<StudyImage> {
        let image = |name: &&str| StudyImage::new(name.parse().unwrap());
        names.iter().map(image).collect()
    }

    fn study(text: &str) -> StudyFile {
        StudyFile::parse("s.yaml", text).unwrap()
    }

    const TWO: &str = "images: {references: [a.example/x:1, a.example/y:1]}\n";

    #[test]
    fn repeats_are_blocks_and_the_order_within_is_random() {
        let names: Vec<String> = (0..8).map(|n| format!("a.example/x:{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let text = format!(
            "images: {{references: [{}]}}\nnodes: [4, 8]\nrepeats: 3\norder: {{seed: 5}}",
            names.join(", ")
        );
        let plan = Plan::new(study(&text), &images(&names), &[]).unwrap();
        let repeats: Vec<u32> = plan.steps.iter().map(|step| step.repeat).collect();
        assert!(repeats.is_sorted() && repeats.len() == 48);
        let block = |repeat| -> Vec<_> {
            let steps = plan.steps.iter().filter(|step| step.repeat == repeat);
            steps
                .map(|step| (step.nodes, step.image.reference.to_string()))
                .collect()
        };
        assert_ne!(block(0), block(1));
        let sorted = |repeat| {
            let mut block = block(repeat);
            block.sort();
            block
        };
        assert_eq!(sorted(0), sorted(2));
        let keys: HashSet<&str> = plan.steps.iter().map(|step| step.key.as_str()).collect();
        assert_eq!(keys.len(), 48);
    }

    #[test]
    fn a_strategy_changes_where_and_how_it_is_pulled() {
        let text = format!(
            "{TWO}nodes: [1]\norder: as-written\nstrategies: [{{name: far}}, {{name: near, registry: '10.0.0.5:5000', pull-policy: if-not-present}}]"
        );
        let plan = Plan::new(
            study(&text),
            &images(&["a.example/x:1", "a.example/y:1"]),
            &[],
        )
        .unwrap();
        let steps: Vec<_> = plan
            .steps
            .iter()
            .map(|step| {
                (
                    step.experiment.as_str(),
                    step.image.reference.to_string(),
                    step.policy,
                )
            })
            .collect();
        assert_eq!(
            steps[0],
            ("s-far", "a.example/x:1".to_owned(), PullPolicy::Always)
        );
        assert_eq!(
            steps[2],
            (
                "s-near",
                "10.0.0.5:5000/x:1".to_owned(),
                PullPolicy::IfNotPresent
            )
        );
    }

    #[test]
    fn what_makes_no_plan_is_told() {
        let two = images(&["a.example/x:1", "a.example/y:1"]);
        let nothing = Plan::new(study(TWO), &two, &[]).unwrap_err();
        assert!(matches!(nothing, PlanError::NoNodes { .. }));
        assert!(Plan::new(study(TWO), &two, &[4]).is_ok());
        assert!(matches!(
            Plan::new(study(TWO), &[], &[4]),
            Err(PlanError::NoImages { .. })
        ));
        let twice = Plan::new(study(TWO), &[two[0].clone(), two[0].clone()], &[4]);
        assert!(matches!(twice, Err(PlanError::Twice { .. })));
        let bad = format!("{TWO}nodes: [1]\nstrategies: [{{name: far, registry: library}}]");
        assert!(matches!(
            Plan::new(study(&bad), &two, &[]),
            Err(PlanError::Registry { .. })
        ));
    }

    #[test]
    fn the_fingerprint_is_of_what_is_measured() {
        let two = images(&["a.example/x:1", "a.example/y:1"]);
        let print = |text: &str| {
            Plan::new(study(&format!("{TWO}nodes: [4]\n{text}")), &two, &[])
                .unwrap()
                .fingerprint()
        };
        assert_eq!(print(""), print("timeouts: {image: 2h}"));
        assert_ne!(print(""), print("repeats: 2"));
        assert_ne!(print(""), print("cache: keep"));
    }
}
