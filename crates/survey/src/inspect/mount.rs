//! How long the options are with which engines mount an image's layers.
//!
//! `mount(2)` takes one page of options, the NUL at their end included.

/// What fits into a page of 4,096 bytes.
pub(super) const MOST_BYTES: u64 = 4095;

/// Where containerd's overlayfs snapshotter keeps layers by default.
const CONTAINERD_SNAPSHOTS: &str =
    "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots";

/// Digits of a snapshot's number, assumed to be those of a node that has unpacked ten thousand layers.
const SNAPSHOT_DIGITS: u64 = 5;

/// containerd shortens the folders' names when the options come within so many bytes of a page.
const CONTAINERD_SPARE_BYTES: u64 = 512;

/// `l/` and 26 letters: the links that Docker's overlay2 makes for its layers.
const DOCKER_LINK_BYTES: u64 = 28;

/// The folder of a container in overlay2, named by 64 hexadecimal digits.
const DOCKER_ID_BYTES: u64 = 64;

/// Where Docker's overlay2 keeps layers by default.
const DOCKER_HOME: &str = "/var/lib/docker/overlay2";

/// No manifest has room for more layers; above it, the length would not fit into its type.
const MOST_LAYERS: u64 = 1 << 40;

const fn length(text: &str) -> u64 {
    text.len() as u64
}

/// Joins folders of one length by colons.
const fn joined(folders: u64, bytes: u64) -> u64 {
    (folders * (bytes + 1)).saturating_sub(1)
}

/// Returns the length of containerd's options for a container of an image of so many layers.
///
/// `index=off,workdir=S/N/work,upperdir=S/N/fs,lowerdir=S/N/fs:...`, with S the folder of snapshots and N a number of
/// five digits. Within 512 bytes of a page, S is left out of `lowerdir`, and containerd changes into it.
pub(super) fn containerd_bytes(layers: u64) -> u64 {
    let layers = layers.min(MOST_LAYERS);
    let snapshot = length(CONTAINERD_SNAPSHOTS) + 1 + SNAPSHOT_DIGITS;
    let work = length("workdir=") + snapshot + length("/work");
    let upper = length("upperdir=") + snapshot + length("/fs");
    let fixed = length("index=off") + 1 + work + 1 + upper + 1 + length("lowerdir=");
    let whole = fixed + joined(layers, snapshot + length("/fs"));
    if whole < MOST_BYTES + 1 - CONTAINERD_SPARE_BYTES {
        return whole;
    }
    fixed + joined(layers, SNAPSHOT_DIGITS + length("/fs"))
}

/// Returns the length of overlay2's options for a container of an image of so many layers.
///
/// `lowerdir=l/X:...,upperdir=ID/diff,workdir=ID/work`, with one lower layer more than the image has, for what Docker
/// puts into every container. Folders stand there from the root while they fit.
pub(super) fn docker_bytes(layers: u64) -> u64 {
    let layers = layers.min(MOST_LAYERS);
    let options = |prefix: u64| {
        let lower = length("lowerdir=") + joined(layers + 1, prefix + DOCKER_LINK_BYTES);
        let id = prefix + DOCKER_ID_BYTES;
        let upper = length(",upperdir=") + id + length("/diff");
        lower + upper + length(",workdir=") + id + length("/work")
    };
    let whole = options(length(DOCKER_HOME) + 1);
    if whole <= MOST_BYTES {
        return whole;
    }
    options(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_as_long_as_if_written() {
        let folder = |number: u64| format!("{CONTAINERD_SNAPSHOTS}/{number}");
        let written = |lower: Vec<String>| {
            format!(
                "index=off,workdir={0}/work,upperdir={0}/fs,lowerdir={1}",
                folder(12_345),
                lower.join(":")
            )
        };
        let whole: Vec<String> = (0..10).map(|n| folder(10_000 + n) + "/fs").collect();
        assert_eq!(containerd_bytes(10), written(whole).len() as u64);
        let short: Vec<String> = (0..100).map(|n| format!("{}/fs", 10_000 + n)).collect();
        assert_eq!(containerd_bytes(100), written(short).len() as u64);
    }

    #[test]
    fn dockers_125_layers_fit_and_433_of_containerd() {
        assert_eq!(docker_bytes(125), 3_819);
        assert!(docker_bytes(140) > MOST_BYTES);
        assert_eq!(containerd_bytes(1), 194 + 78 - 1);
        assert!(containerd_bytes(433) <= MOST_BYTES);
        assert!(containerd_bytes(434) > MOST_BYTES);
    }

    #[test]
    fn any_count_has_a_length() {
        for layers in [0, 1, 2, u64::MAX / 2, u64::MAX] {
            let _ = (containerd_bytes(layers), docker_bytes(layers));
        }
    }
}
