//! Texts of others in documents of ours.

use crate::terminal::commands_terminal;

/// Makes a text safe between tags and in quoted attributes of HTML. Control characters but line ends become replacement
/// characters, since HTML has no way to write them, and so do those that turn the direction of what follows.
pub(super) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            command if commands_terminal(command) => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Makes a text safe on one line of GitHub-flavoured Markdown, in a table's cell too: what would be markup is shown as it is,
/// and nobody is called by an `@`.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            // GitHub looks for people in what was rendered: an escape does not keep it from that.
            '@' if !before.is_alphanumeric() => escaped.push_str("@<!-- -->"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            control if control.is_control() => escaped.push(' '),
            command if commands_terminal(command) => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
        before = character;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_called_by_the_name_of_an_image() {
        assert_eq!(markdown("@team/app"), "@<!-- -->team/app");
        assert_eq!(markdown("app@sha256:1f"), "app@sha256:1f");
        assert_eq!(markdown("a & b"), "a &amp; b");
    }

    proptest! {
        #[test]
        fn html_has_no_markup_and_says_the_same(text in any::<String>()) {
            let escaped = html(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let read = escaped
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
            let keeps = |c: char| matches!(c, '\n' | '\t') || !commands_terminal(c);
            let meant: String = text.chars().map(|c| if keeps(c) { c } else { '\u{fffd}' }).collect();
            prop_assert_eq!(read, meant);
        }

        #[test]
        fn markdown_stays_on_its_line_and_in_its_cell(text in any::<String>()) {
            let escaped = markdown(&text);
            prop_assert!(!escaped.contains(['\n', '\r']));
            let bars = escaped.matches('|').count();
            prop_assert_eq!(bars, escaped.matches("\\|").count());
        }
    }
}
