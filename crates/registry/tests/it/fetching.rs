//! Manifests fetched into an archive: all of them with their bytes, each once, and what cannot be had with its reason.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pullstudy_image::{
    Archive, ArchiveWriter, ArchivedDocument, Descriptor, Digest, Index, Manifest, MediaType,
    Missing, MissingReason, Platform, Reference, TagContent,
};
use pullstudy_registry::{
    FetchManifestsError, FetchOptions, FetchOutcome, FetchProgress, FetchedTag, Platforms,
};
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::scripted::{Scripted, not_found, ok, reply};
use crate::small_image::{Study, at, client};

/// A registry of one repository, `a/b`, that counts what it is asked for.
#[derive(Clone, Default)]
struct Content {
    /// Answers by what stands behind `/v2/a/b/`.
    answers: HashMap<String, String>,
}

impl Content {
    fn manifest(&mut self, name: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        let headers = format!("docker-content-digest: {digest}\r\ncontent-type: text/plain\r\n");
        for name in [name.to_owned(), digest.to_string()] {
            let answer = reply("200 OK", &headers, &body);
            self.answers.insert(format!("manifests/{name}"), answer);
        }
        digest
    }

    fn config(&mut self, bytes: &str) -> Descriptor {
        let digest = Digest::of(bytes.as_bytes());
        self.answers.insert(format!("blobs/{digest}"), ok(bytes));
        Descriptor::new(MediaType::ImageConfig, digest, bytes.len() as u64)
    }

    /// An image of one layer, with a config of its own.
    fn image(&mut self, number: u64) -> Manifest {
        let config = format!(r#"{{"os":"linux","architecture":"arch{number}","rootfs":{{}}}}"#);
        let config = self.config(&config);
        let layer = Digest::of(&number.to_le_bytes());
        let layer = Descriptor::new(MediaType::ImageLayerGzip, layer, number);
        let manifest = Manifest::new(&config, &[layer], &BTreeMap::new());
        self.manifest(&manifest.digest().to_string(), manifest.raw());
        manifest
    }

    fn tag(&mut self, tag: &str, bytes: &[u8]) {
        self.manifest(tag, bytes);
        let tags = self.answers.remove("tags/list?n=1000");
        let tags = tags.map_or_else(String::new, |answer| {
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            format!(
                "{},",
                body.trim_start_matches("{\"tags\":[")
                    .trim_end_matches("]}")
            )
        });
        let body = format!("{{\"tags\":[{tags}\"{tag}\"]}}");
        self.answers.insert("tags/list?n=1000".into(), ok(&body));
    }

    async fn serve(&self) -> Scripted {
        let answers = self.answers.clone();
        Scripted::start(move |path| {
            let path = path.strip_prefix("/v2/a/b/").unwrap();
            answers.get(path).cloned().unwrap_or_else(not_found)
        })
        .await
    }
}

fn tags_of(server: &Scripted, tags: &[&str]) -> Vec<Reference> {
    let reference = server.reference();
    tags.iter()
        .map(|tag| reference.with_tag(tag).unwrap())
        .collect()
}

fn quietly(_: FetchProgress<'_>) {}

async fn fetch(dir: &Path, references: &[Reference], options: &FetchOptions) -> Vec<FetchedTag> {
    let archive = ArchiveWriter::create(dir).unwrap();
    client()
        .fetch_manifests(references, &archive, options, &quietly)
        .await
        .unwrap()
}

async fn fetch_all(dir: &Path, server: &Scripted) -> Vec<FetchedTag> {
    let mut options = FetchOptions::default();
    options.all_tags = true;
    fetch(dir, &[server.reference()], &options).await
}

fn outcomes(rows: &[FetchedTag]) -> Vec<FetchOutcome> {
    rows.iter().map(|row| row.outcome).collect()
}

fn only_missing(row: &FetchedTag) -> &Missing {
    assert_eq!(row.missing.len(), 1, "{row:?}");
    &row.missing[0]
}

fn contents(dir: &TempDir) -> BTreeMap<String, TagContent> {
    let archive = Archive::open(dir.path()).unwrap();
    let repository = archive.repositories().next().unwrap().unwrap();
    let tags = repository.tags().iter();
    tags.map(|tag| (tag.name(), repository.read(tag))).collect()
}

#[tokio::test]
async fn every_platform_of_our_own_servers_images_is_there_with_its_bytes() {
    let study = Study::new();
    let index = study.two_platforms();
    let single = study.image("s390x", &[b"one", b"two"]);
    study.tag("ghcr.io/study/image:multi", &index.descriptor());
    study.tag("ghcr.io/study/image:single", &single.descriptor());
    let server = study.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let mut options = FetchOptions::default();
    options.all_tags = true;
    options.asked_at_unix_seconds = Some(1_731_221_311);
    let rows = fetch(dir.path(), &[at(&server, "study/image")], &options).await;

    assert_eq!(outcomes(&rows), [FetchOutcome::Fetched; 2]);
    let platforms: Vec<_> = rows[0].platforms.iter().map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!((rows[0].layers, rows[0].wire_bytes), (2, 10));
    assert_eq!((rows[1].layers, rows[1].wire_bytes), (2, 6));
    assert_eq!(rows[0].digest, Some(index.digest()));

    let contents = contents(&dir);
    let multi = &contents["multi"];
    assert_eq!(multi.root.as_ref().unwrap().stored().raw, index.raw());
    assert_eq!(multi.images.len(), 2);
    assert_eq!(
        contents["single"].images[0].manifest.stored.raw,
        single.raw()
    );
    for content in contents.values() {
        assert_eq!(content.missing, []);
        for image in &content.images {
            let config = image.config.as_ref().unwrap();
            assert_eq!(config.digest(), Some(image.manifest.config.digest));
        }
    }
    let archive = Archive::open(dir.path()).unwrap();
    let repository = archive.repositories().next().unwrap().unwrap();
    assert_eq!(repository.listed_tags(), ["multi", "single"]);
    assert_eq!(
        repository.tags()[0].record().asked_at_unix_seconds,
        Some(1_731_221_311)
    );
}

#[tokio::test]
async fn what_is_there_is_not_asked_for_again() {
    let mut content = Content::default();
    let images = [content.image(1), content.image(2)];
    let index = Index::new(&images.each_ref().map(Manifest::descriptor));
    content.tag("index", index.raw());
    content.tag("one", images[0].raw());
    content.tag("same", images[0].raw());
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let references = tags_of(&server, &["index", "one", "same", "one"]);
    let mut options = FetchOptions::default();
    let rows = fetch(dir.path(), &references, &options).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Fetched; 3]);
    // Three tags, one more manifest (the other is one of the tags), two configs: none of them twice.
    let mut paths = server.paths();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), server.asked().len(), "{:?}", server.paths());

    let before = server.asked().len();
    let rows = fetch(dir.path(), &references, &options).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Present; 3]);
    assert_eq!(server.asked().len(), before);
    assert_eq!((rows[0].layers, rows[0].wire_bytes), (2, 3));

    options.refresh = true;
    let rows = fetch(dir.path(), &references, &options).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Fetched; 3]);
    assert_eq!(
        server.asked().len(),
        before + 3,
        "the tags, and nothing below them"
    );
}

