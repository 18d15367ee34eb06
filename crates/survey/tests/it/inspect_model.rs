//! Random layers, against a model that knows paths as texts and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::made::{LayerTar, image};

#[derive(Clone, Debug)]
enum Step {
    File(String, u8, u16),
    Folder(String),
    HardLink(String, String),
    Fifo(String),
    Whiteout(String),
    Opaque(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Thing {
    Folder,
    File(usize),
    Other,
}

/// Every path there is, what it is, and which layer put it last.
#[derive(Default)]
struct Model {
    paths: BTreeMap<String, (Thing, usize)>,
    sizes: Vec<u64>,
}

impl Model {
    fn apply(&mut self, layer: usize, step: &Step) {
        match step {
            Step::File(path, _, size) => {
                self.sizes.push((*size).into());
                let thing = Thing::File(self.sizes.len() - 1);
                self.put(layer, path, thing);
            }
            Step::Folder(path) => self.put(layer, path, Thing::Folder),
            Step::Fifo(path) => self.put(layer, path, Thing::Other),
            Step::HardLink(path, target) => self.link(layer, path, target),
            Step::Whiteout(path) => self.remove(layer, |other| other == path || below(other, path)),
            Step::Opaque(path) => self.remove(layer, |other| below(other, path)),
        }
    }

    /// Makes the folders above; tells whether there is something else in their place.
    fn make_way(&mut self, layer: usize, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(end, _)| end);
        let above: Vec<&str> = ends.map(|end| &path[..end]).collect();
        let mut made = Vec::new();
        for folder in above {
            match self.paths.get(folder) {
                Some((Thing::Folder, _)) | None => made.push(folder),
                _ => return false,
            }
            if !self.paths.contains_key(folder) {
                self.paths.insert(folder.to_owned(), (Thing::Folder, layer));
            }
        }
        for folder in made {
            self.paths.insert(folder.to_owned(), (Thing::Folder, layer));
        }
        true
    }

    fn put(&mut self, layer: usize, path: &str, thing: Thing) {
        if !self.make_way(layer, path) {
            return;
        }
        if thing != Thing::Folder || self.paths.get(path).map(|(old, _)| *old) != Some(thing) {
            self.paths
                .retain(|other, _| other != path && !below(other, path));
        }
        self.paths.insert(path.to_owned(), (thing, layer));
    }

    fn link(&mut self, layer: usize, path: &str, target: &str) {
        if !self.make_way(layer, path) {
            return;
        }
        match self.paths.get(target).copied() {
            None | Some((Thing::Folder, _)) => {}
            Some((thing, _)) => {
                if path == target {
                    self.paths.insert(path.to_owned(), (thing, layer));
                } else {
                    self.put(layer, path, thing);
                }
            }
        }
    }

    fn remove(&mut self, layer: usize, is_meant: impl Fn(&str) -> bool) {
        self.paths
            .retain(|path, (_, put)| !is_meant(path) || *put == layer);
    }

    fn surviving(&self) -> u64 {
        let files = self.paths.values().filter_map(|(thing, _)| match thing {
            Thing::File(file) => Some(*file),
            _ => None,
        });
        let files: BTreeSet<usize> = files.collect();
        files.into_iter().map(|file| self.sizes[file]).sum()
    }
}

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn tar(steps: &[Step]) -> Vec<u8> {
    let put = |tar: LayerTar, step: &Step| match step {
        Step::File(path, byte, size) => tar.file(path, &vec![*byte; (*size).into()]),
        Step::Folder(path) => tar.folder(path),
        Step::HardLink(path, target) => tar.hard_link(path, target),
        Step::Fifo(path) => tar.entry(::tar::EntryType::Fifo, path, "", b""),
        Step::Whiteout(path) => {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            tar.file(&format!("{folder}/.wh.{name}"), b"")
        }
        Step::Opaque(path) => tar.file(&format!("{path}/.wh..wh..opq"), b""),
    };
    steps.iter().fold(LayerTar::new(), put).bytes()
}

fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c"]);
    prop::collection::vec(name, 1..4).prop_map(|names| names.join("/"))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (path(), 0..3_u8, 0..900_u16).prop_map(|(path, byte, size)| Step::File(path, byte, size)),
        2 => path().prop_map(Step::Folder),
        2 => (path(), path()).prop_map(|(path, target)| Step::HardLink(path, target)),
        1 => path().prop_map(Step::Fifo),
        2 => path().prop_map(Step::Whiteout),
        1 => path().prop_map(Step::Opaque),
    ]
}

proptest! {
    #[test]
    fn random_layers_leave_what_the_model_leaves(
        layers in prop::collection::vec(prop::collection::vec(step(), 0..12), 1..5)
    ) {
        let mut model = Model::default();
        for (number, steps) in layers.iter().enumerate() {
            steps.iter().for_each(|step| model.apply(number, step));
        }
        let tars: Vec<Vec<u8>> = layers.iter().map(|steps| tar(steps)).collect();
        let report = image(&tars).deep();
        prop_assert_eq!(report.unpacked_bytes, Some(model.sizes.iter().sum::<u64>()));
        // A file without a name, below something that is no folder, is unpacked nowhere, and refused by engines.
        let refused: u64 = report.findings.iter().filter(|one| one.code.name() == "unusable-entry").count() as u64;
        prop_assert_eq!(report.surviving_bytes, Some(model.surviving()));
        if refused == 0 {
            prop_assert_eq!(
                report.wasted_bytes.unwrap() + report.surviving_bytes.unwrap(),
                report.unpacked_bytes.unwrap()
            );
        }
    }
}
