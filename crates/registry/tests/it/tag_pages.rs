//! Lists of tags, whatever a registry makes of pages: every tag once, an end in any case, and no credentials elsewhere.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use pullstudy_registry::{ListTagsError, TransportError};

use crate::scripted::{Scripted, not_found, ok, reply};
use crate::small_image::{Study, at, client};

fn list(tags: &[&str]) -> String {
    serde_json::json!({"name": "a/b", "tags": tags}).to_string()
}

fn page(tags: &[&str], next: &str) -> String {
    reply("200 OK", &format!("link: {next}\r\n"), &list(tags))
}

async fn tags(server: &Scripted) -> Vec<String> {
    client().tags(&server.reference()).await.unwrap()
}

async fn failure(server: &Scripted) -> ListTagsError {
    client().tags(&server.reference()).await.unwrap_err()
}

/// Numbered tags, as a registry that cuts pages would sort them.
fn many(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("v{number:05}")).collect()
}

fn query<'a>(path: &'a str, key: &str) -> Option<&'a str> {
    let (_, query) = path.split_once('?')?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

/// A page of at most `most` tags after `last`; with `link`, it says that there are more.
fn honest(path: &str, all: &[String], most: usize, link: bool) -> String {
    let last = query(path, "last").unwrap_or_default();
    let wanted = query(path, "n").map_or(most, |n| n.parse().unwrap());
    let after: Vec<&str> = all
        .iter()
        .map(String::as_str)
        .filter(|tag| *tag > last)
        .collect();
    let shown = &after[..after.len().min(most).min(wanted)];
    match shown.last() {
        Some(last) if link && shown.len() < after.len() => page(
            shown,
            &format!("</v2/a/b/tags/list?last={last}&n={most}>; rel=\"next\""),
        ),
        _ => ok(&list(shown)),
    }
}

#[tokio::test]
async fn links_are_followed_relative_and_absolute() {
    let server = Scripted::start(|path| match query(path, "last") {
        None => page(&["1"], "</v2/a/b/tags/list?last=1>; rel=\"next\""),
        Some("1") => page(&["2"], "<?last=2>;rel=next"),
        Some("2") => page(&["3"], "<list?last=3>; rel=\"next\"; title=\"a, b\""),
        _ => ok(&list(&["4"])),
    })
    .await;
    assert_eq!(tags(&server).await, ["1", "2", "3", "4"]);
    assert_eq!(
        server.paths()[0],
        "/v2/a/b/tags/list?n=1000",
        "as many as all registries give"
    );
}

#[tokio::test]
async fn an_absolute_link_is_followed_also_where_a_proxy_changed_the_scheme() {
    for scheme in ["http", "https"] {
        let host = Arc::new(OnceLock::<String>::new());
        let own = Arc::clone(&host);
        let server = Scripted::start(move |path| match query(path, "last") {
            None => {
                let host = own.get().unwrap();
                let next = format!("<{scheme}://{host}/v2/a/b/tags/list?last=1>; rel=next");
                page(&["1"], &next)
            }
            _ => ok(&list(&["2"])),
        })
        .await;
        host.set(server.address().to_string()).unwrap();
        assert_eq!(tags(&server).await, ["1", "2"], "{scheme}");
    }
}

#[tokio::test]
async fn a_registry_that_cuts_pages_is_read_to_its_end() {
    for (most, link) in [
        (1000, true),
        (100, true),
        (7, true),
        (1000, false),
        (100, false),
    ] {
        for count in [0, 1, 99, 100, 101, 350, 1000] {
            let all = many(count);
            let script = all.clone();
            let server = Scripted::start(move |path| honest(path, &script, most, link)).await;
            assert_eq!(
                tags(&server).await,
                all,
                "{most} a page, link {link}, {count} tags"
            );
        }
    }
}

#[tokio::test]
async fn a_registry_that_ignores_pages_is_asked_at_most_once_more() {
    for count in [3, 100, 1000, 2500] {
        let all = many(count);
        let script = all.clone();
        let server = Scripted::start(move |_| honest("", &script, usize::MAX, false)).await;
        assert_eq!(tags(&server).await, all);
        assert!(server.asked().len() <= 2, "{:?}", server.paths());
    }
}

