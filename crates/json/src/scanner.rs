//! The way through a text: objects and arrays by callback, values by what the caller expects them to be.
//!
//! Of what is taken, unusual escapes are left to serde_json.

use std::borrow::Cow;

use crate::known_texts::KnownTexts;

/// Deeper nesting than this is refused, as serde_json refuses it.
const MAX_DEPTH: u32 = 127;

/// So many bytes of a string are searched eight at a time before `memchr` takes over: it is faster on long strings only.
const SHORT_STRING: usize = 48;

/// Indentations are passed over in steps of this size.
const SPACES: [u8; 4] = *b"    ";

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// The bytes are no JSON, or not all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no complete JSON value")]
pub struct NotJson;

/// A JSON string as it stands in the file, between its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawText<'a> {
    bytes: &'a [u8],
}

impl<'a> RawText<'a> {
    /// Returns the text. What is no UTF-8 is replaced by the replacement character; a text with what is no escape of
    /// JSON stays as it is.
    pub fn text(self) -> Cow<'a, str> {
        let Some(first) = memchr::memchr(b'\\', self.bytes) else {
            return match std::str::from_utf8(self.bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(self.bytes),
            };
        };
        let text = unescaped(self.bytes, first).map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        });
        Cow::Owned(text.unwrap_or_else(|| self.any_unescaped()))
    }

    /// Returns the bytes in the file: the text itself, if it holds no escape.
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Tells whether there is nothing between the quotes.
    pub fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    fn any_unescaped(self) -> String {
        let text = String::from_utf8_lossy(self.bytes);
        serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.into_owned())
    }
}

/// Takes the backslashes off quotes and other backslashes, the first of which stands at `first`. Kubelets' messages
/// have no other escapes; `None` for a text that has.
fn unescaped(bytes: &[u8], first: usize) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(bytes.len());
    let (before, mut rest) = bytes.split_at(first);
    text.extend_from_slice(before);
    while let [b'\\', escaped @ (b'"' | b'\\' | b'/'), behind @ ..] = rest {
        let next = memchr::memchr(b'\\', behind).unwrap_or(behind.len());
        text.push(*escaped);
        text.extend_from_slice(&behind[..next]);
        rest = &behind[next..];
    }
    rest.is_empty().then_some(text)
}

/// A place in a JSON text, moving forward.
#[derive(Debug)]
pub struct Scanner<'a, 'k> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
    known: &'k mut KnownTexts,
}

impl<'a, 'k> Scanner<'a, 'k> {
    /// Stands before the first byte. `known` may serve many texts: see [`pass_over_again`](Self::pass_over_again).
    pub fn new(bytes: &'a [u8], known: &'k mut KnownTexts) -> Self {
        Self {
            bytes,
            at: 0,
            depth: 0,
            known,
        }
    }

    /// Returns how many bytes are behind.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Checks that nothing but white space is left.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where something follows.
    pub fn end(&mut self) -> Result<(), NotJson> {
        self.pass_white_space();
        (self.at == self.bytes.len()).then_some(()).ok_or(NotJson)
    }

