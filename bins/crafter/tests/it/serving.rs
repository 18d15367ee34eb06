//! A layout that is served is the layout that was made.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::program::Workplace;

/// A server that ends with the test.
struct Serving {
    child: Child,
    reference: String,
}

impl Serving {
    fn start(workplace: &Workplace, layout: &str) -> Self {
        let arguments = [
            "serve",
            layout,
            "--listen",
            "127.0.0.1:0",
            "--bandwidth",
            "500MB",
            "--latency",
            "1ms",
        ];
        let mut child = workplace
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut reference = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut reference)
            .unwrap();
        Self {
            child,
            reference: reference.trim().to_owned(),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

const SIZES: &str = "uri: ghcr.io/study/base\nsizes: [{total: 200kB}]\nlayers: [{exact: 2}]\nplatforms: [linux/amd64, linux/arm64]";

#[test]
fn a_served_image_verifies_by_reference() {
    let workplace = Workplace::new(SIZES);
    workplace.rows(&["build", "sizes.yaml", "-o", "out"]);
    let serving = Serving::start(&workplace, "out");
    assert!(
        serving
            .reference
            .ends_with("/study/base:2-layers-size-200000-bytes"),
        "{}",
        serving.reference
    );
    let verified = workplace.run(&["verify", &serving.reference]);
    assert_eq!(verified.code, 0, "{}", verified.messages);
    assert!(
        verified
            .results
            .starts_with("2 images with 4 layers, 400,000 wire bytes"),
        "{}",
        verified.results
    );

    let missing = workplace.run(&["verify", &serving.reference.replace("2-layers", "3-layers")]);
    assert_eq!(missing.code, 1);
    assert!(
        missing.messages.contains("3-layers-size-200000-bytes"),
        "{}",
        missing.messages
    );
}

#[test]
fn a_base_comes_from_a_registry() {
    let workplace = Workplace::new(SIZES);
    workplace.rows(&["build", "sizes.yaml", "-o", "base"]);
    let serving = Serving::start(&workplace, "base");
    let text = format!(
        "uri: localhost/on\nsizes: [{{total: 500kB}}]\nlayers: [{{exact: 5}}]\nbase: {}",
        serving.reference
    );
    workplace.write("on.yaml", &text);
    let rows = workplace.rows(&["build", "on.yaml", "-o", "out"]);
    assert_eq!(
        (&rows[0]["layers"], &rows[0]["wire_bytes"]),
        (&5.into(), &500_000.into())
    );
    assert_eq!(workplace.run(&["verify", "out"]).code, 0);
}