#[tokio::test]
async fn one_platform_and_then_the_others() {
    let mut content = Content::default();
    let platforms = ["linux/amd64", "linux/arm64/v8"].map(|text| text.parse::<Platform>().unwrap());
    let entries: Vec<_> = platforms
        .iter()
        .zip(1..)
        .map(|(platform, number)| {
            content
                .image(number)
                .descriptor()
                .with_platform(platform.clone())
        })
        .collect();
    content.tag("1", Index::new(&entries).raw());
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let references = tags_of(&server, &["1"]);
    let mut options = FetchOptions::default();
    options.platforms = Platforms::One("linux/arm64".parse().unwrap());
    let rows = fetch(dir.path(), &references, &options).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Fetched]);
    assert_eq!(rows[0].platforms, platforms[1..]);
    let stored = &contents(&dir)["1"];
    assert_eq!(stored.missing[0].reason, MissingReason::NotAsked);

    options.platforms = Platforms::One("windows/amd64".parse().unwrap());
    let rows = fetch(dir.path(), &references, &options).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Incomplete]);
    let message = only_missing(&rows[0]).message.clone().unwrap();
    assert!(message.contains("windows/amd64"), "{message}");

    let before = server.asked().len();
    let rows = fetch(dir.path(), &references, &FetchOptions::default()).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Fetched]);
    assert_eq!(
        server.asked().len(),
        before + 2,
        "the other manifest and config"
    );
    assert_eq!(contents(&dir)["1"].missing, []);
}

