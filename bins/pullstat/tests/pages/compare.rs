//! Whether a command printed what its page says.

/// Stands for any number of lines.
const ANY_LINES: &str = "...";

/// What may bind a pull. Which one does goes with the numbers: on a busy machine it may be another.
const RESOURCES: [&str; 4] = ["hashing", "wire", "decompression", "file system"];

/// Returns whether `printed` is what the page says, where a line `...` stands for any lines.
///
/// With `is_measured` numbers may be others, and with them the widths of columns and what bound a pull.
pub(crate) fn is_as_said(said: &[String], printed: &[String], is_measured: bool) -> bool {
    let Some((first, rest)) = said.split_first() else {
        return printed.is_empty();
    };
    if first.trim() == ANY_LINES {
        return (0..=printed.len()).any(|from| is_as_said(rest, &printed[from..], is_measured));
    }
    let Some((line, others)) = printed.split_first() else {
        return false;
    };
    shape(first, is_measured) == shape(line, is_measured) && is_as_said(rest, others, is_measured)
}

fn shape(line: &str, is_measured: bool) -> String {
    let line = line.trim_end();
    if !is_measured {
        return line.to_owned();
    }
    let bound = RESOURCES.iter().find_map(|name| line.strip_suffix(name));
    let mut shape = String::new();
    for letter in bound.unwrap_or(line).chars() {
        let letter = if letter.is_ascii_digit() { '0' } else { letter };
        let is_repeated = matches!(letter, '0' | ' ' | '-') && shape.ends_with(letter);
        let is_inside = matches!(letter, '.' | ',') && shape.ends_with('0');
        if letter != '<' && !is_repeated && !is_inside {
            shape.push(letter);
        }
    }
    shape
}
