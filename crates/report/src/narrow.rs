//! Tables on terminals that are narrower than they are.

use std::borrow::Cow;

/// A column of texts keeps so many characters at least: less would tell two references no more apart.
const LEAST: usize = 12;

/// What stands for what was left out.
const CUT: char = '…';

/// Letters of a SHA-256 in hexadecimal.
const DIGEST_LETTERS: usize = 64;

/// So much of a digest tells it from others, as of commits.
const DIGEST_KEPT: usize = 7;

/// Shortens texts until each line fits into `room` characters: always the widest column that may be shortened. Lines that
/// would not fit even so stay as they are, with names that can be read. The first line is the header, which stays whole;
/// `gap` characters stand between two columns.
pub(crate) fn narrow(lines: &mut [Vec<String>], may_shrink: &[bool], gap: usize, room: usize) {
    let (mut widths, least) = (widths(lines), least(lines));
    let gaps = gap * widths.len().saturating_sub(1);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while excess > 0 {
        let columns = 0..widths.len();
        let wide = columns.filter(|&at| may_shrink[at] && widths[at] > least[at]);
        let Some(widest) = wide.max_by_key(|&at| widths[at]) else {
            return;
        };
        widths[widest] -= 1;
        excess -= 1;
    }
    for cells in lines {
        for (cell, &width) in cells.iter_mut().zip(&widths) {
            *cell = shortened(cell, width);
        }
    }
}

fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for cells in lines {
        widths.resize(cells.len(), 0);
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

fn least(lines: &[Vec<String>]) -> Vec<usize> {
    let header = lines.first().into_iter().flatten();
    header.map(|text| text.chars().count().max(LEAST)).collect()
}

/// Leaves out the middle: images differ in the names at the end and in the registries at the beginning. Of a digest
/// the beginning says enough.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let text = short_digest(text);
    let chars: Vec<char> = text.chars().collect();
    match chars.len() <= width {
        true => text.into_owned(),
        false => middle_cut(&chars, width.saturating_sub(1)),
    }
}

/// Leaves of a reference's digest so much as people compare.
pub(crate) fn short_digest(text: &str) -> Cow<'_, str> {
    let Some((name, rest)) = text.split_once("@sha256:") else {
        return Cow::Borrowed(text);
    };
    let is_digest = |hex: &str| hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    match rest.split_at_checked(DIGEST_LETTERS) {
        Some((hex, rest)) if is_digest(hex) => {
            Cow::Owned(format!("{name}@{}{rest}", &hex[..DIGEST_KEPT]))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Keeps so many letters, most of them of the end.
pub(crate) fn middle_cut(letters: &[char], kept: usize) -> String {
    let head = kept / 3;
    let tail = letters.len().saturating_sub(kept - head);
    let head = letters[..head].iter();
    head.chain([&CUT]).chain(&letters[tail..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: &[[&str; 2]]) -> Vec<Vec<String>> {
        let owned = |row: &[&str; 2]| row.map(str::to_owned).to_vec();
        rows.iter().map(owned).collect()
    }

    #[test]
    fn the_middle_of_the_widest_text_goes() {
        let rows = [
            ["image", "s"],
            ["ghcr.io/organisation/application:1.0", "12.5"],
        ];
        let mut narrowed = lines(&rows);
        narrow(&mut narrowed, &[true, false], 2, 26);
        assert_eq!(narrowed[1], ["ghcr.i…plication:1.0", "12.5"]);
        let mut wide = lines(&rows);
        narrow(&mut wide, &[true, false], 2, 80);
        assert_eq!(wide, lines(&rows));
    }

    #[test]
    fn a_digest_goes_before_the_name() {
        let digest = "0123456789abcdef".repeat(4);
        let reference = format!("ghcr.io/team/app:1@sha256:{digest}");
        assert_eq!(shortened(&reference, 40), "ghcr.io/team/app:1@0123456");
        assert_eq!(shortened(&reference, 20), "ghcr.i…app:1@0123456");
        assert_eq!(shortened(&reference, 100), reference);
        let told = format!("{reference} (run1)");
        assert_eq!(short_digest(&told), "ghcr.io/team/app:1@0123456 (run1)");
        assert_eq!(short_digest("app@sha256:0123"), "app@sha256:0123");
        assert_eq!(shortened("abcdefgh", 5), "a…fgh");
    }

    #[test]
    fn numbers_headers_and_a_dozen_letters_stay() {
        let mut rows = lines(&[
            ["a rather long header", "1234567890"],
            ["é".repeat(40).as_str(), "1"],
        ]);
        narrow(&mut rows, &[true, false], 2, 32);
        assert_eq!(rows[0], ["a rather long header", "1234567890"]);
        assert_eq!(rows[1][0].chars().count(), 20);
    }

    #[test]
    fn what_cannot_fit_stays_whole() {
        let mut rows = lines(&[["image", "1234567890"], ["é".repeat(40).as_str(), "1"]]);
        narrow(&mut rows, &[true, false], 2, 20);
        assert_eq!(rows[1][0].chars().count(), 40);
    }
}