#[tokio::test]
async fn a_tag_that_is_not_there_stops_no_other_and_names_near_ones() {
    let mut content = Content::default();
    let image = content.image(1);
    for tag in ["1.36", "latest"] {
        content.tag(tag, image.raw());
    }
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let references = tags_of(&server, &["lastest", "1.36", "1.37"]);
    let rows = fetch(dir.path(), &references, &FetchOptions::default()).await;
    let expected = [
        FetchOutcome::Failed,
        FetchOutcome::Fetched,
        FetchOutcome::Failed,
    ];
    assert_eq!(outcomes(&rows), expected);
    let message = only_missing(&rows[0]).message.clone().unwrap();
    assert_eq!(message, "tag lastest is not there; near: latest");
    let lists = server
        .paths()
        .iter()
        .filter(|path| path.contains("tags/list"))
        .count();
    assert_eq!(lists, 1, "the list is had once");
    let stored = contents(&dir);
    assert_eq!(stored["lastest"].missing[0], *only_missing(&rows[0]));
    assert_eq!(stored["1.37"].missing[0].reason, MissingReason::NotFound);
}

#[tokio::test]
async fn parts_that_cannot_be_had_leave_the_rest() {
    let mut content = Content::default();
    let (here, gone, bare) = (content.image(1), content.image(2), content.image(3));
    content
        .answers
        .remove(&format!("manifests/{}", gone.digest()));
    let config = format!("blobs/{}", bare.config().digest);
    content
        .answers
        .insert(config, reply("403 Forbidden", "", ""));
    let arm64: Platform = "linux/arm64".parse().unwrap();
    let index = Index::new(&[
        gone.descriptor().with_platform(arm64.clone()),
        here.descriptor(),
        bare.descriptor(),
    ]);
    content.tag("1", index.raw());
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let rows = fetch_all(dir.path(), &server).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Incomplete]);
    let reasons: Vec<_> = rows[0]
        .missing
        .iter()
        .map(|missing| (missing.digest.unwrap(), missing.reason))
        .collect();
    let expected = [
        (gone.digest(), MissingReason::NotFound),
        (bare.config().digest, MissingReason::NoAccess),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(rows[0].missing[0].platform, Some(arm64));
    let stored = &contents(&dir)["1"];
    assert_eq!(stored.images.len(), 2);
    assert_eq!(stored.missing, rows[0].missing);
}

