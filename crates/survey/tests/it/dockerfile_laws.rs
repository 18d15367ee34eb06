//! Laws of reading Dockerfiles: no text is too odd, and how lines end changes nothing.

use proptest::prelude::*;
use pullstudy_survey::{DockerfileFacts, ParseDockerfileError};

/// Pieces of which Dockerfiles are made, right and wrong.
const PIECES: [&str; 48] = [
    "FROM ",
    "from a",
    "AS b",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "ARG ",
    "WORKDIR ",
    "ONBUILD ",
    "CMD ",
    "SHELL ",
    "HEALTHCHECK ",
    "VOLUME ",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "\\",
    "\\\n",
    "`",
    "# escape=`\n",
    "# syntax=x\n",
    "#",
    "<<",
    "<<-",
    "EOF",
    "\nEOF\n",
    "\"",
    "'",
    "$",
    "${A",
    ":-",
    "}",
    "[",
    "]",
    ",",
    "--from=",
    "--mount=type=cache,target=/var",
    "apt-get install",
    "&& ",
    "|| ",
    "$(",
    ")",
    "mkdir -p /a/../b",
    "\u{feff}",
    "é",
];

/// A Dockerfile that is right, line by line.
fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    let line = prop::sample::select(vec![
        "ARG A=/a",
        "FROM a:1 AS b",
        "FROM B",
        "RUN apt-get update && apt-get install -y c",
        "RUN mkdir -p /a/b",
        "COPY --from=b . /a/",
        "WORKDIR /a/b",
        "WORKDIR ..",
        "ENV A=$A/x",
        "CMD [\"a\", \"b\"]",
        "ONBUILD RUN a",
    ]);
    prop::collection::vec(line, 0..12).prop_map(|mut lines| {
        lines.insert(0, "FROM a");
        lines
    })
}

/// Breaks a line behind one of its spaces, with something that is to be left out.
fn broken(line: &str, at: usize, rest: &str) -> String {
    let spaces: Vec<usize> = line
        .match_indices(' ')
        .map(|(position, _)| position)
        .collect();
    let position = spaces[at % spaces.len()];
    format!("{} \\\n{rest}{}", &line[..position], &line[position..])
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in ".{0,200}") {
        let _ = DockerfileFacts::parse(&text);
    }

    #[test]
    fn no_mixture_is_too_odd(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..60)) {
        let text = pieces.concat();
        for text in [text.clone(), format!("FROM a\n{text}"), format!("FROM a\nRUN {text}")] {
            match DockerfileFacts::parse(&text) {
                Ok(facts) => prop_assert!(facts.stages > 0 && facts.bases.len() <= facts.stages),
                Err(ParseDockerfileError::Syntax { line, .. }) => {
                    prop_assert!((1..=text.matches('\n').count() + 1).contains(&line), "{line} of {text:?}");
                }
                Err(_) => {}
            }
        }
    }

    #[test]
    fn line_ends_and_byte_order_marks_change_nothing(lines in lines()) {
        let facts = DockerfileFacts::parse(&lines.join("\n"));
        prop_assert_eq!(&facts, &DockerfileFacts::parse(&lines.join("\r\n")));
        prop_assert_eq!(&facts, &DockerfileFacts::parse(&format!("\u{feff}{}\n\n", lines.join("\n"))));
        prop_assert!(facts.is_ok());
    }

    #[test]
    fn lines_may_go_on(
        lines in lines(),
        breaks in prop::collection::vec((0..8_usize, prop::sample::select(vec!["", "# c\n", "\n", "  # \\\n\t\n"])), 13)
    ) {
        let facts = DockerfileFacts::parse(&lines.join("\n"));
        let broken: Vec<String> = lines.iter().zip(&breaks).map(|(line, (at, rest))| broken(line, *at, rest)).collect();
        prop_assert_eq!(facts, DockerfileFacts::parse(&broken.join("\n")), "{}", broken.join("\n"));
    }
}

#[test]
fn what_grows_without_end_is_stopped() {
    let doubled: String = (0..64)
        .map(|n| format!("ENV A{}=$A{n}$A{n}\n", n + 1))
        .collect();
    let many_stages: String = (0..1000)
        .map(|n| format!("FROM a{n} AS a{}\n", n + 1))
        .collect();
    let nested = "${A:-".repeat(50_000);
    let folders: String = (0..5_000).map(|n| format!("WORKDIR {n}\n")).collect();
    for text in [
        format!("FROM a\nENV A0=0123456789\n{doubled}WORKDIR $A64"),
        format!("FROM a AS a0\n{many_stages}"),
        format!("FROM {nested}"),
        format!("FROM a\nWORKDIR /\n{folders}"),
        format!("FROM a\nRUN {}", "sh -c ".repeat(50_000)),
        format!("FROM a\nRUN {}", "$(".repeat(50_000)),
        format!("FROM a\nRUN {}", "\\ ".repeat(50_000)),
        format!(
            "FROM a\nCOPY {} /a/\n{}",
            "<<A ".repeat(5_000),
            "A\n".repeat(5_000)
        ),
        format!("FROM a\nRUN [{}", "\"a\",".repeat(50_000)),
    ] {
        let _ = DockerfileFacts::parse(&text);
    }
    let error = DockerfileFacts::parse(&format!("FROM a AS a0\n{many_stages}")).unwrap_err();
    assert_eq!(error, ParseDockerfileError::TooManyStages { limit: 1000 });
}
