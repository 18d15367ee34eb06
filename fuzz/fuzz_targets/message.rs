//! `Message`: what a kubelet says, with the reason on the first line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_events::{FailureClass, Message};

fuzz_target!(|event: &str| {
    let (reason, text) = event.split_once('\n').unwrap_or(("Failed", event));
    let image = match Message::parse(reason, text) {
        Message::Pulling { image }
        | Message::Pulled { image, .. }
        | Message::Present { image }
        | Message::PullFailed { image, .. }
        | Message::BackOff { image } => image,
        _ => "",
    };
    assert!(text.contains(image), "it is made up");
    let _ = FailureClass::of(text);
});
