//! A 9-layer image of 53,702,097 bytes into a layout: us, umoci and buildah, each as whole processes.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::crafter;
use crate::figure::{Figure, Findings, Target};
use crate::process;

/// The survey's 25th percentile.
const WIRE_BYTES: u64 = 53_702_097;
const LAYERS: u64 = 9;

const BUILDAH: [(&str, &str); 2] = [("STORAGE_DRIVER", "vfs"), ("BUILDAH_ISOLATION", "chroot")];

/// Runs the benchmark.
pub(crate) fn run(runs: usize) -> anyhow::Result<Findings> {
    let dir = tempfile::tempdir()?;
    let crafter = crafter::program()?;
    let places = Places::prepare(dir.path())?;
    let mut ours = Figure::new("crafter build", "s");
    let mut umoci = Figure::new("umoci: init, new, 9 inserts", "s");
    let mut buildah = Figure::new("buildah bud of nine RUN head -c", "s");
    let mut memory = Figure::new("crafter build, peak resident memory", "MiB");
    for _ in 0..runs {
        let run = places.crafter(&crafter)?;
        ours.values.push(run.wall_seconds);
        memory
            .values
            .push(run.peak_resident_bytes as f64 / 1_048_576.0);
        umoci.values.push(places.umoci()?);
        buildah.values.push(places.buildah()?);
    }
    let (to_umoci, to_buildah) = (
        umoci.ratio(&ours, "umoci / ours"),
        buildah.ratio(&ours, "buildah / ours"),
    );
    Ok(Findings {
        targets: vec![
            Target::at_least("3 times faster than umoci", 3.0, to_umoci.median()?),
            Target::at_least("10 times faster than buildah", 10.0, to_buildah.median()?),
        ],
        figures: vec![ours, umoci, buildah, to_umoci, to_buildah, memory],
        notes: vec![
            "umoci's files lie ready, ours are made in the run. buildah's base image lies ready; its storage keeps \
             plain folders, so it neither compresses nor writes a layout."
                .to_owned(),
        ],
    })
}

/// Everything that is there before the clock starts.
struct Places {
    sizes: String,
    file: String,
    layout: PathBuf,
    umoci: PathBuf,
    root: String,
    run_root: String,
    nine: String,
    context: String,
}

impl Places {
    fn prepare(dir: &Path) -> anyhow::Result<Self> {
        let path = |name: &str| dir.join(name).display().to_string();
        let places = Self {
            sizes: path("sizes.yaml"),
            file: path("file"),
            layout: dir.join("ours"),
            umoci: dir.join("umoci"),
            root: path("root"),
            run_root: path("run"),
            nine: path("nine.Containerfile"),
            context: path("context"),
        };
        fs::write(
            &places.sizes,
            format!("sizes: [{{total: {WIRE_BYTES}}}]\nlayers: [{{exact: {LAYERS}}}]\n"),
        )?;
        fs::write(&places.file, noise(WIRE_BYTES / LAYERS)?)?;
        places.prepare_buildah(&path("base.Containerfile"))?;
        Ok(places)
    }

    /// A base with a static busybox, as Debian's package brings it: `RUN` needs a shell and `head`.
    fn prepare_buildah(&self, base: &str) -> anyhow::Result<()> {
        fs::create_dir_all(&self.context)?;
        let busybox = Path::new(&self.context).join("busybox");
        let found = ["/bin/busybox", "/usr/bin/busybox"]
            .into_iter()
            .find(|path| Path::new(path).exists());
        let found = found.context("busybox is missing; `cargo xtask setup` installs it")?;
        fs::copy(found, busybox)?;
        let links = "COPY busybox /bin/busybox\nCOPY busybox /bin/sh\nCOPY busybox /bin/head\n";
        fs::write(base, format!("FROM scratch\n{links}"))?;
        let runs = (1..=LAYERS).map(|layer| {
            format!(
                "RUN head -c {} /dev/urandom > /f{layer}\n",
                WIRE_BYTES / LAYERS
            )
        });
        fs::write(
            &self.nine,
            format!("FROM localhost/base\n{}", runs.collect::<String>()),
        )?;
        self.bud("localhost/base", base)?;
        Ok(())
    }

    fn crafter(&self, crafter: &Path) -> anyhow::Result<process::Run> {
        remove(&self.layout)?;
        let layout = self.layout.display().to_string();
        process::run(
            crafter,
            &["build", &self.sizes, "-o", &layout, "--seed", "42"],
            &[],
        )
    }

    fn umoci(&self) -> anyhow::Result<f64> {
        remove(&self.umoci)?;
        let layout = self.umoci.display().to_string();
        let image = format!("{layout}:t");
        let mut seconds = process::run("umoci", &["init", "--layout", &layout], &[])?.wall_seconds;
        seconds += process::run("umoci", &["new", "--image", &image], &[])?.wall_seconds;
        for layer in 1..=LAYERS {
            let target = format!("/f{layer}");
            seconds += process::run(
                "umoci",
                &["insert", "--image", &image, &self.file, &target],
                &[],
            )?
            .wall_seconds;
        }
        Ok(seconds)
    }

    fn buildah(&self) -> anyhow::Result<f64> {
        Ok(self.bud("localhost/nine", &self.nine)?.wall_seconds)
    }

    fn bud(&self, tag: &str, file: &str) -> anyhow::Result<process::Run> {
        let storage = ["--root", &self.root, "--runroot", &self.run_root];
        let build = [
            "bud",
            "--quiet",
            "--layers",
            "--no-cache",
            "--tag",
            tag,
            "--file",
            file,
            &self.context,
        ];
        process::run("buildah", &[storage.as_slice(), &build].concat(), &BUILDAH)
    }
}

fn noise(bytes: u64) -> anyhow::Result<Vec<u8>> {
    let mut noise = Vec::new();
    fs::File::open("/dev/urandom")?
        .take(bytes)
        .read_to_end(&mut noise)?;
    Ok(noise)
}

fn remove(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        fs::remove_dir_all(path).with_context(|| format!("failed to remove {}", path.display()))?;
    }
    Ok(())
}
