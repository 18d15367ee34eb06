//! Who reads the page otherwise: on a phone, on paper, by ear, in the dark.

use pullstudy_report::{Column, Definition, Fact, Page, PageTable, Section, Table};
use serde::Serialize;

use crate::chromium::Browser;
use crate::sample_page::page;

/// By how many pixels the page is wider than its window.
const OVERFLOW: &str =
    "document.documentElement.scrollWidth - document.documentElement.clientWidth";

#[test]
fn axe_finds_nothing_serious_and_nothing_overflows() {
    let browser = Browser::showing(&page().unwrap());
    for scheme in ["light", "dark"] {
        for width in [1280, 375] {
            browser.emulate("screen", scheme);
            browser.resize(width);
            assert_eq!(browser.barriers(), [""; 0], "{scheme}, {width}");
            assert_eq!(browser.evaluate(OVERFLOW), 0, "{width}");
        }
    }
    assert_eq!(browser.log("browser"), [""; 0]);
}

#[test]
fn paper_has_no_buttons_and_cuts_nothing_off() {
    let browser = Browser::showing(&page().unwrap());
    browser.emulate("print", "dark");
    browser.resize(700);
    let shown = "[...document.querySelectorAll('nav, button.save, button.form, input, .skip')]\
                 .filter((e) => e.checkVisibility()).length";
    assert_eq!(browser.evaluate(shown), 0);
    let cut = "[...document.querySelectorAll('.scroll, .sheet:not([hidden])')]\
               .filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1).length";
    assert_eq!(browser.evaluate(cut), 0);
    let paper = "getComputedStyle(document.body).backgroundColor";
    assert_eq!(browser.evaluate(paper), "rgb(255, 255, 255)", "ink is dear");
}

#[test]
fn a_phone_folds_the_sections_away_and_a_link_leads_on() {
    let browser = Browser::showing(&page().unwrap());
    let is_open = "document.querySelector('nav details').open";
    assert_eq!(browser.evaluate(is_open), true);
    browser.resize(375);
    browser.reload();
    assert_eq!(browser.evaluate(is_open), false);
    browser.click("nav summary");
    assert_eq!(browser.evaluate(is_open), true);
    browser.click("nav li:nth-child(3) a");
    assert_eq!(browser.evaluate("location.hash"), "#definitions");
    assert_eq!(
        browser.evaluate(is_open),
        false,
        "what was looked for is not hidden"
    );
    browser.click("#def-wire-bytes + dd a");
    assert_eq!(browser.evaluate("location.hash"), "#glance");
}

#[test]
fn long_names_make_no_page_wider() {
    #[derive(Serialize)]
    struct Row {
        image: String,
    }
    let long = "averylongname".repeat(20);
    let image = long.clone();
    let table = Table::new(vec![Column::text("image", &long)]);
    let table = PageTable::new("images", &long, &table, &[Row { image }]).unwrap();
    let section = Section::new("names", &long)
        .text(&long)
        .facts(vec![Fact::new(&long, &long).exact("1").defined_by("name")])
        .warnings(vec![long.clone()])
        .table(table.defined("image", "name"));
    let page = Page::new(&long)
        .lead(&long)
        .section(section)
        .definition(Definition::new("name", &long, &long))
        .footer(&long);
    let browser = Browser::showing(&page);
    for width in [1280, 375] {
        browser.resize(width);
        assert_eq!(browser.evaluate(OVERFLOW), 0, "{width}");
    }
}
