//! Layers that the same commands made.

use std::collections::HashMap;

use super::advice::{Advice, AdviceKind};
use super::groups::Groups;
use super::plan::Plan;
use super::swap::swap;
use crate::practices::command_names;
use crate::{CollectedImage, Collection, instruction};

/// Commands that install packages of the system, or fetch and unpack: what is copied before means nothing to them.
const STANDALONE: [&str; 35] = [
    "apk",
    "apt",
    "apt-get",
    "apt-mark",
    "cd",
    "chmod",
    "curl",
    "dnf",
    "dpkg-reconfigure",
    "echo",
    "export",
    "gunzip",
    "ldconfig",
    "ln",
    "locale-gen",
    "microdnf",
    "mkdir",
    "mv",
    "rm",
    "set",
    "sleep",
    "tar",
    "tdnf",
    "true",
    "unxz",
    "unzip",
    "update-ca-certificates",
    "update-locale",
    "useradd",
    "groupadd",
    "wget",
    "yum",
    "zypper",
    "ls",
    "xz",
];

/// What a step of an image's making is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Known {
    /// By its command.
    Command(u32),
    /// By its layer alone: the command does not tell what is in it.
    Layer(u32),
    /// By what the image is for: the same command makes other files elsewhere. It is no step, but stands before all.
    Platform(u32),
}

/// A step that made a layer which the plan still has.
#[derive(Debug, Clone, Copy)]
struct Made {
    layer: u32,
    known: Known,
    command: Option<u32>,
    /// A number for all steps up to this one.
    chain: u32,
    /// A number for all layers before that are known by themselves alone, without the first.
    copies: u32,
}

/// Numbers for chains of steps: equal chains, equal numbers.
#[derive(Debug, Default)]
struct Chains(HashMap<(u32, Known), u32>);

impl Chains {
    fn next(&mut self, chain: u32, step: Known) -> u32 {
        let number = u32::try_from(self.0.len() + 1).expect("steps are numbered in 32 bits");
        *self.0.entry((chain, step)).or_insert(number)
    }
}

/// The steps of all images of which it is known which step made which layer.
struct Steps<'c> {
    collection: &'c Collection,
    chains: Chains,
    copies: Chains,
    platforms: HashMap<Platform<'c>, u32>,
}

/// The system, the architecture, and what an index adds for 32-bit ARM, where it matters.
type Platform<'c> = (Option<&'c str>, Option<&'c str>, Option<&'c str>);

fn platform(image: &CollectedImage) -> Platform<'_> {
    let listed = image.listed_platform.as_deref();
    let variant = listed.and_then(|listed| listed.split('/').nth(2));
    let architecture = image.architecture.as_deref();
    let variant = variant.filter(|_| architecture == Some("arm"));
    (image.os.as_deref(), architecture, variant)
}

impl<'c> Steps<'c> {
    fn new(collection: &'c Collection) -> Self {
        Self {
            collection,
            chains: Chains::default(),
            copies: Chains::default(),
            platforms: HashMap::new(),
        }
    }

    /// Returns a number for what an image is for.
    fn platform(&mut self, image: &'c CollectedImage) -> u32 {
        let number = u32::try_from(self.platforms.len()).expect("platforms are few");
        *self.platforms.entry(platform(image)).or_insert(number)
    }

    /// Returns the steps that made layers of an image.
    fn of(&mut self, image: &'c CollectedImage, plan: &Plan) -> Vec<Made> {
        if image.steps_of_layers().is_none() {
            return Vec::new();
        }
        let platform = Known::Platform(self.platform(image));
        let (mut chain, mut copies) = (self.chains.next(0, platform), 0);
        let mut made: Vec<Made> = Vec::new();
        let mut layers = image.layers.iter();
        for step in &image.steps {
            if step.empty_layer {
                chain = self.after_setting(chain, step.command);
                continue;
            }
            let layer = layers.next().and_then(|&layer| plan.current(layer));
            let Some(known) = self.known(step.command, layer) else {
                continue;
            };
            chain = self.chains.next(chain, known);
            // What is left out counts as a step, and is no layer.
            let Some(layer) = layer else {
                continue;
            };
            made.push(Made {
                layer,
                known,
                command: step.command,
                chain,
                copies,
            });
            if matches!(known, Known::Layer(_)) && made.len() > 1 {
                copies = self.copies.next(copies, known);
            }
        }
        made
    }

