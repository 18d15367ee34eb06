//! What a kubelet's messages say of images, told by their form.

mod failure;

pub use failure::FailureClass;
