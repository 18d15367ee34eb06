//! The directives above the first instruction, of which one changes how lines are read.

/// Names of directives that end nothing: below them there may be more.
const DIRECTIVES: [&str; 3] = ["syntax", "escape", "check"];

/// Returns the character behind which a line goes on: a backslash, unless a directive says it is a backtick.
///
/// Directives are only what stands above everything else, in the very first lines. Whether their values are right is for
/// the parser to say.
pub(super) fn escape_character(text: &str) -> char {
    let directives = text.lines().map_while(directive);
    let mut escapes = directives.filter(|(name, _)| name == "escape");
    match (escapes.next(), escapes.next()) {
        (Some((_, "`")), None) => '`',
        _ => '\\',
    }
}

fn directive(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.strip_prefix('#')?.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    DIRECTIVES
        .contains(&name.as_str())
        .then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directives_above_everything_else_count() {
        assert_eq!(escape_character("# escape=`\nFROM a"), '`');
        assert_eq!(
            escape_character("#syntax=docker/dockerfile:1\n# ESCAPE = `\r\nFROM a"),
            '`'
        );
        assert_eq!(escape_character("# a comment\n# escape=`\nFROM a"), '\\');
        assert_eq!(escape_character("\n# escape=`\nFROM a"), '\\');
        assert_eq!(escape_character("FROM a"), '\\');
        assert_eq!(
            escape_character("# escape=`\n# escape=`\nFROM a"),
            '\\',
            "a directive that is there twice is none"
        );
    }
}
