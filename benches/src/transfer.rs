//! Images to and from docker-registry on this machine: us, skopeo, and the least a client can do.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::crafter;
use crate::docker_registry::DockerRegistry;
use crate::figure::{Figure, Findings, Target};
use crate::plain_http::Repository;
use crate::process;

/// One image of ten layers, and 38 of two small ones each, as many as the published study pushed.
const LARGE: &str = "sizes: [{total: 500MB}]\nlayers: [{exact: 10}]\n";
const LARGE_TAG: &str = "10-layers-size-500000000-bytes";
const SMALL_IMAGES: u64 = 38;

const MIB: f64 = 1_048_576.0;

/// Runs the benchmark.
pub(crate) fn run(runs: usize) -> anyhow::Result<Findings> {
    let dir = tempfile::tempdir()?;
    let stage = Stage::prepare(dir.path())?;
    let mut figures = Figures::default();
    for _ in 0..runs {
        stage.push(&mut figures)?;
        stage.pull(&mut figures)?;
        stage.small(&mut figures)?;
    }
    figures.findings()
}

/// Everything that is there before the clock starts.
struct Stage {
    crafter: PathBuf,
    registry: DockerRegistry,
    dir: PathBuf,
    large_yaml: String,
    large: String,
    small: String,
    small_tags: Vec<String>,
    blobs: Vec<PathBuf>,
}

impl Stage {
    fn prepare(dir: &Path) -> anyhow::Result<Self> {
        let crafter = crafter::program()?;
        let registry = DockerRegistry::start(dir)?;
        let path = |name: &str| dir.join(name).display().to_string();
        let (large_yaml, small_yaml) = (path("large.yaml"), path("small.yaml"));
        fs::write(&large_yaml, LARGE)?;
        let sizes = (1..=SMALL_IMAGES).map(|image| format!("{{total: {}}}", 20_000 + image * 100));
        let sizes: Vec<String> = sizes.collect();
        let text = format!("sizes: [{}]\nlayers: [{{exact: 2}}]\n", sizes.join(", "));
        fs::write(&small_yaml, text)?;
        let (large, small) = (path("large"), path("small"));
        for (yaml, layout) in [(&large_yaml, &large), (&small_yaml, &small)] {
            let build = ["build", yaml, "-o", layout, "--seed", "42"];
            process::run(&crafter, &build, &[])?;
        }
        Ok(Self {
            blobs: files(&Path::new(&large).join("blobs/sha256"))?,
            small_tags: tags(&small)?,
            crafter,
            registry,
            dir: dir.to_owned(),
            large_yaml,
            large,
            small,
        })
    }

    fn push(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let repository = format!("{}/bench/large", self.registry.address);
        let tagged = format!("{repository}:{LARGE_TAG}");
        self.registry.clear()?;
        let ours = process::run(
            &self.crafter,
            &["copy", &format!("{}:{LARGE_TAG}", self.large), &tagged],
            &[],
        )?;
        figures.push.add(&ours, &mut figures.memory);
        self.registry.clear()?;
        let build = [
            "build",
            &self.large_yaml,
            "--push",
            "--uri",
            &repository,
            "--seed",
            "42",
        ];
        let built = process::run(&self.crafter, &build, &[])?;
        figures.build_push.add(&built, &mut figures.memory);
        self.registry.clear()?;
        let plain = self.plain("bench/large").put(&self.blobs)?;
        figures.plain_put.values.push(plain);
        self.registry.clear()?;
        let from = format!("oci:{}:{LARGE_TAG}", self.large);
        let theirs = skopeo(&[
            "--dest-tls-verify=false",
            &from,
            &format!("docker://{tagged}"),
        ])?;
        figures.skopeo_push.values.push(theirs);
        Ok(())
    }

    /// The image is there: pushed last.
    fn pull(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let tagged = format!("{}/bench/large:{LARGE_TAG}", self.registry.address);
        let fresh = |name: &str| -> anyhow::Result<PathBuf> {
            let folder = self.dir.join(name);
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            Ok(folder)
        };
        let target = fresh("pulled")?.display().to_string();
        let ours = process::run(&self.crafter, &["copy", &tagged, &target], &[])?;
        figures.pull.add(&ours, &mut figures.memory);
        let folder = fresh("plain")?;
        fs::create_dir(&folder)?;
        let plain = self.plain("bench/large").get(&self.digests(), &folder)?;
        figures.plain_get.values.push(plain);
        let target = format!("oci:{}:{LARGE_TAG}", fresh("skopeo")?.display());
        let theirs = skopeo(&[
            "--src-tls-verify=false",
            &format!("docker://{tagged}"),
            &target,
        ])?;
        figures.skopeo_pull.values.push(theirs);
        Ok(())
    }

