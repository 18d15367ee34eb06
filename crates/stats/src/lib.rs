//! Quantiles, intervals and tests for measured pulls: one home for every figure.
#![forbid(unsafe_code)]
