//! Help of the commands over events, as it is read.

use crate::events::{printed, pullstat};

#[test]
fn help_says_what_each_command_does() {
    for command in [
        "compare", "failures", "health", "pulls", "spread", "stages", "summary", "wall",
    ] {
        let help = printed(&pullstat(&[command, "--help"]));
        assert!(help.contains("Example"), "{command} has an example");
        assert!(help.contains("Exit codes: 0 done, 1 failed, 2 wrong usage"));
        insta::assert_snapshot!(command, help);
    }
}
