//! Figures inside a page.

use proptest::prelude::*;
use pullstudy_report::{BoxPlot, Figure, PullTimes, Waterfall};
use roxmltree::Document;

use crate::fixture;

fn figure(title: &str, label: &str) -> Figure {
    let times = PullTimes {
        label: label.to_owned(),
        nodes: Some(4),
        seconds: vec![1.0, 2.0, 4.0],
    };
    BoxPlot::new(title)
        .draw(&[times])
        .expect("the pull times are positive")
}

#[test]
fn a_page_can_hold_several() {
    let svg = Waterfall::new()
        .draw(&fixture::wire_bound())
        .to_inline_svg("a\"b");
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    for no in ["width", "height", "fill"] {
        assert_eq!(root.attribute(no), None, "{no}");
    }
    let ids: Vec<_> = document
        .descendants()
        .filter_map(|n| n.attribute("id"))
        .collect();
    assert_eq!(ids, ["a\"b-desc"]);
    assert!(!svg.contains("<style") && !svg.contains("url("));
    // The ground is the page's.
    assert!(!svg.contains("100%"));
    assert!(svg.matches("<title>").count() > 20);
}

#[test]
fn every_colour_has_one_for_dark_pages() {
    let css = Figure::stylesheet();
    let svg = Waterfall::new().draw(&fixture::wire_bound()).to_svg()
        + &figure("Pull times", "app:1").to_svg();
    // These are light enough on both grounds.
    let same = ["#b8c0c8", "#f2c14e", "#c98a04"];
    let colors = svg
        .match_indices("=\"#")
        .map(|(start, _)| &svg[start + 2..][..7]);
    for color in colors.filter(|color| !same.contains(color)) {
        assert!(
            css.contains(&format!("--figure-{}:", &color[1..])),
            "{color}"
        );
    }
    assert!(css.len() < 25_000, "{}", css.len());
}

#[test]
fn an_alternative_text_is_short() {
    let label = "x".repeat(900);
    let alt = figure("Pull times", &label).alt();
    assert!(alt.starts_with("Pull times. Box plot of pull times.") && alt.ends_with('…'));
    assert!(alt.chars().count() <= 403);
    let short = figure("Pull times", "app:1");
    assert_eq!(short.alt(), short.description());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_words_give_an_element(title in any::<String>(), label in any::<String>()) {
        let svg = figure(&title, &label).to_inline_svg("f");
        let document = Document::parse(&svg).unwrap();
        prop_assert_eq!(document.root_element().attribute("class"), Some("figure"));
    }
}
