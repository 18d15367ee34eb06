//! The peer: SciPy, in a virtual environment of its own under `target`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail, ensure};

use super::tree::Tree;

const LINKAGE: &str = include_str!("scipy_linkage.py");

/// What is installed; `pip` brings the numpy that fits.
const PACKAGE: &str = "scipy==1.17.1";

/// A Python that has SciPy.
pub(super) struct Scipy {
    python: PathBuf,
}

/// What one run of it took, and the tree it made.
pub(super) struct ScipyRun {
    pub(super) matrix_seconds: f64,
    pub(super) tree_seconds: f64,
    pub(super) tree: Tree,
}

impl Scipy {
    /// Finds the virtual environment, or makes it.
    pub(super) fn provide() -> anyhow::Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/scipy");
        let found = Self {
            python: folder.join("bin/python"),
        };
        if !found.has_scipy() {
            make(&folder)?;
        }
        Ok(found)
    }

    fn has_scipy(&self) -> bool {
        let asked = Command::new(&self.python)
            .args(["-c", "import scipy"])
            .output();
        asked.is_ok_and(|asked| asked.status.success())
    }

    /// Returns the versions of what does the work.
    pub(super) fn versions(&self) -> anyhow::Result<String> {
        let print = "import numpy, scipy, sys; print('Python', sys.version.split()[0], 'SciPy', scipy.__version__, \
             'NumPy', numpy.__version__)";
        let output = Command::new(&self.python).args(["-c", print]).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Clusters the sets of a file by average linkage; `kind` is `plain` or `weighted`.
    pub(super) fn cluster(&self, kind: &str, sets: &Path) -> anyhow::Result<ScipyRun> {
        let merges = sets.with_extension("scipy-tree");
        let output = Command::new(&self.python)
            .args(["-c", LINKAGE, kind])
            .args([sets, &merges])
            .output();
        let output = output.context("failed to run Python")?;
        let text = String::from_utf8(output.stdout)?;
        let Some((matrix, tree)) = text.trim().split_once(' ') else {
            bail!("SciPy: {}", String::from_utf8_lossy(&output.stderr));
        };
        Ok(ScipyRun {
            matrix_seconds: matrix.parse()?,
            tree_seconds: tree.parse()?,
            tree: Tree::read(&merges)?,
        })
    }
}

/// Makes the virtual environment; where that fails, says how.
fn make(folder: &Path) -> anyhow::Result<()> {
    let steps = [
        vec!["python3", "-m", "venv"],
        vec!["bin/pip", "install", "--quiet", PACKAGE],
    ];
    let [venv, pip] = steps;
    let made = run(Command::new(venv[0]).args(&venv[1..]).arg(folder));
    let installed = made.and_then(|()| run(Command::new(folder.join(pip[0])).args(&pip[1..])));
    installed.with_context(|| {
        let folder = folder.display();
        format!(
            "the peer of this benchmark is SciPy; to install it:\n  \
             apt-get install python3-venv && python3 -m venv {folder} && {folder}/bin/pip install {PACKAGE}"
        )
    })
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let Output { status, stderr, .. } = command.output()?;
    ensure!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    Ok(())
}
