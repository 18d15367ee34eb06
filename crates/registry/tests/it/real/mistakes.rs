//! What people get wrong, and the one sentence that they are told.

use std::error::Error;

use pullstudy_image::Reference;
use pullstudy_registry::{
    Anonymous, CertificateAuthority, Client, ClientOptions, CopyJob, CopyTarget, Credential,
    OneCredential, Platforms, RetryPolicy, Secret,
};

use super::certificates::Authority;
use super::lists::to_registry;
use super::moving::in_layout;
use super::servers::{Kind, Server, USER};
use crate::small_image::Study;

/// An error and its causes, as a program prints them.
fn sentence(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

async fn resolving(options: ClientOptions, reference: &Reference) -> String {
    let mut options = options;
    let mut retry = RetryPolicy::default();
    retry.first_wait = std::time::Duration::from_millis(1);
    options.retry = retry;
    let client = Client::new(options).unwrap();
    sentence(&client.resolve(reference).await.unwrap_err())
}

/// The sentence has each of these words in it.
fn assert_says(sentence: &str, words: &[&str]) {
    let missing: Vec<_> = words
        .iter()
        .filter(|word| !sentence.contains(**word))
        .collect();
    assert!(missing.is_empty(), "{missing:?} is not said in: {sentence}");
}

#[tokio::test]
async fn an_authority_that_nobody_knows_is_said_so() {
    let server = Server::start(Kind::DockerTls);
    let reference = server.reference("study/image:1");
    let other = Authority::new().certificate();
    let mut options = ClientOptions::default();
    options.certificate_authorities =
        vec![CertificateAuthority::from_pem("other.pem", &other).unwrap()];
    let said = resolving(options, &reference).await;
    assert_says(&said, &[&reference.to_string(), "certificate", "authority"]);
}

#[tokio::test]
async fn a_certificate_of_another_host_names_it() {
    let server = Server::start(Kind::DockerWrongName);
    let reference = server.reference("study/image:1");
    let said = resolving(server.options(), &reference).await;
    assert_says(
        &said,
        &[&reference.to_string(), "certificate", "registry.example"],
    );
}

#[tokio::test]
async fn a_wrong_password_names_its_user_and_nothing_else() {
    let server = Server::start(Kind::DockerPassword);
    let reference = server.reference("study/image:1");
    let credential = Credential::password(USER, Secret::new("s3cr3t"));
    let mut options = ClientOptions::default();
    options.credentials =
        std::sync::Arc::new(OneCredential::new(&*server.address, credential, Anonymous));
    let said = resolving(options, &reference).await;
    assert_says(
        &said,
        &[&reference.to_string(), USER, "refuses the credentials"],
    );
    assert!(!said.contains("s3cr3t"), "{said}");
}

#[tokio::test]
async fn a_missing_password_is_asked_for() {
    let server = Server::start(Kind::DockerPassword);
    let reference = server.reference("study/image:1");
    let said = resolving(ClientOptions::default(), &reference).await;
    assert_says(&said, &[&reference.to_string(), "without credentials"]);
}

#[tokio::test]
async fn a_registry_that_takes_no_writes_is_named() {
    let server = Server::start(Kind::DockerReadOnly);
    let study = Study::of("study/image:1", &[b"layer"]);
    let reference = server.reference("study/image:1");
    let jobs = [CopyJob::new(
        in_layout(study.dir.path()),
        CopyTarget::Registry(reference),
    )];
    let copied = server.client().copy(&jobs, &Platforms::All).await.remove(0);
    let said = sentence(&copied.unwrap_err());
    assert_says(&said, &[&server.address, "study/image", "405"]);
}

#[tokio::test]
async fn near_tags_are_listed() {
    for kind in [Kind::Docker, Kind::Ferro] {
        let server = Server::start(kind);
        let study = Study::new();
        let image = study.image("amd64", &[b"layer"]);
        for tag in ["v1.2.3", "v1.2.4", "unlike"] {
            study.tag(&format!("study/image:{tag}"), &image.descriptor());
        }
        let client = server.client();
        let jobs = to_registry(&study, &server.reference("study/image"));
        let copied = client.copy(&jobs, &Platforms::All).await;
        assert!(copied.iter().all(Result::is_ok), "{copied:?}");
        let missing = server.reference("study/image:v1.2.5");
        let said = resolving(server.options(), &missing).await;
        assert_says(&said, &[&missing.to_string()]);
        assert_eq!(client.near_tags(&missing).await, ["v1.2.3", "v1.2.4"]);
        let untagged = server.reference("study/image");
        let said = resolving(server.options(), &untagged).await;
        assert_says(&said, &["no tag was given", "v1.2.3", "unlike"]);
    }
}

#[tokio::test]
async fn an_unknown_host_is_named() {
    // RFC 6761 keeps this name from ever being one.
    let reference: Reference = "registry.invalid/study/image:1".parse().unwrap();
    let said = resolving(ClientOptions::default(), &reference).await;
    assert_says(&said, &["registry.invalid/study/image:1", "cannot connect"]);
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_named() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let reference: Reference = format!("{free}/study/image:1").parse().unwrap();
    let said = resolving(ClientOptions::default(), &reference).await;
    assert_says(
        &said,
        &[&reference.to_string(), "cannot connect", "refused"],
    );
}

#[test]
fn a_text_that_is_no_reference_is_shown() {
    for text in [
        "",
        "UPPER/case",
        "a b",
        "ghcr.io/a:b:c",
        "ghcr.io/a@sha256:123",
        "../a",
    ] {
        let error = text.parse::<Reference>().unwrap_err();
        assert_says(&sentence(&error), &[text]);
    }
}
