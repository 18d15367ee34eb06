//! What pulling container images costs: seconds and bytes to money, models of pull times, and predictions.
#![forbid(unsafe_code)]