    /// Returns the first byte of what comes next.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where no value comes next.
    #[inline]
    pub fn peek(&mut self) -> Result<u8, NotJson> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte > b' ' => Ok(byte),
            _ => {
                self.pass_white_space();
                self.bytes.get(self.at).copied().ok_or(NotJson)
            }
        }
    }

    /// Takes an object: `member` is called with each key, and must take or pass over the value.
    ///
    /// Keys are handed out as they stand in the file; one with an escape is no key that anybody asks for.
    ///
    /// # Errors
    ///
    /// [`NotJson`], or what the callback returns.
    #[inline]
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a [u8]) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.object_of_texts(|scanner, key| member(scanner, key.bytes))
    }

    /// Takes an object whose keys are texts in their own right, and may have escapes in them.
    ///
    /// # Errors
    ///
    /// [`NotJson`], or what `member` returns.
    #[inline]
    pub fn object_of_texts(
        &mut self,
        mut member: impl FnMut(&mut Self, RawText<'a>) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.open(b'{')?;
        if self.peek()? != b'}' {
            loop {
                let key = self.string()?;
                self.expect(b':')?;
                member(self, key)?;
                if !self.goes_on(b'}')? {
                    break;
                }
            }
        }
        self.close()
    }

    /// Takes an array: `element` is called at each element, and must take or pass over it.
    ///
    /// # Errors
    ///
    /// [`NotJson`], or what the callback returns.
    pub fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.open(b'[')?;
        if self.peek()? != b']' {
            loop {
                element(self)?;
                if !self.goes_on(b']')? {
                    break;
                }
            }
        }
        self.close()
    }

    /// Takes an object if there is one, and passes over any other value.
    ///
    /// # Errors
    ///
    /// [`NotJson`], or what the callback returns.
    #[inline]
    pub fn object_or_other(
        &mut self,
        member: impl FnMut(&mut Self, &'a [u8]) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        match self.peek()? {
            b'{' => self.object(member),
            _ => self.pass_over(),
        }
    }

    /// Takes a string.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where no such value comes next.
    #[inline]
    pub fn string(&mut self) -> Result<RawText<'a>, NotJson> {
        self.expect(b'"')?;
        self.string_behind_quote()
    }

    #[inline]
    fn string_behind_quote(&mut self) -> Result<RawText<'a>, NotJson> {
        let rest = &self.bytes[self.at..];
        let (words, _) = rest.as_chunks();
        let short = &words[..words.len().min(SHORT_STRING / 8)];
        for (number, &word) in short.iter().enumerate() {
            let found = quotes_and_backslashes(u64::from_le_bytes(word));
            if found != 0 {
                let length = number * 8 + (found.trailing_zeros() / 8) as usize;
                if rest[length] != b'"' {
                    return self.long_string(length);
                }
                self.at += length + 1;
                return Ok(RawText {
                    bytes: &rest[..length],
                });
            }
        }
        self.long_string(short.len() * 8)
    }

    /// Takes what is left of a string that does not end in its first `from` bytes.
    #[inline(never)]
    fn long_string(&mut self, from: usize) -> Result<RawText<'a>, NotJson> {
        let rest = &self.bytes[self.at..];
        let mut from = from;
        loop {
            let text = rest.get(from..).ok_or(NotJson)?;
            let length = from + memchr::memchr2(b'"', b'\\', text).ok_or(NotJson)?;
            if rest[length] == b'"' {
                self.at += length + 1;
                return Ok(RawText {
                    bytes: &rest[..length],
                });
            }
            from = length + 2;
        }
    }

    /// Takes a string if there is one, and passes over any other value.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where no value comes next.
    #[inline]
    pub fn string_or_other(&mut self) -> Result<Option<RawText<'a>>, NotJson> {
        if self.peek()? == b'"' {
            self.at += 1;
            return self.string_behind_quote().map(Some);
        }
        self.pass_over()?;
        Ok(None)
    }

    /// Takes an integer from 0 up if there is one, and passes over any other value.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where no value comes next.
    pub fn integer_or_other(&mut self) -> Result<Option<u64>, NotJson> {
        let start = {
            self.peek()?;
            self.at
        };
        self.pass_over()?;
        let digits = std::str::from_utf8(&self.bytes[start..self.at]).ok();
        Ok(digits.and_then(|digits| digits.parse().ok()))
    }

    /// Takes a value of any kind and drops it.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where no value comes next.
    pub fn pass_over(&mut self) -> Result<(), NotJson> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.string_behind_quote().map(drop)
            }
            b'{' => self.object(|scanner, _| scanner.pass_over()),
            b'[' => self.array(Self::pass_over),
            _ => self.literal(),
        }
    }

    /// Takes a value of any kind, and returns it as it stands in the text.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where no value comes next.
    pub fn raw_value(&mut self) -> Result<&'a [u8], NotJson> {
        let start = self.mark()?;
        self.pass_over()?;
        Ok(self.since(start))
    }

    /// Returns where the next value begins, for [`since`](Self::since).
    ///
    /// # Errors
    ///
    /// [`NotJson`] where nothing comes next.
    pub fn mark(&mut self) -> Result<usize, NotJson> {
        self.peek()?;
        Ok(self.at)
    }

    /// Returns the text from a mark to here.
    pub fn since(&self, mark: usize) -> &'a [u8] {
        &self.bytes[mark..self.at]
    }

    /// Takes a value that often comes again, and drops it.
    ///
    /// # Errors
    ///
    /// [`NotJson`] where no value comes next.
    pub fn pass_over_again(&mut self) -> Result<(), NotJson> {
        if self.peek()? != b'{' {
            return self.pass_over();
        }
        let text = &self.bytes[self.at..];
        if let Some(length) = self.known.recall(text, self.depth) {
            self.at += length;
            return Ok(());
        }
        let start = self.at;
        self.pass_over()?;
        self.known.remember(text, self.at - start, self.depth);
        Ok(())
    }

    fn literal(&mut self) -> Result<(), NotJson> {
        let rest = &self.bytes[self.at..];
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let length = rest.iter().position(|byte| !is_part(byte));
        let literal = &rest[..length.unwrap_or(rest.len())];
        let is_literal = match literal {
            b"null" | b"true" | b"false" => true,
            number => is_number(number),
        };
        self.at += literal.len();
        is_literal.then_some(()).ok_or(NotJson)
    }

    /// After a member or an element: whether another one follows.
    #[inline]
    fn goes_on(&mut self, close: u8) -> Result<bool, NotJson> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                Ok(true)
            }
            byte if byte == close => Ok(false),
            _ => Err(NotJson),
        }
    }

    #[inline]
    fn open(&mut self, byte: u8) -> Result<(), NotJson> {
        self.expect(byte)?;
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(()).ok_or(NotJson)
    }

    /// The closing byte has been looked at.
    #[inline]
    fn close(&mut self) -> Result<(), NotJson> {
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        // Mostly there is no white space.
        if self.bytes.get(self.at) != Some(&byte) && self.peek()? != byte {
            return Err(NotJson);
        }
        self.at += 1;
        Ok(())
    }

    fn pass_white_space(&mut self) {
        // A document written for people has a line break and an indentation before most values.
        if self.bytes.get(self.at) == Some(&b'\n') {
            self.at += 1;
        }
        while let Some(&SPACES) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            self.at += SPACES.len();
        }
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }
}