    fn small(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let repository = format!("{}/bench/small", self.registry.address);
        self.registry.clear()?;
        let ours = process::run(
            &self.crafter,
            &["copy", &self.small, &repository, "--all-tags"],
            &[],
        )?;
        figures.small.add(&ours, &mut figures.memory);
        self.registry.clear()?;
        let mut theirs = 0.0;
        for tag in &self.small_tags {
            let (from, to) = (
                format!("oci:{}:{tag}", self.small),
                format!("docker://{repository}:{tag}"),
            );
            theirs += skopeo(&["--dest-tls-verify=false", &from, &to])?;
        }
        figures.skopeo_small.values.push(theirs);
        Ok(())
    }

    fn plain(&self, path: &str) -> Repository {
        Repository {
            address: self.registry.address.clone(),
            path: path.to_owned(),
        }
    }

    fn digests(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().map(|name| name.display().to_string());
        // The manifest is no blob of the registry.
        let layers = self
            .blobs
            .iter()
            .filter(|path| fs::metadata(path).is_ok_and(|blob| blob.len() > 1 << 20));
        layers.filter_map(name).collect()
    }
}

fn skopeo(args: &[&str]) -> anyhow::Result<f64> {
    let all = [&["copy", "--quiet"], args].concat();
    Ok(process::run("skopeo", &all, &[])?.wall_seconds)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn tags(layout: &str) -> anyhow::Result<Vec<String>> {
    let images = pullstudy_image::Layout::open(layout)?.images()?;
    let tags = images
        .into_iter()
        .map(|image| image.tag.context("an image without a tag"));
    tags.collect()
}

/// What is measured.
struct Figures {
    push: Figure,
    build_push: Figure,
    plain_put: Figure,
    skopeo_push: Figure,
    pull: Figure,
    plain_get: Figure,
    skopeo_pull: Figure,
    small: Figure,
    skopeo_small: Figure,
    memory: Figure,
}

impl Default for Figures {
    fn default() -> Self {
        let seconds = |name: &str| Figure::new(name, "s");
        Self {
            push: seconds("push 500 MB: crafter copy"),
            build_push: seconds("make and push 500 MB: crafter build --push"),
            plain_put: seconds("push 500 MB: plain sockets, 4 PUTs at a time"),
            skopeo_push: seconds("push 500 MB: skopeo copy"),
            pull: seconds("pull 500 MB: crafter copy"),
            plain_get: seconds("pull 500 MB: plain sockets, 4 GETs at a time, hashed and written"),
            skopeo_pull: seconds("pull 500 MB: skopeo copy"),
            small: seconds("38 small images: crafter copy --all-tags"),
            skopeo_small: seconds("38 small images: skopeo copy, one after another"),
            memory: Figure::new("crafter, peak resident memory of each run", "MiB"),
        }
    }
}

impl Figure {
    fn add(&mut self, run: &process::Run, memory: &mut Self) {
        self.values.push(run.wall_seconds);
        memory.values.push(run.peak_resident_bytes as f64 / MIB);
    }
}

impl Figures {
    fn findings(self) -> anyhow::Result<Findings> {
        let push = self.skopeo_push.ratio(&self.push, "push: skopeo / ours");
        let pull = self.skopeo_pull.ratio(&self.pull, "pull: skopeo / ours");
        let put = self.plain_put.ratio(&self.push, "push: plain / ours");
        let get = self.plain_get.ratio(&self.pull, "pull: plain / ours");
        let small = self
            .skopeo_small
            .ratio(&self.small, "38 images: skopeo / ours");
        let most = self.memory.values.iter().copied().fold(0.0, f64::max);
        let targets = vec![
            Target::at_least("push 1.5 times as fast as skopeo", 1.5, push.median()?),
            Target::at_least("pull 2.5 times as fast as skopeo", 2.5, pull.median()?),
            Target::at_least("push at 0.85 of plain sockets", 0.85, put.median()?),
            Target::at_least("pull at 0.85 of plain sockets", 0.85, get.median()?),
            Target::at_least("38 images 3 times as fast as skopeo", 3.0, small.median()?),
            Target::at_most("peak resident memory, MiB", 64.0, most),
        ];
        Ok(Findings {
            figures: vec![
                self.push, self.build_push, self.plain_put, self.skopeo_push, self.pull,
                self.plain_get, self.skopeo_pull, self.small, self.skopeo_small, push, put, pull,
                get, small, self.memory,
            ],
            targets,
            notes: vec![
                "Ten incompressible layers of 50 MB in one image; docker-registry on loopback and an ext4 disk, its store \
                 emptied before each push. Programs are timed whole; the plain sockets without a process start, \
                 manifest or tag. Client and registry share the cores."
                    .to_owned(),
            ],
        })
    }
}
