//! Opening the page: nothing is asked for, nothing goes wrong, everything is there, with and without its script.

use serde_json::Value;

use crate::chromium::Browser;
use crate::sample_page::page;

#[test]
fn it_asks_for_nothing_and_nothing_goes_wrong() {
    let browser = Browser::showing(&page().unwrap());
    let requested: Vec<String> = browser
        .log("performance")
        .iter()
        .filter_map(|entry| requested(entry))
        .collect();
    assert_eq!(requested.len(), 1, "{requested:?}");
    assert!(requested[0].ends_with("/report.html"), "{requested:?}");
    assert_eq!(browser.log("browser"), [""; 0]);
    assert_eq!(
        browser.texts("main h2"),
        ["At a glance", "Pull times", "Definitions"]
    );
    assert_eq!(browser.texts("nav li"), browser.texts("main h2"));

    browser.without_scripts();
    assert_eq!(browser.evaluate("document.documentElement.className"), "");
    let shown =
        "[...document.querySelectorAll('SELECTOR')].filter((e) => e.checkVisibility()).length";
    let shown = |selector: &str| browser.evaluate(&shown.replace("SELECTOR", selector));
    assert_eq!(shown("tbody tr"), 24);
    assert_eq!(
        shown("figure svg"),
        2,
        "without a script both forms are shown"
    );
    assert_eq!(
        shown(".tools, #theme"),
        0,
        "no button is shown that does nothing"
    );
}

/// The address of a request, if that is what an entry of the log is; those of the tab that was there before do not count.
fn requested(entry: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(entry).unwrap();
    let request = &entry["message"]["params"];
    let asking = request["documentURL"].as_str()?;
    let url = request["request"]["url"].as_str()?;
    asking.starts_with("file:").then(|| url.to_owned())
}
