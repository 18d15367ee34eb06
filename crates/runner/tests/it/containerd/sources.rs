//! Other registries, and other engines: the same study gives rows that can be compared.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pullstudy_events::{PullTrace, Trace};
use pullstudy_image::{Compression, LayoutWriter, Reference};
use pullstudy_registry::{
    Client, ClientOptions, CopyJob, CopySource, CopyTarget, LayoutImage, Platforms,
};
use pullstudy_runner::{LocalEngine, PullBy, run_study};

use super::runtime::{Runtime, plan, references};
use crate::layouts::write_image;
use crate::scene::{Scene, layer, read_events};

/// Debian's docker-registry, on a port that it chooses.
struct DockerRegistry {
    process: Child,
    address: String,
    _storage: tempfile::TempDir,
}

impl DockerRegistry {
    fn start() -> Self {
        let storage = tempfile::tempdir().unwrap();
        let settings = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: 127.0.0.1:0}}\n",
            storage.path().join("data").display()
        );
        let path = storage.path().join("config.yml");
        fs::write(&path, settings).unwrap();
        let mut process = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}: apt-get install docker-registry"));
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let line = lines.find(|line| line.contains("listening on ")).unwrap();
        let address = line.split_once("listening on ").unwrap().1;
        let address = address.split(['"', ' ']).next().unwrap().to_owned();
        // It must not be stopped by a log that nobody reads.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            address,
            _storage: storage,
        }
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write(writer: &LayoutWriter) {
    let layers = [
        layer(1, 400_000, Compression::Gzip),
        layer(2, 300_000, Compression::Zstd),
    ];
    write_image(writer, "localhost/study/image:one", &layers);
}

async fn push(scene: &Scene, target: &Reference) {
    let layout = scene.layout();
    let source = CopySource::Layout(Box::new(LayoutImage {
        descriptor: layout.images().unwrap().remove(0).descriptor,
        layout,
        name: "one".to_owned(),
        origin: None,
    }));
    let jobs = [CopyJob::new(source, CopyTarget::Registry(target.clone()))];
    let client = Client::new(ClientOptions::default()).unwrap();
    for copied in client.copy(&jobs, &Platforms::All).await {
        copied.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_registry_is_pulled_from_by_every_way() {
    let scene = Scene::new(write).await;
    let registry = DockerRegistry::start();
    let image: Reference = format!("{}/study/image:one", registry.address)
        .parse()
        .unwrap();
    push(&scene, &image).await;
    let runtime = Runtime::start();
    for by in [PullBy::Cri, PullBy::Ctr] {
        let report = runtime.study(by, std::slice::from_ref(&image), "").await;
        assert_eq!((report.pulled, report.failed), (1, 0));
        let traces = runtime.traces();
        assert_eq!(traces[0].pull.layers, 2);
        assert!(
            traces[0]
                .phases
                .iter()
                .filter(|row| row.layer.is_some())
                .count()
                >= 4
        );
    }
}

/// What does not depend on the clock.
fn facts(trace: &PullTrace) -> (String, u64, u32, Option<String>, Option<u32>, Vec<String>) {
    let pull = &trace.pull;
    let rows = trace
        .phases
        .iter()
        .filter(|row| row.phase.as_str() == "download");
    let mut layers: Vec<String> = rows
        .map(|row| row.layer.as_ref().unwrap().digest.to_string())
        .collect();
    layers.sort();
    let image = pull.image.clone();
    let node = pull.node.clone();
    (
        image,
        pull.wire_bytes,
        pull.layers,
        node,
        pull.nodes,
        layers,
    )
}

/// The messages of `Pulled` without their durations.
fn sizes(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("study/1")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let of_events = paths.filter(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("events")
    });
    let events = of_events.flat_map(|path| read_events(&path));
    let pulled = events.filter(|event| event.reason == "Pulled");
    pulled
        .map(|event| {
            event
                .message
                .unwrap()
                .rsplit_once(") ")
                .map_or_else(String::new, |(_, size)| size.to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_engine_gives_the_same_rows() {
    let scene = Scene::new(write).await;
    let images = references(&scene, &["one"]);
    let runtime = Runtime::start();
    runtime.study(PullBy::Cri, &images, "repeats: 2").await;
    let out = tempfile::tempdir().unwrap();
    let mut engine = LocalEngine::new(out.path().join("nodes"));
    let plan = plan(&images, "repeats: 2");
    run_study(&plan, &mut engine, out.path(), &mut |_| {})
        .await
        .unwrap();
    let local = Trace::read(out.path().join("trace.jsonl")).unwrap().pulls;
    let of_local: Vec<_> = local.iter().map(facts).collect();
    let of_containerd: Vec<_> = runtime.traces().iter().map(facts).collect();
    assert_eq!(of_local, of_containerd);
    assert_eq!(sizes(out.path()), sizes(&runtime.path().join("out")));
}
