//! What is typed on a command line or stands as one word in a file. What is shown of it is read as the same.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use pullstudy_costmodel::Term;
use pullstudy_crafter::{BaseName, RecipeFingerprint, TagPattern};
use pullstudy_events::{Column, Grouping, Layout};
use pullstudy_image::{ByteSize, DiffId, Digest, Platform};
use pullstudy_simulator::Strategy;

fuzz_target!(|text: &str| {
    again::<BaseName>(text);
    again::<DiffId>(text);
    again::<Digest>(text);
    again::<Layout>(text);
    again::<Platform>(text);
    again::<RecipeFingerprint>(text);
    again::<Strategy>(text);
    again::<Term>(text);
    // A fraction of a byte is cut off, and of that it is told only once.
    if let Ok(size) = text.parse::<ByteSize>() {
        let again: ByteSize = size.to_string().parse().expect("it was just shown");
        assert_eq!(again.bytes(), size.bytes());
    }
    let Ok(pattern) = text.parse::<TagPattern>();
    let _ = pattern.matches("9-layers-size-1176249324-bytes");
    let groupings: Vec<Grouping> = text.parse().into_iter().collect();
    let layout = Layout::default();
    let _ = Column::parse_list(text, &layout, &groupings);
});

fn again<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let shown = value.to_string();
        match shown.parse::<T>() {
            Ok(same) => assert_eq!(same, value, "{text:?} is shown as {shown:?}"),
            Err(_) => panic!("{text:?} is shown as {shown:?}, which cannot be read"),
        }
    }
}
