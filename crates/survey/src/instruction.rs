//! What kind of step a command of an image's history is.

/// Returns the instruction of a Dockerfile that a command stands for: `RUN`, `COPY`, `WORKDIR`; nothing for a command
/// that no Dockerfile makes.
///
/// Docker's own builder writes `/bin/sh -c #(nop) WORKDIR /x` and leaves the `RUN` away; BuildKit writes the instruction
/// and `# buildkit`.
///
/// # Examples
///
/// ```
/// use pullstudy_survey::instruction;
///
/// assert_eq!(instruction("/bin/sh -c #(nop) WORKDIR /app"), Some("WORKDIR"));
/// assert_eq!(instruction("WORKDIR /app"), Some("WORKDIR"));
/// assert_eq!(instruction("|1 A=b /bin/sh -c make"), Some("RUN"));
/// assert_eq!(instruction("RUN /bin/sh -c make # buildkit"), Some("RUN"));
/// assert_eq!(instruction("bazel build ..."), None);
/// ```
///
/// # Source
///
/// Dockerfile reference; `builder/dockerfile/dispatchers.go` of moby for `#(nop)` and the `|1 A=b` of build arguments.
pub fn instruction(command: &str) -> Option<&'static str> {
    let command = command.trim_start();
    if let Some((_, quiet)) = command.split_once("#(nop)") {
        return named(quiet);
    }
    let is_run = command.starts_with("/bin/sh -c ")
        || command.starts_with("/bin/bash ")
        || command.starts_with("cmd /S /C ")
        || command.starts_with("powershell ")
        || command.starts_with('|');
    named(command).or_else(|| is_run.then_some("RUN"))
}

/// Every instruction of a Dockerfile that may leave a step.
const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

fn named(command: &str) -> Option<&'static str> {
    let first = command.split_whitespace().next()?;
    let known = INSTRUCTIONS.iter();
    known.copied().find(|known| *known == first)
}