    /// A step without a layer counts if it changes what later commands see.
    fn after_setting(&mut self, chain: u32, command: Option<u32>) -> u32 {
        let settings = ["ENV", "ARG", "USER", "SHELL", "WORKDIR"];
        let is_setting = |command: &u32| {
            let text = self.collection.command(*command);
            instruction(text).is_some_and(|name| settings.contains(&name))
        };
        match command.filter(is_setting) {
            Some(command) => self.chains.next(chain, Known::Command(command)),
            None => chain,
        }
    }

    fn known(&self, command: Option<u32>, layer: Option<u32>) -> Option<Known> {
        let tells = |command: &u32| tells_contents(self.collection.command(*command));
        match command.filter(tells) {
            Some(command) => Some(Known::Command(command)),
            None => layer.map(Known::Layer),
        }
    }
}

/// Whether equal commands are meant to make equal layers: a RUN, or a copy of files whose hash is in the command, as Docker's
/// older builder writes it.
fn tells_contents(command: &str) -> bool {
    match instruction(command) {
        Some("RUN" | "WORKDIR") => true,
        Some("ADD" | "COPY") => ["file:", "dir:", "multi:"].iter().any(|kind| {
            let hash = command.split_once(kind).map_or("", |(_, rest)| rest);
            let digits = hash.bytes().take_while(u8::is_ascii_hexdigit);
            digits.count() == 64
        }),
        _ => false,
    }
}

/// Advises to build once what the same steps from the first one on made several times.
pub(super) fn build_once(collection: &Collection, plan: &mut Plan) -> Vec<Advice> {
    let mut steps = Steps::new(collection);
    let mut groups: Groups<u32> = Groups::default();
    for image in collection.images() {
        for made in steps.of(image, plan) {
            if matches!(made.known, Known::Command(_)) {
                groups.add(made.chain, made.layer, made.command);
            }
        }
    }
    swap(AdviceKind::BuildOnce, groups.swaps(plan), plan)
}

/// Advises to put commands that several images have in front of what differs between them. Also returns the bytes that
/// stay, because such commands may need files that were copied before.
pub(super) fn reorder(collection: &Collection, plan: &mut Plan) -> (Vec<Advice>, u64) {
    let mut steps = Steps::new(collection);
    let mut standalone: HashMap<u32, bool> = HashMap::new();
    let (mut groups, mut all) = (Groups::default(), Groups::default());
    for image in collection.images() {
        let made = steps.of(image, plan);
        let Some(first) = made.first().map(|made| made.layer) else {
            continue;
        };
        // Some first layers are for several platforms.
        let first = (first, steps.platform(image));
        // The same command twice in an image makes two layers.
        let mut times: HashMap<u32, u32> = HashMap::new();
        for made in &made[1..] {
            let Some(command) = made.command.filter(|&command| is_run(collection, command)) else {
                continue;
            };
            let time = times.entry(command).or_default();
            *time += 1;
            let needs_nothing = *standalone
                .entry(command)
                .or_insert_with(|| is_standalone(collection.command(command)));
            let copies = (!needs_nothing).then_some(made.copies);
            groups.add((first, command, *time, copies), made.layer, Some(command));
            all.add((first, command, *time), made.layer, Some(command));
        }
    }
    let advice = swap(AdviceKind::Reorder, groups.swaps(plan), plan);
    (advice, all.surplus(plan))
}

fn is_run(collection: &Collection, command: u32) -> bool {
    instruction(collection.command(command)) == Some("RUN")
}

fn is_standalone(command: &str) -> bool {
    let script = command.split_once(" -c ").map_or("", |(_, script)| script);
    let names = command_names(script);
    !names.is_empty() && names.iter().all(|name| STANDALONE.contains(&name.as_str()))
}
