//! What the script adds: sorting, filtering, downloads, forms of figures, the theme.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use crate::chromium::Browser;
use crate::sample_page::page;

/// As WebDriver writes the key.
const ENTER: &str = "\u{e007}";

const WIRE: &str = "th:nth-child(3) .sort";

#[test]
fn tables_sort_filter_and_download() {
    let browser = Browser::showing(&page().unwrap());
    sorts_by_the_exact_value(&browser);
    turns_to_exact_values(&browser);
    filters_and_counts(&browser);
    let (name, csv) = downloaded(&browser, "#times .save");
    assert_eq!(name, "times.csv");
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 31, "also what is not shown");
    assert!(csv.starts_with("image,nodes,wire_bytes,median_seconds,note\n"));
    assert!(csv.contains("\nghcr.io/team/app-11:9-layers,8,1045000011,13.580237,only in files\n"));
    assert_eq!(browser.log("browser"), [""; 0]);
}

fn sorts_by_the_exact_value(browser: &Browser) {
    browser.click(WIRE);
    assert_eq!(browser.texts("th[aria-sort=ascending]").len(), 1);
    let ascending = wire_bytes(browser);
    let (known, unknown) = ascending.split_at(21);
    assert!(known.is_sorted_by_key(|bytes| bytes.unwrap()), "{known:?}");
    assert_eq!(unknown, [None; 3], "what is not known comes last");

    browser.keys(WIRE, ENTER);
    assert_eq!(browser.texts("th[aria-sort=descending]").len(), 1);
    let descending = wire_bytes(browser);
    let (known, unknown) = descending.split_at(21);
    assert!(
        known.iter().rev().is_sorted_by_key(|bytes| bytes.unwrap()),
        "{known:?}"
    );
    assert_eq!(unknown, [None; 3], "whichever way");

    browser.click("th:nth-child(2) .sort");
    let nodes: Vec<u64> = column(browser, 2)
        .iter()
        .map(|n| n.parse().unwrap())
        .collect();
    assert!(nodes.is_sorted(), "{nodes:?}");
    let few: Vec<_> = wire_bytes(browser).into_iter().take(8).flatten().collect();
    assert!(
        few.iter().rev().is_sorted(),
        "equal rows keep their order: {few:?}"
    );
}

fn wire_bytes(browser: &Browser) -> Vec<Option<u64>> {
    let cells = column(browser, 3);
    cells.iter().map(|bytes| bytes.parse().ok()).collect()
}

/// The exact values of a column, from 1.
fn column(browser: &Browser, position: u32) -> Vec<String> {
    let cells = browser.evaluate(&format!(
        "[...document.querySelectorAll('tbody td:nth-child({position})')]\
         .map((cell) => cell.hasAttribute('title') ? cell.title : cell.textContent)"
    ));
    let cells = cells.as_array().unwrap().iter();
    cells
        .map(|cell| cell.as_str().unwrap().to_owned())
        .collect()
}

fn turns_to_exact_values(browser: &Browser) {
    let before = column(browser, 3);
    browser.click("#times .digits");
    assert_eq!(
        browser.texts("tbody td:nth-child(3)"),
        without_dashes(&before)
    );
    browser.click(WIRE);
    let sorted: Vec<u64> = wire_texts(browser)
        .iter()
        .flat_map(|bytes| bytes.parse())
        .collect();
    assert!(sorted.is_sorted() && sorted.len() == 21, "{sorted:?}");
    browser.click("#times .digits");
    assert!(
        wire_texts(browser)
            .iter()
            .any(|bytes| bytes.ends_with(" GB"))
    );
}

fn wire_texts(browser: &Browser) -> Vec<String> {
    browser.texts("tbody td:nth-child(3)")
}

/// An exact nothing is empty.
fn without_dashes(cells: &[String]) -> Vec<String> {
    cells.iter().map(|cell| cell.replace('-', "")).collect()
}

fn filters_and_counts(browser: &Browser) {
    browser.keys("#times .filter", "APP-2");
    let left = browser.texts("tbody tr:not([hidden]) td:first-child");
    assert!(!left.is_empty() && left.len() < 24, "{left:?}");
    assert!(left.iter().all(|image| image.contains("app-2")), "{left:?}");
    let count = format!("{} of 24 rows", left.len());
    assert_eq!(browser.texts("#times .count"), [count]);
    let live = "document.querySelector('#times .count').getAttribute('aria-live')";
    assert_eq!(browser.evaluate(live), "polite");
}

#[test]
fn figures_switch_and_download_and_the_theme_turns() {
    let browser = Browser::showing(&page().unwrap());
    let (name, linear) = downloaded(&browser, "#boxes .save[data-kind=svg]");
    assert_eq!(name, "boxes.svg");
    browser.click("#boxes .form[data-form='1']");
    assert_eq!(
        browser.texts("#boxes .form[aria-pressed=true]"),
        ["logarithmic"]
    );
    let (_, logarithmic) = downloaded(&browser, "#boxes .save[data-kind=svg]");
    assert_ne!(linear, logarithmic, "what is shown is what is saved");
    let svg = String::from_utf8(logarithmic).unwrap();
    let svg = roxmltree::Document::parse(&svg).unwrap();
    let width: f64 = svg
        .root_element()
        .attribute("width")
        .unwrap()
        .parse()
        .unwrap();

    let (name, png) = downloaded(&browser, "#boxes .save[data-kind=png]");
    assert_eq!(name, "boxes.png");
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    let pixels = u32::from_be_bytes(png[16..20].try_into().unwrap());
    assert_eq!(f64::from(pixels), 2.0 * width.floor());
    assert!(
        png.len() > 10_000,
        "a picture with something on it: {}",
        png.len()
    );

    let paper = "getComputedStyle(document.body).backgroundColor";
    browser.emulate("screen", "light");
    let light = browser.evaluate(paper);
    browser.click("#theme");
    assert_ne!(browser.evaluate(paper), light);
    browser.click("#theme");
    assert_eq!(browser.evaluate(paper), light);
    assert_eq!(browser.log("browser"), [""; 0]);
}

/// Presses a button, and returns the name and the bytes of the file that the browser would have saved.
fn downloaded(browser: &Browser, selector: &str) -> (String, Vec<u8>) {
    let selector = json!(selector);
    let saved = browser.evaluate(&format!(
        "new Promise((done) => {{
           const make = URL.createObjectURL;
           let made;
           URL.createObjectURL = (blob) => {{ made = blob; return make.call(URL, blob); }};
           addEventListener('click', async (event) => {{
             event.preventDefault();
             URL.createObjectURL = make;
             const bytes = new Uint8Array(await made.arrayBuffer());
             const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
             done([event.target.download, btoa(text)]);
           }}, {{ once: true }});
           document.querySelector({selector}).dispatchEvent(new MouseEvent('click'));
         }})"
    ));
    let part = |position: usize| saved[position].as_str().unwrap();
    (part(0).to_owned(), BASE64.decode(part(1)).unwrap())
}
