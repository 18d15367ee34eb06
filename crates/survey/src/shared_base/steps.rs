//! Which layers of different images were made by the same step.

use std::collections::HashMap;

use crate::collection::{CollectedImage, Collection};
use crate::instruction::instruction;

/// What made each layer of some images.
pub(super) struct Steps {
    /// Of each image, first layer to last.
    pub(super) numbers: Vec<Vec<u32>>,
}

/// What makes two steps the same, if all before them are.
#[derive(PartialEq, Eq, Hash)]
enum Step<'a> {
    /// The root file system of a distribution, whichever.
    Root,
    /// A command that only what is there before can change.
    Ran(&'a str),
    /// Anything else, as what was copied from elsewhere: the layer itself.
    Layer(u32),
}

impl Steps {
    pub(super) fn of(collection: &Collection, images: &[usize]) -> Self {
        let mut numbers = HashMap::new();
        let images = images.iter().map(|&image| collection.image(image));
        let numbered = images.map(|image| {
            let steps = steps(collection, image).into_iter();
            let number = |step| {
                let next = u32::try_from(numbers.len()).expect("steps are numbered in 32 bits");
                *numbers.entry(step).or_insert(next)
            };
            steps.map(number).collect()
        });
        Self {
            numbers: numbered.collect(),
        }
    }
}

fn steps<'a>(collection: &'a Collection, image: &CollectedImage) -> Vec<Step<'a>> {
    let Some(made) = image.steps_of_layers() else {
        return image.layers.iter().copied().map(Step::Layer).collect();
    };
    let steps = image.layers.iter().zip(made).enumerate();
    let steps = steps.map(|(position, (&layer, made))| {
        let command = made.command.map(|command| collection.command(command));
        match command {
            Some(command) if position == 0 && is_root(command) => Step::Root,
            Some(command) if is_run(command) => Step::Ran(command),
            _ => Step::Layer(layer),
        }
    });
    steps.collect()
}

/// As base images of distributions begin: `ADD file:… in /`, with the hash of an archive.
fn is_root(command: &str) -> bool {
    let command = command.trim_end();
    instruction(command) == Some("ADD") && command.contains(" file:") && command.ends_with(" in /")
}

/// Builders without Dockerfiles write one command for whatever they put in.
fn is_run(command: &str) -> bool {
    matches!(instruction(command), Some("RUN" | "WORKDIR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_is_no_command() {
        for command in [
            "RUN /bin/sh -c apt-get update # buildkit",
            "WORKDIR /opt",
            "/bin/sh -c apt-get update",
            "|1 TARGETARCH=amd64 /bin/sh -c apt-get update",
        ] {
            assert!(is_run(command), "{command}");
        }
        for command in [
            "COPY /opt/software /opt/software # buildkit",
            "/bin/sh -c #(nop) COPY dir:12ab in /opt",
            "bazel build ...",
            "ko build ko://github.com/org/app",
        ] {
            assert!(!is_run(command), "{command}");
        }
    }

    #[test]
    fn distributions_begin_with_an_archive() {
        assert!(is_root("/bin/sh -c #(nop) ADD file:3bd1 in / "));
        assert!(!is_root("/bin/sh -c #(nop) ADD file:3bd1 in /opt"));
        assert!(!is_root("ADD rootfs.tar.xz / # buildkit"));
    }
}