#[tokio::test]
async fn whatever_json_a_tag_stands_for_is_kept() {
    let mut content = Content::default();
    let layer = Digest::of(b"layer");
    // Signed manifests of schema 1 are announced under the digest of what was signed.
    let schema_1 = format!(
        r#"{{"schemaVersion":1,"architecture":"amd64","fsLayers":[{{"blobSum":"{layer}"}}],"signatures":[]}}"#
    );
    content.tag("signed", schema_1.as_bytes());
    let announced = format!("docker-content-digest: {}\r\n", Digest::of(b"signed part"));
    content.answers.insert(
        "manifests/signed".into(),
        reply("200 OK", &announced, &schema_1),
    );
    // The first two are what a proxy says that wants a login, and one that has lost its registry.
    for (tag, body) in [("html", "<html>"), ("empty", ""), ("json", r#"{"a":1}"#)] {
        content.tag(tag, body.as_bytes());
    }
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let rows = fetch_all(dir.path(), &server).await;
    let mut by_tag: Vec<_> = rows
        .iter()
        .map(|row| (row.tag.clone().unwrap(), row.outcome))
        .collect();
    by_tag.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("empty", FetchOutcome::Failed),
        ("html", FetchOutcome::Failed),
        ("json", FetchOutcome::Fetched),
        ("signed", FetchOutcome::Fetched),
    ];
    assert_eq!(
        by_tag,
        expected.map(|(tag, outcome)| (tag.to_owned(), outcome))
    );
    let stored = contents(&dir);
    let Some(ArchivedDocument::Schema1(document)) = &stored["signed"].root else {
        panic!("{stored:?}")
    };
    assert_eq!(document.layers, [layer]);
    assert_eq!(
        document.stored.digest,
        Some(Digest::of(schema_1.as_bytes()))
    );
    for tag in ["html", "empty"] {
        assert!(stored[tag].root.is_none());
        assert_eq!(stored[tag].missing[0].reason, MissingReason::Unusable);
    }
    let root = stored["json"].root.as_ref().unwrap();
    assert!(matches!(root, ArchivedDocument::Other(_)));
    assert_eq!(root.stored().raw, br#"{"a":1}"#);
}

#[tokio::test]
async fn wrong_bytes_are_asked_for_once_more_and_never_kept() {
    let mut content = Content::default();
    let image = content.image(1);
    content.tag("1", image.raw());
    let config = format!("/v2/a/b/blobs/{}", image.config().digest);
    for lies in [1, 100] {
        let (answers, config) = (content.answers.clone(), config.clone());
        let told = AtomicUsize::new(0);
        let server = Scripted::start(move |path| {
            if path == config && told.fetch_add(1, Ordering::Relaxed) < lies {
                return ok("{}");
            }
            answers[path.strip_prefix("/v2/a/b/").unwrap()].clone()
        })
        .await;
        let dir = tempfile::tempdir().unwrap();
        let rows = fetch_all(dir.path(), &server).await;
        if lies == 1 {
            assert_eq!(outcomes(&rows), [FetchOutcome::Fetched]);
            continue;
        }
        assert_eq!(outcomes(&rows), [FetchOutcome::Incomplete]);
        let missing = only_missing(&rows[0]);
        assert_eq!(missing.reason, MissingReason::Unusable);
        let message = missing.message.as_ref().unwrap();
        assert!(
            message.contains(&Digest::of(b"{}").to_string()),
            "{message}"
        );
        assert_eq!(
            server.asked().len(),
            4,
            "list, manifest, and the config twice"
        );
    }
}

#[tokio::test]
async fn indexes_in_indexes_end() {
    let mut content = Content::default();
    let image = content.image(1);
    let mut entry = image.descriptor();
    // Each lists the one below thrice, so that following all of them would be 3^5 ways.
    for depth in 0..5 {
        let index = Index::new(&[entry.clone(), entry.clone(), entry]);
        content.manifest(&format!("depth-{depth}"), index.raw());
        entry = index.descriptor();
    }
    let answer = content.answers[&format!("manifests/{}", entry.digest)].clone();
    content.answers.insert("manifests/deep".into(), answer);
    // An index that claims to be its own part cannot have its own digest, but a registry can pretend.
    let pretended = Digest::of(b"pretended");
    let circle = Index::new(&[Descriptor::new(MediaType::ImageIndex, pretended, 1)]);
    content.manifest("circle", circle.raw());
    let body = String::from_utf8(circle.raw().to_vec()).unwrap();
    content
        .answers
        .insert(format!("manifests/{pretended}"), ok(&body));
    // And one that is too deep is followed to the limit.
    for depth in 0..20 {
        let index = Index::new(&[entry]);
        content.manifest(&format!("deeper-{depth}"), index.raw());
        entry = index.descriptor();
    }
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let references = tags_of(&server, &["deep", "circle", "deeper-19"]);
    let rows = fetch(dir.path(), &references, &FetchOptions::default()).await;
    let expected = [
        FetchOutcome::Fetched,
        FetchOutcome::Incomplete,
        FetchOutcome::Incomplete,
    ];
    assert_eq!(outcomes(&rows), expected);
    assert_eq!(rows[0].layers, 1);
    assert_eq!(only_missing(&rows[1]).reason, MissingReason::Unusable);
    let message = only_missing(&rows[2]).message.clone().unwrap();
    assert!(message.contains("nested more than"), "{message}");
}

#[tokio::test]
async fn a_run_cut_short_anywhere_is_taken_up_and_asks_for_little_twice() {
    let mut content = Content::default();
    for number in 0..6 {
        let entries = [number * 2, number * 2 + 1].map(|number| content.image(number).descriptor());
        content.tag(&format!("t{number}"), Index::new(&entries).raw());
    }
    // The list, and for each tag an index, two manifests and two configs.
    let all = 1 + 6 * 5;
    for cut in 1..=all {
        let server = content.serve().await;
        let dir = tempfile::tempdir().unwrap();
        let (requests, stop) = (AtomicUsize::new(0), Notify::new());
        let progress = |event: FetchProgress<'_>| {
            let request = matches!(event, FetchProgress::Requested);
            if request && requests.fetch_add(1, Ordering::Relaxed) + 1 == cut {
                stop.notify_one();
            }
        };
        let archive = ArchiveWriter::create(dir.path()).unwrap();
        let mut options = FetchOptions::default();
        options.all_tags = true;
        let (client, references) = (client(), [server.reference()]);
        tokio::select! {
            biased;
            () = stop.notified() => {}
            rows = client.fetch_manifests(&references, &archive, &options, &progress) => drop(rows.unwrap()),
        }
        let rows = fetch_all(dir.path(), &server).await;
        assert!(
            rows.iter().all(|row| row.outcome.is_complete()),
            "{cut}: {rows:?}"
        );
        assert_eq!(
            contents(&dir)
                .values()
                .map(|content| content.images.len())
                .sum::<usize>(),
            12
        );
        // Twice: the list, and what was in flight.
        let twice = server.asked().len() - all;
        assert!(
            twice <= 1 + options.tags_at_once.get(),
            "{cut}: {twice} twice"
        );
    }
}

