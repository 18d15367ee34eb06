//! Chromium without a window, driven by the WebDriver protocol.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use pullstudy_report::Page;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http;

const SETUP: &str = "is not here: `cargo xtask setup` installs it";

/// What `cargo xtask setup` fetches.
const AXE: &str = "tests/browser/node_modules/axe-core/axe.min.js";

/// A browser that shows one page from a file; it ends with this value.
pub(crate) struct Browser {
    driver: Child,
    /// Read to the end, or the driver would stop at its next word.
    _words: BufReader<ChildStdout>,
    port: u16,
    session: String,
    _folder: TempDir,
}

impl Browser {
    /// Opens a page as a reader does who got it by mail: from a folder, without a server.
    pub(crate) fn showing(page: &Page) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.html");
        fs::write(&file, page.to_html()).unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver {SETUP} ({error})"));
        let mut words = BufReader::new(driver.stdout.take().unwrap());
        let port = port_in(&mut words);
        let mut browser = Self {
            driver,
            _words: words,
            port,
            session: String::new(),
            _folder: folder,
        };
        let wishes = wishes(&browser._folder.path().join("profile"));
        let session = browser.post("/session", &wishes);
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        browser.open(&format!("file://{}", file.display()));
        browser
    }

    fn open(&self, url: &str) {
        self.post(&self.path("url"), &json!({ "url": url }));
    }

    pub(crate) fn reload(&self) {
        self.post(&self.path("refresh"), &json!({}));
    }

    /// Evaluates an expression of the page's language, and waits for what it promises.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        let answer = self.devtools(
            "Runtime.evaluate",
            &json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// The texts of all elements that a selector finds.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let selector = json!(selector);
        let texts = self.evaluate(&format!(
            "[...document.querySelectorAll({selector})].map((e) => e.textContent.trim())"
        ));
        let texts = texts.as_array().unwrap().iter();
        texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    }

    /// Clicks as a mouse does: what lies under something else, or outside of the view, cannot be.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&self.path(&format!("element/{element}/click")), &json!({}));
    }

    /// Types into an element.
    pub(crate) fn keys(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        let path = self.path(&format!("element/{element}/value"));
        self.post(&path, &json!({ "text": text }));
    }

    fn element(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        let found = self.post(&self.path("element"), &by);
        let ids = found.as_object().unwrap().values();
        ids.filter_map(Value::as_str).collect()
    }

    /// Pretends a width in pixels.
    pub(crate) fn resize(&self, width: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// Pretends a medium, `screen` or `print`, and a wish for `light` or `dark`.
    pub(crate) fn emulate(&self, medium: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "media": medium, "features": features }),
        );
    }

    pub(crate) fn without_scripts(&self) {
        self.devtools(
            "Emulation.setScriptExecutionDisabled",
            &json!({ "value": true }),
        );
        self.reload();
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.post(&self.path("goog/cdp/execute"), &body)
    }

    /// What stands in a log since it was last asked for: `browser` has what went wrong, `performance` what was requested.
    pub(crate) fn log(&self, kind: &str) -> Vec<String> {
        let entries = self.post(&self.path("se/log"), &json!({ "type": kind }));
        let entries = entries.as_array().unwrap().iter();
        entries
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What axe-core finds that keeps people out, as `rule: element`.
    pub(crate) fn barriers(&self) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
        let axe = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{} {SETUP} ({error})", path.display()));
        self.evaluate(&format!("{axe}; 0"));
        let found = self.evaluate(
            "axe.run().then(({ violations }) => violations\
             .filter(({ impact }) => impact === 'serious' || impact === 'critical')\
             .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))",
        );
        let found = found.as_array().unwrap().iter();
        found
            .map(|rule| rule.as_str().unwrap().to_owned())
            .collect()
    }

    fn path(&self, rest: &str) -> String {
        format!("/session/{}/{rest}", self.session)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let mut answer = http::asked(self.port, "POST", path, body);
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "{path} {body}: {value}");
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver takes the browser along when it is told, and not when it is killed.
        if !self.session.is_empty() {
            let path = format!("/session/{}", self.session);
            http::asked(self.port, "DELETE", &path, &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The driver takes a free port, and says which.
fn port_in(words: &mut impl BufRead) -> u16 {
    let mut lines = words.lines().map(Result::unwrap);
    let line = lines
        .find(|line| line.contains("successfully on port"))
        .unwrap();
    let digits = line.chars().filter(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap()
}

/// A browser that speaks to nobody and writes down what goes wrong.
fn wishes(profile: &Path) -> Value {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--no-first-run".to_owned(),
        "--window-size=1280,900".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    // Chromium refuses to shut root into its sandbox.
    if fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0) {
        arguments.push("--no-sandbox".to_owned());
    }
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    }}})
}
