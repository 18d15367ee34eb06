//! What stands below the options in `--help`: examples, remarks, exit codes.

use clap::Command;

/// The parts of a help text's end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Closing {
    /// Lines to type, and what is said between them.
    pub(super) examples: Vec<String>,
    /// Paragraphs.
    pub(super) remarks: Vec<String>,
    /// What each exit code means.
    pub(super) exit_codes: Option<String>,
}

impl Closing {
    /// Takes the end of a command's help apart.
    pub(super) fn of(command: &Command) -> Self {
        let text = command.get_after_help().map(ToString::to_string);
        Self::parse(&text.unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let mut closing = Self::default();
        let mut among_examples = false;
        // Exit codes may stand right below a remark.
        let text = text.replace("\nExit codes: ", "\n\nExit codes: ");
        let paragraphs = text.split("\n\n").map(|text| text.trim_matches('\n'));
        for paragraph in paragraphs.filter(|text| !text.trim().is_empty()) {
            let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
            if let Some(codes) = first.strip_prefix("Exit codes: ") {
                closing.exit_codes = Some(codes.to_owned());
            } else if matches!(first, "Example:" | "Examples:") {
                closing.examples.extend(lines(rest));
                among_examples = true;
                continue;
            } else if among_examples && paragraph.starts_with("  ") {
                closing.examples.push(String::new());
                closing.examples.extend(lines(paragraph));
                continue;
            } else {
                closing.remarks.push(paragraph.to_owned());
            }
            among_examples = false;
        }
        closing
    }
}

fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(|line| line.strip_prefix("  ").unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_remarks_and_exit_codes_are_told_apart() {
        let text = "Examples:\n  a --b\n    c\n\n  d\n\nNothing is made.\n\nExit codes: 0 done";
        let closing = Closing::parse(text);
        assert_eq!(closing.examples, ["a --b", "  c", "", "d"]);
        assert_eq!(closing.remarks, ["Nothing is made."]);
        assert_eq!(closing.exit_codes.as_deref(), Some("0 done"));
        assert_eq!(Closing::parse(""), Closing::default());
        let below = Closing::parse("Example:\n  a\n\nNothing is made.\nExit codes: 0 done");
        assert_eq!(below.remarks, ["Nothing is made."]);
        assert_eq!(below.exit_codes.as_deref(), Some("0 done"));
    }
}
