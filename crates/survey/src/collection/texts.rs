//! Texts that many images share, kept once and numbered.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// Commands, media types, architectures.
#[derive(Debug, Default)]
pub(super) struct Texts {
    numbers: HashMap<Arc<str>, u32, RandomState>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.texts.len()).expect("texts are numbered in 32 bits");
        let text: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&text), number);
        self.texts.push(text);
        number
    }

    pub(super) fn get(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        let number = self.number(text);
        Arc::clone(&self.texts[number as usize])
    }

    /// Numbers what the texts are without spaces and in lower case, one number a text.
    pub(super) fn normal(&self) -> Vec<u32> {
        let mut normal = Self::default();
        let texts = self.texts.iter();
        texts
            .map(|text| normal.number(&text.replace(' ', "").to_lowercase()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_spaces_and_case_have_one_normal_number() {
        let mut texts = Texts::default();
        for text in ["RUN make", "run  MAKE", "run\tmake", "RUN make"] {
            texts.number(text);
        }
        assert_eq!(texts.normal(), [0, 0, 1]);
    }
}
