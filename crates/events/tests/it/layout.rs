//! Patterns of folders, and the places of files by them.

use std::path::Path;

use proptest::prelude::*;
use pullstudy_events::{Layout, Place};

fn fit(pattern: &str, path: &str) -> Option<Place> {
    Layout::parse(pattern).unwrap().fit(Path::new(path))
}

fn experiment_and_nodes(pattern: &str, path: &str) -> Option<(String, Option<u32>)> {
    let place = fit(pattern, path)?;
    Some((place.experiment.unwrap_or_default(), place.nodes))
}

#[test]
fn parts_are_set_against_the_last_folders() {
    let cases = [
        (
            "{experiment}/{nodes}",
            "/d/run1/16/events.json",
            Some(("run1", Some(16))),
        ),
        (
            "{experiment}/{nodes}/",
            "/d/run1/size128/events.json",
            Some(("run1", Some(128))),
        ),
        (
            "{experiment}/{nodes}/*",
            "/d/run1/4/first/events.json",
            Some(("run1", Some(4))),
        ),
        ("{experiment}", "/d/run1/events.json", Some(("run1", None))),
        (
            "run-{experiment}/n{nodes}",
            "/d/run-a/n7/events.json",
            Some(("a", Some(7))),
        ),
        (
            "{experiment}-{nodes}",
            "/d/run-1-16/events.json",
            Some(("run-1", Some(16))),
        ),
        (
            "{experiment}-*-{nodes}",
            "/d/a-b-c-16/events.json",
            Some(("a", Some(16))),
        ),
        ("*{experiment}", "/d/run1/events.json", None),
        (
            "{experiment}/{nodes}",
            "/d/run1/2024-11-10/events.json",
            None,
        ),
        (
            "{experiment}/{nodes}",
            "/d/run1/99999999999/events.json",
            None,
        ),
        ("{experiment}/{nodes}", "16/events.json", None),
        ("{experiment}/{nodes}", "/", None),
    ];
    for (pattern, path, expected) in cases {
        let expected = expected.map(|(name, nodes)| (name.to_owned(), nodes));
        match Layout::parse(pattern) {
            Ok(_) => assert_eq!(
                experiment_and_nodes(pattern, path),
                expected,
                "{pattern} on {path}"
            ),
            Err(error) => assert_eq!(expected, None, "{error}"),
        }
    }
}

#[test]
fn the_name_of_the_file_is_the_last_part_where_the_folders_do_not_fit() {
    let pattern = "{experiment}/events-{nodes}.json";
    let found = experiment_and_nodes(pattern, "/d/run1/events-16.json");
    assert_eq!(found, Some(("run1".to_owned(), Some(16))));
    // The folders alone come first.
    let found = experiment_and_nodes("{experiment}/{nodes}", "/d/run1/16/events-5.json");
    assert_eq!(found, Some(("run1".to_owned(), Some(16))));
}

#[test]
fn other_names_are_columns() {
    let layout = Layout::parse("{cloud}_{zone}/{experiment}/{nodes}").unwrap();
    assert!(layout.columns().eq(["cloud", "zone"]));
    let place = layout
        .fit(Path::new("/aws_east_1/run1/4/events.json"))
        .unwrap();
    assert_eq!(place.file, "/aws_east_1/run1/4/events.json");
    assert_eq!(
        (&*place.columns["cloud"], &*place.columns["zone"]),
        ("aws", "east_1")
    );
}