#[tokio::test]
async fn no_tags_at_all() {
    for body in [
        r#"{"name":"a/b","tags":null}"#,
        r#"{"tags":[]}"#,
        r#"{"name":"a/b"}"#,
        "{}",
    ] {
        let server = Scripted::start(|_| ok(body)).await;
        assert!(tags(&server).await.is_empty(), "{body}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn other_fields_do_not_matter() {
    // Google's registries describe every manifest and folder in the list.
    let body = r#"{"child":[],"manifest":{"sha256:x":{"tag":["1"]}},"name":"a/b","tags":["1"]}"#;
    let server = Scripted::start(|_| ok(body)).await;
    assert_eq!(tags(&server).await, ["1"]);
}

#[tokio::test]
async fn repeated_pages_end_and_tags_are_counted_once() {
    // A page that names itself; two that name each other; one after the other without end.
    let circle =
        Scripted::start(|_| page(&["1", "2", "1"], "</v2/a/b/tags/list?n=1000>; rel=next")).await;
    assert_eq!(tags(&circle).await, ["1", "2"]);
    assert_eq!(circle.asked().len(), 1);

    let pair = Scripted::start(|path| match query(path, "last") {
        Some("1") => page(&["2"], "<?last=2>; rel=next"),
        _ => page(&["1"], "<?last=1>; rel=next"),
    })
    .await;
    assert_eq!(tags(&pair).await, ["1", "2"]);

    let endless = Scripted::start(|path| {
        let number = query(path, "page").map_or(0, |page| page.parse::<u64>().unwrap());
        page(&["1"], &format!("<?page={}>; rel=next", number + 1))
    })
    .await;
    assert_eq!(tags(&endless).await, ["1"]);
    assert!(endless.asked().len() < 10);
}

#[tokio::test]
async fn a_registry_that_makes_up_tags_without_end_is_given_up() {
    let server = Scripted::start(|path| {
        let number = query(path, "page").map_or(0, |page| page.parse::<u64>().unwrap());
        let mut tags = String::new();
        for position in 0..5_000 {
            write!(
                tags,
                "\"tag-{number:08}-{position:08}-{}\",",
                "x".repeat(90)
            )
            .unwrap();
        }
        tags.pop();
        let next = format!("link: <?page={}>; rel=next\r\n", number + 1);
        reply("200 OK", &next, &format!("{{\"tags\":[{tags}]}}"))
    })
    .await;
    let error = failure(&server).await;
    assert!(matches!(error, ListTagsError::Endless { .. }), "{error:?}");
    assert!(
        error.to_string().contains(&server.reference().name()),
        "{error}"
    );
}

#[tokio::test]
async fn a_page_of_any_size_is_not_read_to_its_end() {
    let body = format!("{{\"tags\":[\"{}\"]}}", "x".repeat(20 << 20));
    let server = Scripted::start(move |_| ok(&body)).await;
    let error = failure(&server).await;
    assert!(matches!(error, ListTagsError::Endless { .. }), "{error:?}");
}

#[tokio::test]
async fn a_number_that_is_refused_is_left_out() {
    let server = Scripted::start(|path| match query(path, "n") {
        Some(_) => reply(
            "400 Bad Request",
            "",
            r#"{"errors":[{"code":"PAGINATION_NUMBER_INVALID","message":"n is too large"}]}"#,
        ),
        None => ok(&list(&["1", "2"])),
    })
    .await;
    assert_eq!(tags(&server).await, ["1", "2"]);
    let refusing = Scripted::start(|_| reply("400 Bad Request", "", "")).await;
    let error = failure(&refusing).await;
    assert!(
        matches!(
            &error,
            ListTagsError::Transport {
                source: TransportError::Status { status: 400, .. },
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(refusing.asked().len(), 2);
}

#[tokio::test]
async fn what_is_no_list_is_an_error_that_names_the_repository() {
    for body in ["<html>", "[]", r#"{"tags":"1"}"#, r#"{"tags":[1]}"#, ""] {
        let server = Scripted::start(|_| ok(body)).await;
        let error = failure(&server).await;
        assert!(
            matches!(error, ListTagsError::Parse { .. }),
            "{body}: {error:?}"
        );
        assert!(
            error.to_string().contains(&server.reference().name()),
            "{error}"
        );
    }
    let server = Scripted::start(|_| not_found()).await;
    let error = failure(&server).await;
    assert!(matches!(error, ListTagsError::NotFound { .. }), "{error:?}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn credentials_do_not_follow_a_link_to_another_host() {
    let other = Scripted::start(|_| ok(&list(&["elsewhere"]))).await;
    let host = other.address();
    let realm = Scripted::start(|_| ok(r#"{"token":"secret-token"}"#)).await;
    let realm_address = realm.address();
    let server = Scripted::start_with_heads(move |path, head| {
        if !head.contains("authorization: bearer") {
            let challenge = format!(
                "www-authenticate: Bearer realm=\"http://{realm_address}/token\",service=\"s\",scope=\"repository:a/b:pull\"\r\n"
            );
            return reply("401 Unauthorized", &challenge, "");
        }
        assert!(path.starts_with("/v2/a/b/tags/list"), "{path}");
        page(&["here"], &format!("<http://{host}/v2/a/b/tags/list?last=here>; rel=next"))
    })
    .await;
    assert_eq!(tags(&server).await, ["here", "elsewhere"]);
    let own = server.asked();
    assert!(
        own.last()
            .unwrap()
            .head
            .contains("authorization: bearer secret-token")
    );
    assert_eq!(other.asked().len(), 1);
    for asked in other.asked() {
        assert!(!asked.head.contains("authorization"), "{}", asked.head);
    }
}

#[tokio::test]
async fn our_own_server_lists_its_tags_and_the_nearest_are_found() {
    let study = Study::of("ghcr.io/study/image:1.36", &[b"layer"]);
    let manifest = study.image("amd64", &[b"layer"]).descriptor();
    for number in 0..5 {
        study.tag(&format!("ghcr.io/study/image:v{number}"), &manifest);
    }
    let server = study.serve().await;
    let reference = at(&server, "study/image:1.35");
    assert_eq!(
        client().tags(&reference).await.unwrap(),
        ["1.36", "v0", "v1", "v2", "v3", "v4"]
    );
    assert_eq!(client().near_tags(&reference).await, ["1.36"]);
    let elsewhere = at(&server, "study/other:1");
    assert!(client().near_tags(&elsewhere).await.is_empty());
}
