//! JSON over many lines, or of any length: the objects in it, in memory one at a time.

/// The keyword under which a list of Kubernetes has its objects.
const ITEMS: &[u8] = b"\"items\"";

/// Takes JSON apart while it comes in: hands out each object that stands alone, in an array, or among a list's items.
///
/// `kubectl get events -o json` prints one list over many lines, with `--watch` an object after the other.
#[derive(Debug)]
pub(super) struct DocumentReader {
    /// The brackets that are open, as they were written.
    open: Vec<u8>,
    /// How many were open before the object that is being collected.
    collecting: Option<usize>,
    object: Vec<u8>,
    max_object_bytes: usize,
    is_too_long: bool,
    in_string: bool,
    is_escaped: bool,
}

/// What came out of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// The text of one object, brackets balanced.
    Object(&'a [u8]),
    /// An object that was longer than there is room for.
    TooLong,
}

/// The text is no JSON: a bracket that closes another one, or a string over the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

impl DocumentReader {
    pub(super) fn new(max_object_bytes: usize) -> Self {
        Self {
            open: Vec::new(),
            collecting: None,
            object: Vec::new(),
            max_object_bytes,
            is_too_long: false,
            in_string: false,
            is_escaped: false,
        }
    }

    /// Whether everything that was opened is closed.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether a line that begins with a bracket cannot go on with what is open: it is a new document.
    pub(super) fn is_inside_object(&self) -> bool {
        self.open.last() == Some(&b'{')
    }

