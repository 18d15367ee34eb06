//! What cannot be deployed, and the one sentence that says so.

use pullstudy_runner::{
    DeployError, HostsFile, Manifests, Mirror, Preload, Runner, Site, Soci, SociSource, Storage,
    StudyJob,
};

use super::{SHA256, cache_clean, collector, image, mirror, preload, runner, site, soci_of_image};

fn sentence(result: Result<Manifests, DeployError>) -> String {
    let sentence = result.unwrap_err().to_string();
    assert!(
        !sentence.contains('\n') && !sentence.ends_with('.'),
        "{sentence}"
    );
    sentence
}

#[test]
fn names_are_labels_of_rfc_1123() {
    for (namespace, name) in [
        ("Pull_Study", "a"),
        ("", "a"),
        ("a", "x."),
        ("a", &"n".repeat(60)),
    ] {
        let error = Site::new(namespace, name).unwrap_err().to_string();
        assert!(error.contains("RFC 1123"), "{error}");
    }
    assert!(site().select_nodes("disk").is_err());
    assert!(site().pull_secret("My Secret").is_err());
}

#[test]
fn namespaces_of_the_cluster_are_not_labelled_as_ours() {
    for namespace in ["default", "kube-system"] {
        let mut site = Site::new(namespace, "preload").unwrap();
        assert!(sentence(preload().manifests(&site)).contains(namespace));
        site.namespace_exists();
        assert!(preload().manifests(&site).is_ok());
    }
    let mut runner = runner();
    runner.study_namespace = Some("kube-public".to_owned());
    assert!(sentence(runner.manifests(&site())).contains("kube-public"));
}

#[test]
fn a_run_and_what_it_needs_are_told_apart() {
    let mut same = runner();
    same.study_namespace = Some("pullstudy".to_owned());
    assert!(sentence(same.manifests(&site())).contains("they need one each"));
    let mut anywhere = Runner::default();
    anywhere.secrets = vec!["build/registry".to_owned()];
    assert!(sentence(anywhere.manifests(&site())).contains("name it in the study's file"));
    let mut odd = runner();
    odd.secrets = vec!["registry".to_owned()];
    assert!(sentence(odd.manifests(&site())).contains("NAMESPACE/NAME"));
    let mut large = runner();
    let study = "#".repeat(250_000);
    large.job = Some(StudyJob::new(image("a/b"), "study.yaml", &study));
    assert!(sentence(large.manifests(&site())).contains("ConfigMap helper"));
}

#[test]
fn there_is_something_to_preload_once_and_within_what_kubectl_takes() {
    assert!(sentence(Preload::new(Vec::new()).manifests(&site())).contains("no image"));
    let twice = Preload::new(vec![
        image("busybox:1"),
        image("docker.io/library/busybox:1"),
    ]);
    assert!(sentence(twice.manifests(&site())).contains("twice"));
    let many = (0..1000).map(|number| image(&format!("ghcr.io/me/app:{number}")));
    let error = sentence(Preload::new(many.collect()).manifests(&site()));
    assert!(
        error.contains("DaemonSet helper") && error.contains("in parts"),
        "{error}"
    );
    let mut none = preload();
    none.max_unavailable = "0".to_owned();
    assert!(sentence(none.manifests(&site())).contains("number of nodes"));
}

#[test]
fn numbers_sizes_patterns_and_paths_are_what_they_should_be() {
    let mut never = cache_clean();
    never.every_seconds = 0;
    assert!(sentence(never.manifests(&site())).contains("above 0"));
    let mut blank = cache_clean();
    blank.keep = vec!["a b".to_owned()];
    assert!(sentence(blank.manifests(&site())).contains("pattern"));
    for path in ["containerd.sock", "/containerd.sock", "/run/../x.sock"] {
        let mut elsewhere = cache_clean();
        elsewhere.socket = path.into();
        assert!(sentence(elsewhere.manifests(&site())).contains(path));
    }
    let mut small = collector();
    small.storage = Storage::claim("0Gi");
    assert!(sentence(small.manifests(&site())).contains("size of a volume"));
}

#[test]
fn mirrors_have_an_upstream_and_an_address() {
    assert!(sentence(Mirror::new(Vec::new()).manifests(&site())).contains("above 0"));
    let mut twice = mirror();
    twice.upstreams.push("docker.io".parse().unwrap());
    assert!(sentence(twice.manifests(&site())).contains("twice"));
    for address in [
        "10.0.0.1",
        "10.0.0.1:0",
        ":5000",
        "http://10.0.0.1:5000",
        "a\"b:1",
    ] {
        let error = HostsFile::new("ghcr.io".parse().unwrap(), address).unwrap_err();
        assert!(error.to_string().contains("HOST:PORT"), "{error}");
    }
}

#[test]
fn what_is_installed_has_a_source_with_a_sum() {
    let from = |url: &str, sha256: &str| {
        let (url, sha256) = (url.to_owned(), sha256.to_owned());
        Soci::install(SociSource::Url { url, sha256 }).manifests(&site())
    };
    assert!(from("https://example.com/soci", SHA256).is_ok());
    for url in [
        "http://example.com/soci",
        "https://example.com",
        "https://a/b c",
        "https://a/'b",
    ] {
        assert!(sentence(from(url, SHA256)).contains("URL"));
    }
    assert!(sentence(from("https://example.com/soci", "abc")).contains("SHA-256"));
    let mut relative = soci_of_image();
    relative.folder = "opt".into();
    assert!(sentence(relative.manifests(&site())).contains("absolute"));
}
