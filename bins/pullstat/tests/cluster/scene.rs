//! A cluster, a folder, and the program.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use pullstudy_test_cluster::{Cluster, Settings, User};
use serde_json::Value;
use tempfile::TempDir;

/// A cluster with a folder for one study.
pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    pub(crate) folder: TempDir,
}

impl Scene {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            cluster: Cluster::start(settings).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn with_nodes(nodes: u32) -> Self {
        Self::of(&Settings::default().nodes(nodes))
    }

    /// Writes a study's file.
    pub(crate) fn study(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("s.yaml");
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Describes a run of a study into [`out`](Self::out).
    pub(crate) fn run(&self, study: &Path) -> Command {
        self.run_as(User::Study, study)
    }

    pub(crate) fn run_as(&self, user: User, study: &Path) -> Command {
        let mut command = pullstat(&["run", "--engine", "kubernetes", "--format", "json"]);
        command.arg(study).arg("--out").arg(self.out());
        command
            .arg("--kubeconfig")
            .arg(self.cluster.kubeconfig_of(user));
        command
    }

    /// Runs a study to its end, which must be a good one, and returns its rows.
    pub(crate) fn rows(&self, study: &Path) -> Vec<Value> {
        rows(&succeeded(self.run(study).output().unwrap()))
    }

    /// Returns the rows of `pullstat pulls` over the results.
    pub(crate) fn pulls(&self) -> Vec<Value> {
        let output = pullstat(&["pulls", "--format", "json"])
            .arg(self.out())
            .output();
        rows(&succeeded(output.unwrap()))
    }

    /// Nothing of any study is left in the cluster.
    pub(crate) fn assert_nothing_left(&self) {
        let namespaces = self
            .cluster
            .kubectl(&["get", "namespaces", "-o", "name"])
            .unwrap();
        assert!(!namespaces.contains("pullstudy"), "{namespaces}");
        let jobs = self
            .cluster
            .kubectl(&["get", "jobs,pods", "-A", "-o", "name"])
            .unwrap();
        assert_eq!(jobs.trim(), "");
    }
}

pub(crate) fn pullstat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pullstat"));
    command.args(arguments).env_remove("KUBECONFIG");
    command
}

pub(crate) fn succeeded(output: Output) -> Output {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    output
}

pub(crate) fn rows(output: &Output) -> Vec<Value> {
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A program that runs, and is killed if the test ends before it.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    /// Ends it as `kill -9` does, and returns what it had said.
    pub(crate) fn kill(&mut self) -> String {
        let _ = self.0.kill();
        let _ = self.0.wait();
        let mut said = String::new();
        if let Some(mut stderr) = self.0.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
