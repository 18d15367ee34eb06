//! Runs a pull study: nodes that pull images, and a record of where the time went.
#![forbid(unsafe_code)]
