//! How wide a text is, so that nothing is cut and nothing overlaps.

use crate::narrow::{middle_cut, short_digest};

/// Advance widths of ` ` to `~` in DejaVu Sans, in thousandths of the font size.
///
/// From the font's `hmtx` table (version 2.37). It is wider than the fonts it stands in for, so a text in
/// another of the named fonts takes less room than reserved.
const ADVANCE: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// Width of a character that is not in the table: a whole em, which only wide scripts fill.
const OTHER_ADVANCE: u16 = 1000;

/// DejaVu Sans Bold is at most this much wider, letter by letter ("I" and "J" are).
const BOLD_FACTOR: f64 = 1.27;

/// Returns the width of a text in pixels, for a font size in pixels.
pub(super) fn text_width(text: &str, size: u32, is_bold: bool) -> f64 {
    let thousandths: u32 = text.chars().map(|c| u32::from(advance(c))).sum();
    let width = f64::from(thousandths) * f64::from(size) / 1000.0;
    if is_bold { width * BOLD_FACTOR } else { width }
}

fn advance(character: char) -> u16 {
    let position = (character as usize).checked_sub(' ' as usize);
    let in_table = position.and_then(|position| ADVANCE.get(position));
    // The middle dot stands in nearly every label.
    in_table.copied().unwrap_or(if character == '·' {
        318
    } else {
        OTHER_ADVANCE
    })
}

/// Cuts the front of a text that is wider than `width` pixels: the end of a reference tells more.
pub(super) fn cut_front(text: &str, size: u32, is_bold: bool, width: f64) -> String {
    if text_width(text, size, is_bold) <= width {
        return text.to_owned();
    }
    let text = short_digest(text);
    if text_width(&text, size, is_bold) <= width {
        return text.into_owned();
    }
    let starts = text.char_indices().map(|(start, _)| start).skip(1);
    starts
        .map(|start| format!("…{}", &text[start..]))
        .find(|cut| text_width(cut, size, is_bold) <= width)
        .unwrap_or_else(|| "…".to_owned())
}

/// Cuts the end of a text that is wider than `width` pixels.
pub(super) fn cut_end(text: &str, size: u32, is_bold: bool, width: f64) -> String {
    if text_width(text, size, is_bold) <= width {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(end, _)| end).rev();
    ends.map(|end| format!("{}…", &text[..end]))
        .find(|cut| text_width(cut, size, is_bold) <= width)
        .unwrap_or_else(|| "…".to_owned())
}

/// Cuts the middle out of a text that is wider than `width` pixels: both ends of a reference tell one from another.
pub(super) fn cut_middle(text: &str, size: u32, is_bold: bool, width: f64) -> String {
    if text_width(text, size, is_bold) <= width {
        return text.to_owned();
    }
    let text = short_digest(text);
    if text_width(&text, size, is_bold) <= width {
        return text.into_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let cuts = (0..letters.len())
        .rev()
        .map(|kept| middle_cut(&letters, kept));
    let mut fitting = cuts.filter(|cut| text_width(cut, size, is_bold) <= width);
    fitting.next().unwrap_or_else(|| "…".to_owned())
}

/// Breaks a text into lines of at most `width` pixels; a word that is wider is cut.
pub(super) fn wrapped(text: &str, size: u32, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| text_width(longer, size, false) <= width) {
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None => lines.push(cut_end(word, size, false, width)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn widths_are_the_fonts() {
        // DejaVu Sans: "l" 569, "m" 1995 of 2048 units.
        assert!((text_width("l", 2048, false) - 569.0).abs() < 1.0);
        assert!((text_width("m", 2048, false) - 1995.0).abs() < 1.0);
        assert_eq!(text_width("", 12, false), 0.0);
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(cut_front("app:1", 12, false, 100.0), "app:1");
        assert_eq!(
            cut_front("registry.example.org/team/app:1", 12, false, 60.0),
            "…/app:1"
        );
        assert_eq!(
            cut_end("registry.example.org/team/app:1", 12, false, 60.0),
            "registry…"
        );
        assert_eq!(
            cut_middle("registry.example.org/team/app:1", 12, false, 80.0),
            "reg…/app:1"
        );
    }

    #[test]
    fn a_text_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 12, 50.0), ["one two", "three"]);
        assert_eq!(wrapped("", 12, 50.0), [""]);
    }

    proptest! {
        #[test]
        fn every_line_fits(text in "[a-z ]{0,60}", width in 12.0..200.0_f64) {
            for line in wrapped(&text, 12, width) {
                prop_assert!(text_width(&line, 12, false) <= width.max(12.0));
            }
        }

        #[test]
        fn a_cut_text_fits(text in ".{0,60}", width in 12.0..200.0_f64) {
            prop_assert!(text_width(&cut_front(&text, 12, false, width), 12, false) <= width);
            prop_assert!(text_width(&cut_end(&text, 12, true, width), 12, true) <= width.max(15.3));
            prop_assert!(text_width(&cut_middle(&text, 12, false, width), 12, false) <= width);
        }
    }
}
