//! What a terminal obeys instead of showing it.

/// Tells whether a terminal obeys a character: controls, and the marks that turn the direction of what follows, by which a
/// text can be made to look like another one.
///
/// ```
/// use pullstudy_report::commands_terminal;
///
/// assert!(commands_terminal('\u{1b}') && commands_terminal('\u{202e}'));
/// assert!(!commands_terminal('é'));
/// ```
#[must_use]
pub fn commands_terminal(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
