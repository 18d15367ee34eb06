//! Manifests fetched into an archive: all of them with their bytes, each once, and what cannot be had with its reason.

use std::sync::{Arc, Mutex};

use pullstudy_image::{
    Archive, ArchiveWriter, ArchivedDocument, Descriptor, Digest, Index, Manifest, MediaType,
    MissingReason, Platform, Reference,
};
use pullstudy_registry::{FetchOptions, FetchOutcome, FetchProgress, Platforms};

use crate::content::{Content, contents, fetch, fetch_all, only_missing, outcomes, tags_of};
use crate::scripted::{ok, reply};
use crate::small_image::{Study, at, client};

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
    let odd = [("json", r#"{"a":1}"#), ("list", "[1]"), ("number", "7")];
    for (tag, body) in odd {
        content.tag(tag, body.as_bytes());
    }
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let rows = fetch_all(dir.path(), &server).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Fetched; 4]);
    let stored = contents(&dir);
    let Some(ArchivedDocument::Schema1(document)) = &stored["signed"].root else {
        panic!("{stored:?}")
    };
    assert_eq!(document.layers, [layer]);
    assert_eq!(
        document.stored.digest,
        Some(Digest::of(schema_1.as_bytes()))
    );
    for (tag, body) in odd {
        let root = stored[tag].root.as_ref().unwrap();
        assert!(matches!(root, ArchivedDocument::Other(_)), "{tag}");
        assert_eq!(root.stored().raw, body.as_bytes());
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