/// The highest bit of each byte that is a quote or a backslash; of these the lowest is never wrong (Mycroft's trick).
/// A byte that is no ASCII is neither.
#[inline]
fn quotes_and_backslashes(word: u64) -> u64 {
    let below = |byte: u8| (word ^ (LOW_BITS * u64::from(byte))).wrapping_sub(LOW_BITS);
    (below(b'"') | below(b'\\')) & !word & HIGH_BITS
}

/// RFC 8259, section 6.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, rest) = split_digits(text);
    let is_whole = whole == b"0" || whole.first().is_some_and(|&digit| digit != b'0');
    let (has_fraction, rest) = match rest.strip_prefix(b".") {
        Some(rest) => {
            let (fraction, rest) = split_digits(rest);
            (!fraction.is_empty(), rest)
        }
        None => (true, rest),
    };
    is_whole && has_fraction && is_exponent(rest)
}

fn is_exponent(text: &[u8]) -> bool {
    let Some(exponent) = text.strip_prefix(b"e").or_else(|| text.strip_prefix(b"E")) else {
        return text.is_empty();
    };
    let exponent = exponent
        .strip_prefix(b"+")
        .or_else(|| exponent.strip_prefix(b"-"))
        .unwrap_or(exponent);
    let (digits, rest) = split_digits(exponent);
    !digits.is_empty() && rest.is_empty()
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let length = text.iter().position(|byte| !byte.is_ascii_digit());
    text.split_at(length.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passes(text: &[u8]) -> bool {
        let mut known = KnownTexts::default();
        let mut scanner = Scanner::new(text, &mut known);
        scanner.pass_over().and_then(|()| scanner.end()).is_ok()
    }

    #[test]
    fn takes_what_is_asked_for_and_passes_over_the_rest() {
        let text = br#" {"a":{"x":[1,{"y":"}"}]},"b":"say \"\u00b5\"","n":12,"z":null} "#;
        let mut known = KnownTexts::default();
        let mut scanner = Scanner::new(text, &mut known);
        let (mut b, mut n) = (None, None);
        let member = |scanner: &mut Scanner<'_, '_>, key: &[u8]| {
            match key {
                b"b" => {
                    b = scanner
                        .string_or_other()?
                        .map(|raw| raw.text().into_owned())
                }
                b"n" => n = scanner.integer_or_other()?,
                _ => scanner.pass_over()?,
            }
            Ok(())
        };
        scanner.object(member).unwrap();
        scanner.end().unwrap();
        assert_eq!((b.as_deref(), n), (Some("say \"µ\""), Some(12)));
    }

    #[test]
    fn values_of_another_kind_are_passed_over() {
        for text in ["null", "[1,2]", "{\"a\":1}", "-1.5", "\"s\""] {
            let mut known = KnownTexts::default();
            let mut scanner = Scanner::new(text.as_bytes(), &mut known);
            assert_eq!(scanner.integer_or_other(), Ok(None), "{text}");
            scanner.end().unwrap();
        }
    }

    #[test]
    fn strings_of_every_length_end_where_they_end() {
        for length in 0..100 {
            let quoted = format!("\"{}\"", "x".repeat(length));
            let mut known = KnownTexts::default();
            let mut scanner = Scanner::new(quoted.as_bytes(), &mut known);
            assert_eq!(scanner.string().unwrap().bytes().len(), length);
            let escaped = format!("\"{}\\\"\"", "x".repeat(length));
            let mut known = KnownTexts::default();
            let text = Scanner::new(escaped.as_bytes(), &mut known)
                .string()
                .unwrap()
                .text();
            assert_eq!(text, format!("{}\"", "x".repeat(length)));
        }
    }

    #[test]
    fn deep_nesting_is_refused_as_serde_json_refuses_it() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for levels in [1, 126, 127, 128, 100_000] {
            let serde = serde_json::from_str::<serde_json::Value>(&deep(levels)).is_ok();
            assert_eq!(passes(deep(levels).as_bytes()), serde, "{levels}");
        }
    }

    /// Texts near JSON.
    fn nearly_json() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\"a\"",
            "\"b\":",
            "1",
            "-0.5e+3",
            "01",
            "1.",
            "true",
            "null",
            "nul",
            " ",
            "\t",
            "é",
            "\\\"",
            "{\"a\":1}",
            "[1,2]",
        ]);
        prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_what_is_json(text in nearly_json()) {
            // Escapes of strings that nobody takes, and control characters in them, are not looked at.
            prop_assume!(!text.contains(['\\', '\t']));
            let serde = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            prop_assert_eq!(passes(text.as_bytes()), serde, "{}", text);
        }

        #[test]
        fn what_serde_json_writes_is_read_back(value in prop::collection::vec(any::<String>(), 0..5)) {
            let text = serde_json::to_string(&value).unwrap();
            let mut read = Vec::new();
            let mut known = KnownTexts::default();
            let mut scanner = Scanner::new(text.as_bytes(), &mut known);
            scanner.array(|scanner| { read.push(scanner.string()?.text().into_owned()); Ok(()) }).unwrap();
            prop_assert_eq!(read, value);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = passes(&bytes);
        }
    }
}
