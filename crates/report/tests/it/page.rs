//! Pages as HTML and as Markdown: nothing of others is markup, everything is there, the same input gives the same bytes.

use std::io::Read as _;

use base64::Engine as _;
use pullstudy_report::{Column, Page, PageTable, Section, Table};
use serde::Serialize;

use crate::sample_page::{HOSTILE, page};

#[test]
fn names_of_others_are_never_markup() {
    let html = page().unwrap().to_html();
    assert!(!html.contains(HOSTILE), "unescaped");
    assert!(!html.contains("<script>alert"), "unescaped");
    assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;&#39;|`*"));
    assert!(html.contains("<title>Pulls of &lt;run1&gt;</title>"));
}

#[test]
fn the_page_loads_nothing() {
    let html = page().unwrap().to_html();
    for outside in ["src=", "<link", "@import", "url(", "https://"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let links: Vec<&str> = html.split("href=\"").skip(1).collect();
    assert!(links.iter().all(|link| link.starts_with('#')));
}

#[test]
fn links_lead_to_what_is_there() {
    let page = page().unwrap();
    let html = page.to_html();
    for link in html.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    assert_eq!(
        page.missing_definitions().into_iter().collect::<Vec<_>>(),
        ["nowhere"]
    );
}

#[test]
fn ids_are_given_once() {
    let html = page().unwrap().to_html();
    for start in html.split(" id=\"").skip(1) {
        let id = start.split('"').next().unwrap();
        assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn a_table_shows_some_rows_and_carries_all() {
    let html = page().unwrap().to_html();
    assert!(html.contains("The first 24 of 30 rows are shown."));
    let packed = html.split("class=\"csv\">").nth(1).unwrap();
    let packed = packed.split('<').next().unwrap();
    let packed = base64::engine::general_purpose::STANDARD
        .decode(packed)
        .unwrap();
    let mut csv = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut csv)
        .unwrap();
    assert_eq!(csv.lines().count(), 31);
    assert_eq!(
        csv.lines().next().unwrap(),
        "image,nodes,wire_bytes,median_seconds,note"
    );
}

#[test]
fn cells_tell_the_exact_value() {
    let html = page().unwrap().to_html();
    assert!(
        html.contains("<td class=\"n\" title=\"1045000011\">1.05 GB</td>"),
        "11 x 95,000,001"
    );
}

#[test]
fn a_section_without_content_is_left_out() {
    let page = page().unwrap();
    assert!(!page.to_html().contains("Never seen"));
    assert!(!page.to_markdown().contains("Never seen"));
}

#[test]
fn the_same_page_is_the_same_bytes() {
    assert_eq!(page().unwrap().to_html(), page().unwrap().to_html());
}

#[test]
fn markdown_says_the_verdict_first_and_escapes_cells() {
    let text = page().unwrap().to_markdown();
    let verdict = "# Pulls of \\<run1\\>\n\n> **worse**: this change adds 40 s and USD 12 to a 256-node start\n";
    assert!(text.starts_with(verdict), "{text}");
    assert!(text.contains("| image | nodes | wire | median s |\n| --- | ---: | ---: | ---: |\n"));
    assert!(text.contains("The first 20 of 30 rows."));
    assert!(text.contains("\\<script\\>alert('x')\\</script\\>\"&amp;'\\|\\`\\*"));
    assert!(text.contains("- **wire bytes**: "));
}

#[test]
fn a_hundred_thousand_rows_stay_small() {
    #[derive(Serialize)]
    struct Pull {
        node: String,
        pod: String,
        pull_seconds: f64,
    }
    let pull = |number: u64| {
        let chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Pull {
            node: format!("gke-cluster-pool-{:04x}", chance % 1_024),
            pod: format!("app-{:05x}", chance >> 44),
            pull_seconds: (chance >> 40) as f64 / 1e5,
        }
    };
    let rows: Vec<Pull> = (0..100_000).map(pull).collect();
    let table = Table::new(vec![
        Column::text("node", "node"),
        Column::text("pod", "pod"),
        Column::seconds("pull_seconds", "pull s"),
    ]);
    let table = PageTable::new("pulls", "All pulls", &table, &rows)
        .unwrap()
        .first(200);
    let page = Page::new("Many").section(Section::new("pulls-of-all", "Pulls").table(table));
    let bytes = page.to_html().len();
    assert!(bytes < 3_000_000, "{bytes}");
}
