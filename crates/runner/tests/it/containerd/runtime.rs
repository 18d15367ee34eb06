//! A containerd of a test's own: root, state, settings and socket in one folder that goes with it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use pullstudy_events::{Event, PullTrace, Trace};
use pullstudy_image::Reference;
use pullstudy_runner::{
    ContainerdEngine, ContainerdOptions, Plan, PullBy, RunStudyError, StudyFile, StudyImage,
    StudyReport, run_study,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{Scene, read_events};

/// No images, blobs or snapshots.
pub(crate) const NOTHING: [Vec<String>; 3] = [Vec::new(), Vec::new(), Vec::new()];

/// A containerd, and the folder of the studies that pull to it.
pub(crate) struct Runtime {
    dir: tempfile::TempDir,
    containerd: Child,
    log: Option<JoinHandle<()>>,
}

impl Runtime {
    /// Starts one with the CRI.
    pub(crate) fn start() -> Self {
        Self::with("", "127.0.0.1:1/none/pause:1")
    }

    /// Starts one whose sandboxes are made of this image.
    pub(crate) fn with_sandboxes(image: &Reference) -> Self {
        Self::with("", &image.to_string())
    }

    /// Starts one without the CRI.
    pub(crate) fn without_cri() -> Self {
        Self::with(", \"io.containerd.grpc.v1.cri\"", "none")
    }

    fn with(disabled: &str, sandbox_image: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().display();
        // /opt is the machine's, and so are its scores for a machine without memory.
        let settings = format!(
            "version = 2\nroot = \"{path}/root\"\nstate = \"{path}/state\"\n\
             disabled_plugins = [\"io.containerd.internal.v1.opt\"{disabled}]\n\
             [grpc]\n  address = \"{path}/containerd.sock\"\n\
             [debug]\n  level = \"debug\"\n\
             [plugins.\"io.containerd.grpc.v1.cri\"]\n  restrict_oom_score_adj = true\n  \
             sandbox_image = \"{sandbox_image}\"\n"
        );
        fs::write(dir.path().join("config.toml"), settings).unwrap();
        let mut containerd = Command::new("containerd")
            .arg("--config")
            .arg(dir.path().join("config.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{error}: apt-get install containerd runc, and run as root")
            });
        let log = wait_for_boot(&mut containerd, dir.path());
        Self {
            dir,
            containerd,
            log: Some(log),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn address(&self) -> PathBuf {
        self.path().join("containerd.sock")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path().join("containerd.log")
    }

    pub(crate) fn options(&self, by: PullBy) -> ContainerdOptions {
        let mut options = ContainerdOptions::default();
        options.addresses = vec![self.address()];
        options.by = by;
        options
    }

    /// Runs a study of these images; `settings` are more lines of its file.
    pub(crate) async fn study(
        &self,
        by: PullBy,
        images: &[Reference],
        settings: &str,
    ) -> StudyReport {
        let mut engine = ContainerdEngine::new(self.options(by));
        let report = self.run(&mut engine, images, settings).await;
        report.unwrap_or_else(|error| panic!("{}", crate::tars::chain(&error)))
    }

    pub(crate) async fn run(
        &self,
        engine: &mut ContainerdEngine,
        images: &[Reference],
        settings: &str,
    ) -> Result<StudyReport, RunStudyError<pullstudy_runner::ContainerdError>> {
        let plan = plan(images, settings);
        let out = self.path().join("out");
        if out.exists() {
            fs::remove_dir_all(&out).unwrap();
        }
        run_study(&plan, engine, &out, &mut |_| {}).await
    }

    /// Returns what the last study traced.
    pub(crate) fn traces(&self) -> Vec<PullTrace> {
        let trace = Trace::read(self.path().join("out/trace.jsonl")).unwrap();
        assert!(trace.unfinished.is_empty());
        trace.pulls
    }

    /// Returns the events of the last study's steps, in their order.
    pub(crate) fn events(&self, nodes: u32) -> Vec<Event> {
        let folder = self.path().join(format!("out/study/{nodes}"));
        let entries = fs::read_dir(folder).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("events")
        });
        paths.sort();
        paths.iter().flat_map(|path| read_events(path)).collect()
    }

    /// Returns what `ctr` lists, by lines.
    pub(crate) fn ctr(&self, namespace: &str, arguments: &[&str]) -> Vec<String> {
        let output = Command::new("ctr")
            .arg("--address")
            .arg(self.address())
            .args(["--namespace", namespace])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Returns the images, blobs and snapshots of a namespace.
    pub(crate) fn stored(&self, namespace: &str, snapshotter: &str) -> [Vec<String>; 3] {
        let snapshots = ["snapshots", "--snapshotter", snapshotter, "ls"];
        let mut snapshots = self.ctr(namespace, &snapshots);
        // The heading.
        snapshots.remove(0);
        [
            self.ctr(namespace, &["images", "ls", "-q"]),
            self.ctr(namespace, &["content", "ls", "-q"]),
            snapshots,
        ]
    }
}

pub(crate) fn plan(images: &[Reference], settings: &str) -> Plan {
    let names: Vec<String> = images.iter().map(|image| format!("'{image}'")).collect();
    let text = format!(
        "experiment: study\nimages: {{references: [{}]}}\norder: as-written\n{settings}",
        names.join(", ")
    );
    let study = StudyFile::parse("study.yaml", &text).unwrap();
    let nodes = if study.nodes.is_empty() {
        vec![1]
    } else {
        Vec::new()
    };
    let images: Vec<StudyImage> = images.iter().cloned().map(StudyImage::new).collect();
    Plan::new(study, &images, &nodes).unwrap()
}

pub(crate) fn references(scene: &Scene, tags: &[&str]) -> Vec<Reference> {
    tags.iter().map(|tag| scene.reference(tag)).collect()
}

/// containerd says in its log when it is ready; the rest of the log goes to a file.
fn wait_for_boot(containerd: &mut Child, dir: &Path) -> JoinHandle<()> {
    let mut said = BufReader::new(containerd.stderr.take().unwrap());
    let mut log = File::create(dir.join("containerd.log")).unwrap();
    let mut line = String::new();
    while said.read_line(&mut line).unwrap() > 0 {
        log.write_all(line.as_bytes()).unwrap();
        if line.contains("successfully booted") {
            return std::thread::spawn(move || {
                let _ = io::copy(&mut said, &mut log);
            });
        }
        line.clear();
    }
    let log = fs::read_to_string(dir.join("containerd.log")).unwrap();
    panic!("containerd did not start; it wants to be root:\n{log}");
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let pid = i32::try_from(self.containerd.id()).unwrap();
        let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM);
        let _ = self.containerd.wait();
        // What a failed test has left running holds containerd's end of the log, and mounts.
        shims(self.path()).into_iter().for_each(|pid| {
            let _ = kill_process(pid, Signal::KILL);
        });
        let _ = self.log.take().map(JoinHandle::join);
        for mount in mounts(self.path()).iter().rev() {
            let _ = Command::new("umount").arg("--lazy").arg(mount).status();
        }
    }
}

/// Returns the processes that containerd started for containers: its folder is in their arguments.
fn shims(dir: &Path) -> Vec<Pid> {
    let dir = dir.display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let is_ours = |process: &fs::DirEntry| {
        let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments);
        arguments.starts_with("/usr/bin/containerd-shim") && arguments.contains(&dir)
    };
    let ours = processes.filter(is_ours);
    ours.filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
        .collect()
}

fn mounts(dir: &Path) -> Vec<String> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let targets = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let dir = dir.display().to_string();
    targets
        .filter(|target| target.starts_with(&dir))
        .map(str::to_owned)
        .collect()
}
