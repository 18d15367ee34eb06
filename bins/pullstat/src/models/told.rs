//! What must be known to trust a profile.

use pullstudy_console::{counted, say, warn};
use pullstudy_costmodel::{LeftOut, LeftOutReason, NodeProfile, ProfileTerm, Term};
use pullstudy_report::human_bytes;

use super::observed::Observed;
use super::set_up::SetUp;

/// Residuals that rest on fewer downloads than these have their ends for quantiles.
const FEW_DOWNLOADS: u64 = 19;

/// A variance inflation from which on a split of the time is unsure.
const MUCH_INFLATION: f64 = 10.0;

/// An interval whose ends are farther apart than this says that the line is not the whole of it.
const WIDE: f64 = 3.0;

/// Says what the profile rests on, and what it does not know.
pub(super) fn tell(profile: &NodeProfile, observed: &Observed, nodes: &SetUp) {
    let fitted = &profile.fitted;
    say(format_args!(
        "{} of {} pulls of {} images; R² {:.4}",
        counted(fitted.observations as usize, "download"),
        fitted.pulls,
        fitted.images,
        fitted.r_squared
    ));
    if let Some(breakpoint) = &profile.breakpoint {
        say(format_args!(
            "the line breaks at {} of {}; Schwarz's criterion is {:.1} lower than for a straight one",
            human_bytes(breakpoint.at as u64),
            breakpoint.term,
            breakpoint.schwarz_gain
        ));
    }
    profile
        .left_out
        .iter()
        .filter_map(left_out_words)
        .for_each(|words| say(format_args!("{words}")));
    tell_bands(profile);
    tell_doubts(profile);
    if fitted.left_out_pulls > 0 {
        warn(&format_args!(
            "{} left out that do not tell {} as the others do, so the profile is none of theirs; --terms wire_bytes fits \
             whatever tells its size on the wire, and --image a part of the images",
            counted(fitted.left_out_pulls as usize, "pull"),
            sizes(profile)
        ));
    }
    if !nodes.mixed.is_empty() {
        warn(&format_args!(
            "nodes of several kinds are fitted together ({}): if one is faster, the profile is of neither; fit each by itself",
            nodes.mixed.join(", ")
        ));
    }
    if observed.without_seconds > 0 {
        warn(&format_args!(
            "{} tell no seconds and are left out",
            counted(observed.without_seconds, "pull")
        ));
    }
    if observed.experiments.len() > 1 {
        warn(&format_args!(
            "{} experiments are fitted together ({}): if their nodes or registries differ, fit each by itself",
            observed.experiments.len(),
            observed.experiments.join(", ")
        ));
    }
}

/// The sizes that the profile goes by.
fn sizes(profile: &NodeProfile) -> String {
    let sizes = profile.terms.iter().map(|term| term.term);
    let sizes = sizes.filter(|term| !matches!(term, Term::Base | Term::Nodes));
    let names: Vec<&str> = sizes.map(Term::as_str).collect();
    names.join(", ")
}

fn tell_bands(profile: &NodeProfile) {
    for band in &profile.residuals {
        say(format_args!(
            "nine downloads of ten of another image are expected to take {:.2} to {:.2} times what the line says ({} \
             downloads above {})",
            band.p5,
            band.p95,
            band.observations,
            human_bytes(band.from as u64)
        ));
        if band.observations < FEW_DOWNLOADS {
            warn(&format_args!(
                "an interval rests on {} downloads: its ends are the least and the most that were seen, and {FEW_DOWNLOADS} \
                 would be needed for more",
                band.observations
            ));
        }
    }
}

/// Warns of what the line cannot tell, though it was drawn.
fn tell_doubts(profile: &NodeProfile) {
    let rates = profile.terms.iter().filter(|term| term.term.is_bytes());
    if rates.clone().all(|term| term.held_at_zero) && profile.breakpoint.is_none() {
        warn(
            &"seconds do not grow with bytes in these pulls, so the profile says the same of every size: images may be \
               streamed, or those of several set-ups are mixed",
        );
    }
    let inflated = |term: &&ProfileTerm| {
        let inflation = term.variance_inflation;
        inflation.is_some_and(|inflation| inflation > MUCH_INFLATION)
    };
    let unsure: Vec<String> = profile
        .terms
        .iter()
        .filter(inflated)
        .map(inflation)
        .collect();
    if !unsure.is_empty() {
        warn(&format_args!(
            "terms go closely together, so how they share the time is unsure, though their sum is not: variances are larger \
             by {}; images of other proportions tell them apart",
            unsure.join(", ")
        ));
    }
    let widest = profile.residuals.iter().map(|band| band.p95 / band.p5);
    if widest.fold(1.0, f64::max) > WIDE {
        warn(
            &"pulls lie far from the line: images of several kinds or queues behind other images may be among them; \
               --image takes a part, and --clock pull-only leaves queues out",
        );
    }
}

fn inflation(term: &ProfileTerm) -> String {
    let inflation = term.variance_inflation.unwrap_or(1.0);
    format!("{inflation:.0} ({})", term.term)
}

fn left_out_words(left_out: &LeftOut) -> Option<String> {
    let term = left_out.term;
    Some(match &left_out.reason {
        LeftOutReason::Unknown => return None,
        LeftOutReason::Constant { value } => {
            format!("{term} hardly varied ({value:.0}), so nothing can be said of it")
        }
        LeftOutReason::FewValues { distinct, needed } => format!(
            "nothing is said of {term}: that takes {needed} {}, and there are {distinct}",
            if term == Term::Nodes {
                "numbers of nodes"
            } else {
                "images that differ"
            }
        ),
        LeftOutReason::Collinear(collinear) => format!(
            "{term} goes along with {} (r = {:.6}): nobody can tell which of them took the time, and the profile goes by {}",
            collinear.with, collinear.r, collinear.with
        ),
        LeftOutReason::NotNeeded => format!("the line is no better with {term}"),
        _ => return None,
    })
}
