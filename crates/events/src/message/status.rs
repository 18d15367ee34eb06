//! HTTP statuses in prose.

/// How many words may stand between `status` or `HTTP` and the number.
const REACH: usize = 6;

/// The statuses that make a class, with the word that Go puts behind each.
const PHRASES: &[(u16, &str)] = &[
    (401, "unauthorized"),
    (403, "forbidden"),
    (404, "not"),
    (429, "too"),
    (500, "internal"),
    (502, "bad"),
    (503, "service"),
    (504, "gateway"),
];

/// Returns the numbers of 400 to 599 that a text in small letters calls statuses: behind `status` or `HTTP`, or
/// before the phrase that belongs to them.
pub(super) fn statuses(text: &str) -> Vec<u16> {
    let words: Vec<&str> = text
        .split([' ', '='])
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .collect();
    let status_at = |position: usize| {
        let status = words[position].parse().ok()?;
        let is_status = (400..600).contains(&status)
            && (has_phrase(status, words.get(position + 1)) || is_announced(&words[..position]));
        is_status.then_some(status)
    };
    (0..words.len()).filter_map(status_at).collect()
}

fn has_phrase(status: u16, next: Option<&&str>) -> bool {
    let phrase = |(known, word): &(u16, &str)| *known == status && next == Some(word);
    PHRASES.iter().any(phrase)
}

fn is_announced(before: &[&str]) -> bool {
    let near = before.iter().rev().take(REACH);
    near.into_iter()
        .any(|&word| word == "status" || word == "http")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_status_where_its_words_say_so() {
        let cases: [(&str, &[u16]); 8] = [
            ("404 not found", &[404]),
            ("unexpected status code _: 530", &[530]),
            ("received unexpected http status: 502 bad gateway", &[502]),
            ("status=503, then 401 (unauthorized)", &[503, 401]),
            ("404 bytes of 500", &[]),
            ("redis:404 and 4040", &[]),
            ("http 200, http 600", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(statuses(text), expected, "{text}");
        }
    }
}
