//! The help of every command, as people read it.

use crate::program::Workplace;

#[test]
fn every_command_has_an_example_and_its_exit_codes() {
    let workplace = Workplace::new("");
    for command in ["plan", "build", "verify", "serve", "copy"] {
        let ran = workplace.run(&[command, "--help"]);
        assert_eq!(ran.code, 0);
        assert!(
            ran.results
                .contains(&format!("Example:\n  crafter {command} ")),
            "{}",
            ran.results
        );
        assert!(ran.results.contains("Exit codes: 0 "), "{}", ran.results);
        insta::assert_snapshot!(format!("help-{command}"), ran.results);
    }
    insta::assert_snapshot!("help", workplace.run(&["--help"]).results);
}