    /// Forgets what is open.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.max_object_bytes);
    }

    /// Takes a part of a line, and hands out what it completes.
    pub(super) fn take(
        &mut self,
        mut text: &[u8],
        found: &mut dyn FnMut(Part<'_>),
    ) -> Result<(), Broken> {
        while !text.is_empty() {
            if self.in_string {
                text = self.take_string(text);
                continue;
            }
            let length = memchr::memchr3(b'"', b'{', b'[', text).unwrap_or(text.len());
            let length = text[..length]
                .iter()
                .position(|byte| matches!(byte, b'}' | b']'))
                .unwrap_or(length);
            self.collect(&text[..length]);
            let Some(&byte) = text.get(length) else {
                break;
            };
            self.take_mark(byte, found)?;
            text = &text[length + 1..];
        }
        Ok(())
    }

    /// Marks the end of a line: no string goes over it.
    pub(super) fn end_line(&mut self) -> Result<(), Broken> {
        if self.in_string {
            return Err(Broken);
        }
        self.collect(b"\n");
        Ok(())
    }

    fn take_string<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        if self.is_escaped {
            self.is_escaped = false;
            self.collect(&text[..1]);
            return &text[1..];
        }
        let length = memchr::memchr2(b'"', b'\\', text).map_or(text.len(), |found| found + 1);
        match text[..length].last() {
            Some(b'"') => self.in_string = false,
            Some(b'\\') => self.is_escaped = true,
            _ => {}
        }
        self.collect(&text[..length]);
        &text[length..]
    }

    fn take_mark(&mut self, byte: u8, found: &mut dyn FnMut(Part<'_>)) -> Result<(), Broken> {
        match byte {
            b'"' => {
                self.in_string = true;
                self.collect(b"\"");
            }
            b'{' => self.open_object(),
            b'[' => self.open_array(),
            _ => return self.close(byte, found),
        }
        Ok(())
    }

    /// Objects are collected whole, except the one that turns out to be a list.
    fn open_object(&mut self) {
        if self.collecting.is_none() && self.open.last() != Some(&b'{') {
            self.collecting = Some(self.open.len());
            self.object.clear();
            self.is_too_long = false;
        }
        self.open.push(b'{');
        self.collect(b"{");
    }

    fn open_array(&mut self) {
        if self.collecting == self.open.len().checked_sub(1) && ends_with_items_key(&self.object) {
            self.collecting = None;
            self.object.clear();
        }
        self.open.push(b'[');
        self.collect(b"[");
    }

    fn close(&mut self, byte: u8, found: &mut dyn FnMut(Part<'_>)) -> Result<(), Broken> {
        let opened = if byte == b'}' { b'{' } else { b'[' };
        if self.open.pop() != Some(opened) {
            return Err(Broken);
        }
        self.collect(&[byte]);
        if self.collecting == Some(self.open.len()) {
            self.collecting = None;
            found(if self.is_too_long {
                Part::TooLong
            } else {
                Part::Object(&self.object)
            });
        }
        Ok(())
    }

    fn collect(&mut self, text: &[u8]) {
        if self.collecting.is_none() || self.is_too_long {
            return;
        }
        if self.object.len() + text.len() > self.max_object_bytes {
            self.is_too_long = true;
            self.object = Vec::new();
            return;
        }
        self.object.extend_from_slice(text);
    }
}

fn ends_with_items_key(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    text.strip_suffix(b":")
        .is_some_and(|text| text.trim_ascii_end().ends_with(ITEMS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objects(pieces: &[&str]) -> Vec<String> {
        let mut reader = DocumentReader::new(1_000);
        let mut objects = Vec::new();
        for piece in pieces {
            let mut found = |part: Part<'_>| match part {
                Part::Object(text) => objects.push(String::from_utf8(text.to_vec()).unwrap()),
                Part::TooLong => objects.push("too long".to_owned()),
            };
            reader.take(piece.as_bytes(), &mut found).unwrap();
        }
        assert!(reader.is_done(), "{pieces:?}");
        objects
    }

    #[test]
    fn a_list_is_its_items_and_an_object_itself() {
        let list = r#"{"apiVersion":"v1","items" : [ {"a":{"b":[1]}}, {"c":"]}"} ],"metadata":{"x":{}},"kind":"List"}"#;
        assert_eq!(objects(&[list]), [r#"{"a":{"b":[1]}}"#, r#"{"c":"]}"}"#]);
        assert_eq!(
            objects(&[r#"{"a":1}{"b":2}"#]),
            [r#"{"a":1}"#, r#"{"b":2}"#]
        );
        assert_eq!(
            objects(&[r#"[{"a":[{"x":1}]},{"b":2}]"#]),
            [r#"{"a":[{"x":1}]}"#, r#"{"b":2}"#]
        );
        assert_eq!(
            objects(&[r#"{"spec":{"items":[{"a":1}]}}"#]).len(),
            1,
            "the items of no list"
        );
    }

    #[test]
    fn an_object_without_room_is_passed_over() {
        let long = format!("[{{\"a\":\"{}\"}},{{\"b\":2}}]", "x".repeat(2_000));
        assert_eq!(objects(&[&long]), ["too long", "{\"b\":2}"]);
    }

    #[test]
    fn what_does_not_match_is_broken() {
        for text in ["{]", "[}", "}", "]"] {
            let mut reader = DocumentReader::new(100);
            assert_eq!(
                reader.take(text.as_bytes(), &mut |_| {}),
                Err(Broken),
                "{text}"
            );
        }
        let mut reader = DocumentReader::new(100);
        reader.take(b"{\"a", &mut |_| {}).unwrap();
        assert_eq!(reader.end_line(), Err(Broken));
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(cuts in prop::collection::vec(0_usize..70, 0..6)) {
            let list = r#"{"items":[{"a":"\"}{"},{"b":[{}]}],"kind":"List"} {"c":"items","d":[]}"#;
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(list.len())).collect();
            cuts.extend([0, list.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|pair| &list[pair[0]..pair[1]]).collect();
            prop_assert_eq!(objects(&pieces), [r#"{"a":"\"}{"}"#, r#"{"b":[{}]}"#, r#"{"c":"items","d":[]}"#]);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]\",:\\\\items a]{0,60}") {
            let mut reader = DocumentReader::new(20);
            let _ = reader.take(text.as_bytes(), &mut |_| {});
        }
    }
}