#[test]
fn a_pattern_that_is_none_is_refused_in_one_sentence() {
    let cases = [
        (
            "",
            "layout \"\" has an empty part; write * for a folder of any name",
        ),
        (
            "/{a}",
            "layout \"/{a}\" has an empty part; write * for a folder of any name",
        ),
        (
            "{a}//{b}",
            "layout \"{a}//{b}\" has an empty part; write * for a folder of any name",
        ),
        (
            "{a}/{b",
            "layout \"{a}/{b\" has a brace without its partner in \"{b\"",
        ),
        (
            "{a}/b}",
            "layout \"{a}/b}\" has a brace without its partner in \"b}\"",
        ),
        (
            "{{a}}",
            "layout \"{{a}}\" has a brace without its partner in \"{{a}}\"",
        ),
        (
            "{a}/{}",
            "layout \"{a}/{}\" has an empty name; write * for what needs none",
        ),
        (
            "{a b}",
            "layout \"{a b}\" has the name \"a b\"; a name has letters, digits, _ and - only",
        ),
        (
            "{image}",
            "layout \"{image}\" names a part \"image\", which is a column of every pull",
        ),
        ("{a}/{a}", "layout \"{a}/{a}\" has the name \"a\" twice"),
        (
            "{a}{nodes}",
            "layout \"{a}{nodes}\" needs text between the names in \"{a}{nodes}\", to know where one ends",
        ),
    ];
    for (pattern, message) in cases {
        let error = pattern.parse::<Layout>().unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_nearest_pattern_fits_and_keeps_the_names() {
    let cases = [
        (
            "{experiment}/{nodes}",
            "/d/run1/16/deep/events.json",
            Some("{experiment}/{nodes}/*"),
        ),
        (
            "{experiment}/{nodes}",
            "/d/run1/16/deep/er/events.json",
            Some("{experiment}/{nodes}/*/*"),
        ),
        (
            "{cloud}/{experiment}/{nodes}",
            "/run1/16/events.json",
            Some("{experiment}/{nodes}"),
        ),
        (
            "{experiment}/{nodes}",
            "/d/events.json",
            Some("{experiment}"),
        ),
        (
            "{experiment}/x/{nodes}",
            "/d/run1/y/16/events.json",
            Some("{experiment}/*/{nodes}"),
        ),
        ("size{nodes}", "/d/run1/16/events-1.json", Some("{nodes}")),
        (
            "{cloud}-{nodes}/x",
            "/d/aws-size/x/events.json",
            Some("{cloud}/x"),
        ),
        ("{nodes}", "/d/none/events.json", Some("{experiment}")),
        (
            "run1/16",
            "/d/run2/8/events.json",
            Some("{experiment}/{nodes}"),
        ),
        ("run1/16", "/", None),
    ];
    for (pattern, path, expected) in cases {
        let nearest = Layout::parse(pattern).unwrap().nearest(Path::new(path));
        let nearest = nearest.map(|layout| layout.to_string());
        assert_eq!(nearest.as_deref(), expected, "{pattern} on {path}");
    }
}

#[test]
fn a_long_name_and_many_stars_take_no_time() {
    let pattern = "*a".repeat(60) + "{experiment}";
    let path = format!("/{}/events.json", "a".repeat(250));
    assert!(fit(&pattern, &path).is_some());
    assert_eq!(fit(&(pattern + "b"), &path), None);
}

proptest! {
    #[test]
    fn what_is_printed_is_the_same_pattern(pattern in "(\\{[a-z]{1,3}\\}|\\*|[a-z.-]{1,3}|/){1,8}") {
        if let Ok(layout) = Layout::parse(&pattern) {
            prop_assert_eq!(layout.to_string().parse(), Ok(layout));
        }
    }

    #[test]
    fn no_pattern_and_no_path_make_it_panic(pattern in "[{}*/a-zµ0-9]{0,20}", path in "[/a-zµ0-9 ]{0,30}") {
        if let Ok(layout) = Layout::parse(&pattern) {
            let _ = layout.fit(Path::new(&path));
            let nearest = layout.nearest(Path::new(&path));
            prop_assert!(nearest.is_none_or(|nearest| nearest.fit(Path::new(&path)).is_some()));
        }
    }

    #[test]
    fn a_path_made_from_names_gives_them_back(
        experiment in "[a-z][a-z0-9_]{0,8}",
        nodes in 1_u32..100_000,
        cloud in "[a-z]{1,8}",
    ) {
        let path = format!("/data/{cloud}-{experiment}/nodes{nodes}/events.json");
        let place = fit("{cloud}-{experiment}/{nodes}", &path).unwrap();
        prop_assert_eq!(place.experiment, Some(experiment));
        prop_assert_eq!(place.nodes, Some(nodes));
        prop_assert_eq!(place.columns.get("cloud"), Some(&cloud));
    }
}

#[test]
fn a_files_name_is_no_folder_unless_the_pattern_names_a_file() {
    let path = "/d/logs/v1.json";
    assert!(
        fit("{experiment}/{nodes}", path).is_none(),
        "v1.json is not one node"
    );
    let path = "/d/run1/events-size-16-1731221311.json";
    let place = fit("{experiment}/events-size-{nodes}-{unix}.json", path).unwrap();
    assert_eq!(
        (place.experiment.as_deref(), place.nodes),
        (Some("run1"), Some(16))
    );
}
