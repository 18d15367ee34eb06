//! Fetching into an archive when registries, disks and processes fail: little is asked twice, and nothing is lost.

use std::sync::atomic::{AtomicUsize, Ordering};

use pullstudy_image::{Archive, ArchiveWriter, Digest, Index, MissingReason, Platform, Reference};
use pullstudy_registry::{FetchManifestsError, FetchOptions, FetchOutcome, FetchProgress};
use tokio::sync::Notify;

use crate::content::{
    Content, contents, fetch, fetch_all, only_missing, outcomes, quietly, tags_of,
};
use crate::scripted::{Scripted, ok, reply};
use crate::small_image::client;

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
async fn the_login_page_of_a_hotel_is_kept_for_no_tag() {
    let mut content = Content::default();
    for (tag, body) in [("html", "<html>"), ("empty", ""), ("half", r#"{"a":"#)] {
        content.tag(tag, body.as_bytes());
    }
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let rows = fetch_all(dir.path(), &server).await;
    assert_eq!(outcomes(&rows), [FetchOutcome::Failed; 3]);
    for row in &rows {
        let missing = only_missing(row);
        assert_eq!(missing.reason, MissingReason::Unusable);
        assert_eq!(missing.message.as_deref(), Some("it is no JSON"));
    }
    assert!(
        contents(&dir)
            .values()
            .all(|content| content.root.is_none())
    );
}

#[tokio::test]
async fn a_disk_that_takes_nothing_ends_it_with_the_path() {
    let mut content = Content::default();
    let image = content.image(1);
    content.tag("1", image.raw());
    let server = content.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let archive = ArchiveWriter::create(dir.path()).unwrap();
    let folder = archive.repository(&server.reference()).unwrap();
    let blobs = folder.path().join("blobs");
    drop(folder);
    std::fs::write(&blobs, "in the way").unwrap();
    let client = client();
    let (references, options) = ([server.reference()], FetchOptions::default());
    let fetched = client.fetch_manifests(&references, &archive, &options, &quietly);
    let error = fetched.await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains(blobs.to_str().unwrap()), "{cause}");
    assert!(
        error.to_string().contains(&server.reference().name()),
        "{error}"
    );
}
