//! Many Dockerfiles: which are found, whose they are, and what is told of all.

use std::fs;
use std::num::NonZero;
use std::path::Path;

use pullstudy_survey::{
    Dockerfiles, FindDockerfilesError, FoundDockerfiles, LARGEST_DOCKERFILE_BYTES, Practice,
    ReadDockerfiles, UnreadReason,
};
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn read(path: &Path, owner_depth: usize) -> Dockerfiles {
    let owner_depth = NonZero::new(owner_depth).unwrap();
    let found = FoundDockerfiles::find(&[path], owner_depth).unwrap();
    Dockerfiles::read(&found, &ReadDockerfiles::default())
}

/// Three owners, of whom `big` has most files.
fn three_owners() -> TempDir {
    tree(&[
        ("big/a/Dockerfile", "FROM ubuntu\nRUN make"),
        ("big/b/Dockerfile", "FROM ubuntu:latest AS x\nFROM x"),
        ("big/c/Dockerfile.gpu", "FROM ubuntu:24.04"),
        (
            "one/a/Dockerfile",
            "FROM alpine:3 AS a\nFROM ghcr.io/x/y:1\nCOPY --from=a /a /a",
        ),
        ("two/a/deep/er/x.dockerfile", "FROM $BASE"),
        ("two/a/README.md", "FROM nothing"),
        ("two/a/.git/Dockerfile", "FROM nothing"),
    ])
}

#[test]
fn files_are_found_and_have_owners() {
    let dir = three_owners();
    let files = read(dir.path(), 1);
    assert_eq!(files.reports().len(), 5);
    let owners: Vec<_> = files.owners().into_iter().collect();
    assert_eq!(owners, [("big", 3), ("one", 1), ("two", 1)]);
    assert_eq!(files.largest_owner(), Some(("big", 3)));
    let deeper = read(dir.path(), 2);
    assert_eq!(
        deeper.largest_owner(),
        Some(("big/a", 1)),
        "the first of several"
    );
}

#[test]
fn shares_with_and_without_the_largest_owner() {
    let dir = three_owners();
    let files = read(dir.path(), 1);
    let share = |practice| {
        let all = files.practices();
        let row = all
            .into_iter()
            .find(|row| row.practice == practice)
            .unwrap();
        let (all, without) = (row.all, row.without_largest_owner);
        [all.files, all.of, without.files, without.of]
    };
    assert_eq!(share(Practice::MultiStage), [2, 5, 1, 2]);
    assert_eq!(share(Practice::OfficialBase), [4, 4, 1, 1]);
    assert_eq!(share(Practice::OnlyOfficialBases), [3, 4, 0, 1]);
    assert_eq!(share(Practice::NoTag), [1, 4, 0, 1]);
    assert_eq!(share(Practice::TagLatest), [1, 4, 0, 1]);
    assert_eq!(share(Practice::UnresolvedBase), [1, 5, 1, 2]);
    assert_eq!(share(Practice::AptUpdate), [0, 0, 0, 0]);
}

#[test]
fn bases_are_sorted_by_use() {
    let dir = three_owners();
    let files = read(dir.path(), 1);
    let bases: Vec<_> = files
        .bases()
        .iter()
        .map(|base| (base.reference.to_string(), base.uses, base.owners))
        .collect();
    let expected = [
        ("docker.io/library/ubuntu:latest", 2, 1),
        ("docker.io/library/alpine:3", 1, 1),
        ("docker.io/library/ubuntu:24.04", 1, 1),
        ("ghcr.io/x/y:1", 1, 1),
    ];
    assert_eq!(
        bases,
        expected.map(|(name, uses, owners)| (name.to_owned(), uses, owners))
    );
    let unknown = files.unknown_bases();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].variable.as_deref(), Some("BASE"));
}

#[test]
fn threads_change_nothing() {
    let dir = three_owners();
    let found = FoundDockerfiles::find(&[dir.path()], NonZero::<usize>::MIN).unwrap();
    let with = |threads| {
        let options = ReadDockerfiles {
            threads: NonZero::new(threads).unwrap(),
            ..ReadDockerfiles::default()
        };
        Dockerfiles::read(&found, &options).reports().to_vec()
    };
    assert_eq!(with(1), with(7));
}

#[test]
fn what_cannot_be_read_is_named() {
    let long = format!(
        "FROM a\nRUN {}",
        "x".repeat(LARGEST_DOCKERFILE_BYTES as usize)
    );
    let dir = tree(&[("a/Dockerfile", long.as_str()), ("b/Dockerfile", "")]);
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("Dockerfile")).unwrap();
    let files = read(dir.path(), 1);
    let reasons: Vec<_> = files.unread().into_iter().collect();
    let expected = [
        (UnreadReason::NotAFile, 1),
        (UnreadReason::TooLarge, 1),
        (UnreadReason::Empty, 1),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(files.largest_owner(), None);
}

#[test]
fn a_file_may_be_named_and_a_folder_without_any_may_not() {
    let dir = tree(&[("recipe", "FROM a"), ("empty/x", "")]);
    let files = read(&dir.path().join("recipe"), 1);
    assert_eq!(files.owners().into_iter().collect::<Vec<_>>(), [(".", 1)]);
    let find = |name: &str| FoundDockerfiles::find(&[dir.path().join(name)], NonZero::<usize>::MIN);
    assert!(matches!(
        find("empty"),
        Err(FindDockerfilesError::None { .. })
    ));
    assert!(matches!(
        find("nowhere"),
        Err(FindDockerfilesError::Io { .. })
    ));
}
