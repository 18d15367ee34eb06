//! How pages restyle figures: by rules for the colours that figures are drawn in.
//!
//! A rule of a style sheet is stronger than an attribute. So a figure holds its colours for white ground, as a file of
//! its own needs them, and no byte more for the pages that make others of them.

use std::collections::BTreeMap;

use super::clustermap::ramp_colors;

/// On every page.
const COMMON: &str = "\
svg.figure{display:block;width:100%;height:auto;max-width:var(--figure-width,60rem)}
svg.figure g.tt{cursor:help}
svg.figure g.tt:hover>*{opacity:.75}
@media print{svg.figure{break-inside:avoid}}
";

/// On dark ground bars are light, so that all that is written in them is dark.
const IN_BARS: &str = "svg.figure g.bar>text{fill:var(--figure-bar-text)}\n";

/// The ground that the colours for dark pages were chosen on.
const DARK_GROUND: &str = "#14181d";

/// What explains, and what carries data: on white, and on dark ground.
const DARK: [(&str, &str); 28] = [
    // Ink, grey, rules, grid, and what is cut out of marks.
    ("#1f2933", "#e6eaee"),
    ("#5b6770", "#a9b4be"),
    ("#9aa5b1", "#5d6873"),
    ("#e4e7eb", "#2b323a"),
    ("#ffffff", DARK_GROUND),
    // Numbers of nodes.
    ("#3b6fb6", "#6ea3e8"),
    ("#e08214", "#f0a040"),
    ("#3a9a6b", "#5fc493"),
    ("#a4508b", "#d68abf"),
    ("#7a6a53", "#b8a588"),
    ("#c23b3b", "#ef7f7f"),
    ("#2aa7b8", "#4cc7d8"),
    ("#5b5f6b", "#a3a8b5"),
    // Images.
    ("#0b5fa5", "#5aa9ee"),
    ("#d1495b", "#e8798a"),
    ("#2f8f5b", "#57bd86"),
    ("#b8860b", "#e0b040"),
    ("#7b4fa6", "#b48be0"),
    ("#19a0a8", "#4ccdd4"),
    ("#8c564b", "#c98d80"),
    ("#4f5b66", "#9fb0bf"),
    // Phases, but those that are light already.
    ("#c4b5e0", "#d6caf0"),
    ("#9b7fc9", "#b196e0"),
    ("#6a4c9c", "#9a7ad6"),
    ("#8a5a44", "#c08b70"),
    ("#dde1e6", "#8f99a3"),
    // Sizes of layers.
    ("#b5cfe8", "#37597d"),
    ("#1f5f99", "#9cc8f2"),
];

/// Returns what a page needs once, however many figures it has.
pub(super) fn stylesheet() -> String {
    let colors = dark_colors();
    let rules: String = colors.keys().map(|light| rule(light)).collect();
    let named = colors
        .iter()
        .map(|(light, dark)| format!("--figure-{}:{dark};", &light[1..]));
    let dark: String = named
        .chain([format!("--figure-bar-text:{DARK_GROUND}")])
        .collect();
    format!(
        "{COMMON}{rules}{IN_BARS}\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         @media screen{{:root[data-theme=dark]{{{dark}}}}}\n"
    )
}

fn dark_colors() -> BTreeMap<String, String> {
    let fixed = DARK.map(|(light, dark)| (light.to_owned(), dark.to_owned()));
    // Where the map of similarities has a colour of these, it is for the text in its cells.
    ramp_colors().chain(fixed).collect()
}

fn rule(light: &str) -> String {
    let property = |name: &str| {
        let id = &light[1..];
        format!("svg.figure [{name}=\"{light}\"]{{{name}:var(--figure-{id},{light})}}\n")
    };
    ["fill", "stroke"].map(property).concat()
}