#[tokio::test]
async fn a_registry_that_is_out_of_reach_is_not_asked_for_every_tag() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let dir = tempfile::tempdir().unwrap();
    let reference: Reference = format!("{address}/a/b").parse().unwrap();
    let references: Vec<_> = (0..50)
        .map(|number| reference.with_tag(&number.to_string()).unwrap())
        .collect();
    let requests = AtomicUsize::new(0);
    let progress = |event: FetchProgress<'_>| {
        requests.fetch_add(
            usize::from(matches!(event, FetchProgress::Requested)),
            Ordering::Relaxed,
        );
    };
    let archive = ArchiveWriter::create(dir.path()).unwrap();
    let options = FetchOptions::default();
    let rows = client()
        .fetch_manifests(&references, &archive, &options, &progress)
        .await
        .unwrap();
    assert_eq!(outcomes(&rows), [FetchOutcome::Failed; 50]);
    assert!(requests.into_inner() <= options.tags_at_once.get());
    let message = only_missing(&rows[49]).message.clone().unwrap();
    assert!(message.contains("cannot connect"), "{message}");
}

#[tokio::test]
async fn a_list_that_cannot_be_had_is_a_row_and_a_record() {
    let server = Scripted::start(|_| reply("403 Forbidden", "", "")).await;
    let dir = tempfile::tempdir().unwrap();
    let rows = fetch_all(dir.path(), &server).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Failed]);
    assert_eq!(
        (rows[0].tag.as_deref(), only_missing(&rows[0]).reason),
        (None, MissingReason::NoAccess)
    );
    let archive = Archive::open(dir.path()).unwrap();
    let repository = archive.repositories().next().unwrap().unwrap();
    assert_eq!(repository.missing_tags(), Some(only_missing(&rows[0])));
}

#[tokio::test]
async fn what_a_registry_lists_though_it_is_no_tag_is_a_row() {
    let server = Scripted::start(|_| ok(r#"{"tags":["../../../etc","a b","-"]}"#)).await;
    let dir = tempfile::tempdir().unwrap();
    let rows = fetch_all(dir.path(), &server).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Failed; 3]);
    assert_eq!(server.asked().len(), 1);
    assert_eq!(only_missing(&rows[0]).reason, MissingReason::Unusable);
}

#[tokio::test]
async fn by_digest_and_by_tag_and_digest() {
    let mut content = Content::default();
    let image = content.image(1);
    let server = content.serve().await;
    let by_digest = server.reference().with_digest(image.digest());
    let both: Reference = format!("{}@{}", server.reference(), image.digest())
        .parse()
        .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let rows = fetch(dir.path(), &[by_digest, both], &FetchOptions::default()).await;
    assert!(rows.iter().all(|row| row.outcome.is_complete()), "{rows:?}");
    assert_eq!(
        (rows[0].tag.as_deref(), rows[1].tag.as_deref()),
        (None, Some("1"))
    );
    let contents = contents(&dir);
    assert_eq!(contents.len(), 2);
    assert!(contents.values().all(|content| content.images.len() == 1));
}

#[tokio::test]
async fn an_archive_that_is_being_written_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let archive = ArchiveWriter::create(dir.path()).unwrap();
    let reference: Reference = "127.0.0.1:1/a/b:1".parse().unwrap();
    let _other = archive.repository(&reference).unwrap();
    let client = client();
    let references = [reference];
    let options = FetchOptions::default();
    let fetched = client.fetch_manifests(&references, &archive, &options, &quietly);
    let error = fetched.await.unwrap_err();
    assert!(
        matches!(error, FetchManifestsError::Archive { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn progress_tells_of_every_tag_and_the_work_can_move_between_threads() {
    let mut content = Content::default();
    let image = content.image(1);
    content.tag("1", image.raw());
    content.tag("2", image.raw());
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (log, reference, path) = (Arc::clone(&told), server.reference(), dir.path().to_owned());
    tokio::spawn(async move {
        let archive = ArchiveWriter::create(path).unwrap();
        let mut options = FetchOptions::default();
        options.all_tags = true;
        let progress = |event: FetchProgress<'_>| {
            let event = match event {
                FetchProgress::Planned { tags } => format!("planned {tags}"),
                FetchProgress::Listed { tags, .. } => format!("listed {tags}"),
                FetchProgress::Tag(row) => format!("tag {}", row.tag.as_deref().unwrap()),
                _ => return,
            };
            log.lock().unwrap().push(event);
        };
        let references = [reference];
        client()
            .fetch_manifests(&references, &archive, &options, &progress)
            .await
            .unwrap();
    })
    .await
    .unwrap();
    assert_eq!(
        *told.lock().unwrap(),
        ["planned 1", "listed 2", "tag 1", "tag 2"]
    );
}
