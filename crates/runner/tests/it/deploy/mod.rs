//! Manifests for a cluster.

mod documents;
mod mistakes;
mod node_scripts;
mod rights;

use pullstudy_image::Reference;
use pullstudy_runner::{
    CacheClean, CollectorDeployment, DeployError, Manifests, Mirror, Preload, Runner, Site, Soci,
    SociSource, Storage, StudyJob,
};
use serde_json::Value;

const SHA256: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

fn image(text: &str) -> Reference {
    text.parse().unwrap()
}

fn site() -> Site {
    Site::new("pullstudy", "helper").unwrap()
}

fn collector() -> CollectorDeployment {
    CollectorDeployment::new(image("ghcr.io/me/pullstat:1"))
}

/// A run of a study that names its namespace and copies a secret.
fn runner() -> Runner {
    let mut runner = Runner::default();
    runner.study_namespace = Some("my-study".to_owned());
    runner.secrets = vec!["build/registry".to_owned()];
    let study = "images: {references: [busybox:1]}\nkubernetes: {namespace: my-study}\n";
    let mut job = StudyJob::new(image("ghcr.io/me/pullstat:1"), "study.yaml", study);
    job.storage = Storage::Pod;
    runner.job = Some(job);
    runner
}

fn preload() -> Preload {
    Preload::new(vec![image("busybox:1.37"), image("ghcr.io/me/app:1")])
}

fn cache_clean() -> CacheClean {
    let mut clean = CacheClean::new(image("ghcr.io/me/crictl:1"));
    clean.keep = vec!["*/me/*".to_owned()];
    clean
}

fn mirror() -> Mirror {
    let upstreams = ["docker.io", "ghcr.io"].map(|text| text.parse().unwrap());
    let mut mirror = Mirror::new(upstreams.into());
    mirror.secret = Some("credentials".to_owned());
    mirror
}

fn soci_of_image() -> Soci {
    Soci::install(SociSource::Image {
        image: image("ghcr.io/me/soci:1"),
        path: "/usr/local/bin/soci-snapshotter-grpc".into(),
    })
}

fn soci_of_url() -> Soci {
    Soci::install(SociSource::Url {
        url: "https://example.com/soci.tar.gz".to_owned(),
        sha256: SHA256.to_owned(),
    })
}

/// All helpers, with most of what can be asked of each.
fn all() -> Vec<Manifests> {
    let mut only = collector();
    only.only = Some("training".to_owned());
    let mut slow = preload();
    slow.stagger = std::time::Duration::from_secs(600);
    let mut site = site();
    site.select_nodes("pool=study").unwrap();
    site.tolerate_all();
    site.pull_secret("registry").unwrap();
    let made: Result<Vec<_>, DeployError> = [
        collector().manifests(&site),
        only.manifests(&site),
        runner().manifests(&site),
        Runner::default().manifests(&site),
        preload().manifests(&site),
        slow.manifests(&site),
        cache_clean().manifests(&site),
        mirror().manifests(&site),
        soci_of_image().manifests(&site),
        soci_of_url().manifests(&site),
        Soci::undo().manifests(&site),
    ]
    .into_iter()
    .collect();
    made.unwrap()
}

/// The documents of a kind.
fn of_kind<'a>(manifests: &'a Manifests, kind: &str) -> Vec<&'a Value> {
    let documents = manifests.documents().iter();
    documents
        .filter(|document| document["kind"] == kind)
        .collect()
}

/// The pod of whatever makes pods, and its containers in the order in which they run.
fn pods(manifests: &Manifests) -> Vec<(&Value, Vec<&Value>)> {
    let templates = manifests
        .documents()
        .iter()
        .map(|document| &document["spec"]["template"]["spec"]);
    templates
        .filter(|pod| !pod.is_null())
        .map(|pod| (pod, containers_of(pod)))
        .collect()
}

fn containers_of(pod: &Value) -> Vec<&Value> {
    let lists = ["initContainers", "containers"].into_iter();
    lists
        .flat_map(|list| pod[list].as_array().into_iter().flatten())
        .collect()
}
