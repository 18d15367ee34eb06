//! The words of the page, each defined once.

use pullstudy_report::{Definition, PageTable};

/// An id, the term, and what it means.
const TERMS: [(&str, &str, &str); 46] = [
    (
        "wire-bytes",
        "wire bytes",
        "Sum of the sizes of an image's layers as a registry stores and sends them, base layers included; config and manifest are not in it.",
    ),
    (
        "image-size",
        "image size",
        "What the kubelet's message tells. containerd counts the compressed image with config and manifest, CRI-O the unpacked one; where no log names the runtime, nobody knows which.",
    ),
    (
        "unpacked-bytes",
        "unpacked bytes",
        "Sum of the sizes of the regular files in an image's layers. The tar's own bytes are not in it.",
    ),
    (
        "sizes-from",
        "sizes from",
        "Where an image's sizes are known from: manifest (an archive of manifests), trace (what was counted while it was pulled), message (what the kubelet said), tag (what a crafted image's tag says).",
    ),
    (
        "layers",
        "layers",
        "Layers of an image's manifest, one that is there twice counted twice.",
    ),
    (
        "experiment",
        "experiment",
        "A run or a set of runs with one name: the folder above the number of nodes, unless --layout says otherwise.",
    ),
    (
        "nodes",
        "nodes",
        "Number of nodes of the cluster, as the folder of the log says.",
    ),
    ("image", "image", "The reference that was asked for."),
    (
        "pull",
        "pull",
        "One container that wanted one image once. Events are made distinct first, so that replayed logs count once.",
    ),
    (
        "pulled",
        "pulled",
        "Pulls that succeeded. All figures of seconds rest on these alone.",
    ),
    (
        "present",
        "present",
        "Containers whose image was on the node already: no pull.",
    ),
    ("failed", "failed", "Pulls that ended by a failure."),
    (
        "unfinished",
        "unfinished",
        "Pulls whose begin is known and whose end is not.",
    ),
    (
        "filled",
        "by status",
        "Pulls that only a pod's status tells of, since their events were lost.",
    ),
    (
        "failure-rate",
        "failure rate",
        "Pulls that failed for good, of those whose end is known.",
    ),
    (
        "pulled-nodes",
        "on nodes",
        "Distinct nodes that pulled. Fewer than pulls where pods shared a node.",
    ),
    (
        "seconds",
        "seconds of a pull",
        "From the kubelet's Pulling to Pulled, the queue behind other images included (including_waiting_seconds); with --clock pull-only the pull alone (pull_seconds).",
    ),
    (
        "sum",
        "sum",
        "Sum of the seconds of pulls: node-seconds, where each pull occupies its node.",
    ),
    ("mean", "mean", "Arithmetic mean."),
    (
        "sd",
        "sd",
        "Standard deviation of the sample (n - 1); none for one observation.",
    ),
    (
        "median",
        "median",
        "Half of the pulls took no longer. Linear interpolation between the two in the middle.",
    ),
    (
        "quantile",
        "quartiles and percentiles",
        "So many per cent of the pulls took no longer. Linear interpolation at position p (n - 1).",
    ),
    ("extremes", "min and max", "The fastest and the slowest."),
    (
        "outcome",
        "outcome",
        "How a pull ended: pulled, present, failed or unfinished.",
    ),
    (
        "attempts",
        "attempts",
        "How often the kubelet began, until it succeeded or gave up.",
    ),
    (
        "lost-seconds",
        "lost seconds",
        "Seconds that went by before the attempt that counts, in failed attempts and back-off; the node waited.",
    ),
    (
        "failure-class",
        "class of failure",
        "What the kubelet's message says, by its form: not found, no access, time-out and so on.",
    ),
    (
        "bound-by",
        "binding resource",
        "The resource that the largest part of the critical path went to: what would have to be faster for the pull to be.",
    ),
    (
        "critical-path",
        "critical path",
        "The chain of work that decided when the pull ended, from its end back to its begin.",
    ),
    (
        "range",
        "range",
        "From the first node to the last that do the same thing. It grows with the number of nodes by itself.",
    ),
    (
        "expected-range",
        "expected range",
        "The range that as many nodes as the smallest cluster has would show, drawn at random from these: compare it with the smallest cluster's own range.",
    ),
    (
        "ratio",
        "ratio",
        "Median of A by median of B: above 1 where B is faster.",
    ),
    (
        "shift",
        "shift",
        "Estimate of Hodges and Lehmann: the median of all differences between a pull of A and one of B, in seconds. Above 0 where B is faster.",
    ),
    (
        "interval",
        "interval",
        "Where the true value lies with the confidence stated, for this row alone: by bootstrap for ratios, from the ranks for shifts.",
    ),
    (
        "p",
        "p",
        "How often chance alone would show so large a difference (Mann and Whitney), corrected for all rows that were tested (Holm, Tarone).",
    ),
    (
        "verdict",
        "verdict",
        "Whether a difference is more than chance, as far as the observations can tell: faster, slower, no difference shown, or too few.",
    ),
    (
        "start",
        "start",
        "One image coming onto all nodes of one run. It takes as long as its slowest node.",
    ),
    (
        "gang",
        "gang",
        "Every node is paid until the slowest has the image, as when a job starts on all at once.",
    ),
    (
        "saved",
        "saved",
        "Mean USD of a start in the baseline less that in the experiment; its interval is Welch's, of its row alone.",
    ),
    (
        "break-even",
        "break-even",
        "The first number of starts that save at least what the strategy costs: at the earliest with the most that a start may save, at the latest with the least.",
    ),
    (
        "elastic",
        "elastic",
        "Every node is paid for its own pull alone.",
    ),
    (
        "occupied",
        "occupied",
        "Seconds in which a node pulls at all; pulls side by side count once.",
    ),
    (
        "usd",
        "USD",
        "Seconds by the price of an hour of the machine. Prices stand in the method, with date and source.",
    ),
    (
        "jaccard",
        "similarity",
        "Jaccard: layers that both images have, of those that either has. 1 is the same layers, 0 none in common.",
    ),
    (
        "new-bytes",
        "new bytes",
        "Wire bytes of layers that a node does not have from the images before.",
    ),
    (
        "direct-limit",
        "direct limit",
        "What no way of pulling straight from the registry can be faster than: bytes by a node's link, or all bytes by the registry's rate.",
    ),
];

/// Columns of tables by key, and the id of what defines them.
const COLUMNS: [(&str, &str); 93] = [
    ("experiment", "experiment"),
    ("nodes", "nodes"),
    ("image", "image"),
    ("count", "pulled"),
    ("pulls", "pull"),
    ("sum_seconds", "sum"),
    ("mean_seconds", "mean"),
    ("sd_seconds", "sd"),
    ("min_seconds", "extremes"),
    ("max_seconds", "extremes"),
    ("p5_seconds", "quantile"),
    ("q1_seconds", "quantile"),
    ("median_seconds", "median"),
    ("q3_seconds", "quantile"),
    ("p95_seconds", "quantile"),
    ("p99_seconds", "quantile"),
    ("pulled", "pulled"),
    ("present", "present"),
    ("failed", "failed"),
    ("unfinished", "unfinished"),
    ("pulled_nodes", "pulled-nodes"),
    ("filled", "filled"),
    ("failure_rate", "failure-rate"),
    ("wire_bytes", "wire-bytes"),
    ("unpacked_bytes", "unpacked-bytes"),
    ("sizes_from", "sizes-from"),
    ("layers", "layers"),
    ("outcome", "outcome"),
    ("attempts", "attempts"),
    ("lost_seconds", "lost-seconds"),
    ("failures", "failure-class"),
    ("class", "failure-class"),
    ("failed_attempts", "attempts"),
    ("pull_seconds", "seconds"),
    ("including_waiting_seconds", "seconds"),
    ("image_size_bytes", "image-size"),
    ("range_seconds", "range"),
    ("iqr_seconds", "quantile"),
    ("expected_range_seconds", "expected-range"),
    ("count_a", "pulled"),
    ("count_b", "pulled"),
    ("median_a_seconds", "median"),
    ("median_b_seconds", "median"),
    ("ratio_a_over_b", "ratio"),
    ("ratio_low", "interval"),
    ("shift_seconds", "shift"),
    ("shift_low_seconds", "interval"),
    ("p_corrected", "p"),
    ("verdict", "verdict"),
    ("sum_a_seconds", "sum"),
    ("sum_b_seconds", "sum"),
    ("sum_ratio_a_over_b", "ratio"),
    ("usd_per_hour", "usd"),
    ("node_seconds", "sum"),
    ("cost_usd", "usd"),
    ("occupied_seconds", "occupied"),
    ("occupied_usd", "occupied"),
    ("lost_usd", "lost-seconds"),
    ("slowest_seconds", "start"),
    ("gang_node_seconds", "gang"),
    ("elastic_node_seconds", "elastic"),
    ("gang_usd", "gang"),
    ("elastic_usd", "elastic"),
    ("waiting_usd", "gang"),
    ("gang_cost_usd", "gang"),
    ("elastic_cost_usd", "elastic"),
    ("new_layers", "new-bytes"),
    ("new_bytes", "new-bytes"),
    ("pulled_bytes", "new-bytes"),
    ("all_ready_seconds", "start"),
    ("direct_limit_seconds", "direct-limit"),
    ("bound_by", "bound-by"),
    ("bound_share", "bound-by"),
    ("registry_bytes", "wire-bytes"),
    ("starts_base", "start"),
    ("starts_new", "start"),
    ("start_base_seconds", "start"),
    ("start_new_seconds", "start"),
    ("difference_seconds", "start"),
    ("difference_low_seconds", "interval"),
    ("base_usd", "gang"),
    ("difference_usd", "gang"),
    ("starts_a", "start"),
    ("starts_b", "start"),
    ("start_a_usd", "gang"),
    ("start_b_usd", "gang"),
    ("saved_usd", "saved"),
    ("saved_low_usd", "interval"),
    ("saved_high_usd", "interval"),
    ("fixed_cost_usd", "break-even"),
    ("break_even_starts", "break-even"),
    ("break_even_starts_low", "break-even"),
    ("break_even_starts_high", "break-even"),
];

/// Returns all definitions, in the order of the page.
pub(super) fn definitions() -> impl Iterator<Item = Definition> {
    TERMS
        .iter()
        .map(|&(id, term, text)| Definition::new(id, term, text))
}

/// Links each column of a table that has one to its definition.
pub(super) fn linked<'k>(
    mut table: PageTable,
    keys: impl IntoIterator<Item = &'k str>,
) -> PageTable {
    for key in keys {
        if let Some((_, id)) = COLUMNS.iter().find(|(column, _)| *column == key) {
            table = table.defined(key, *id);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_columns_are_linked_to_is_defined_once() {
        let ids: BTreeSet<&str> = TERMS.iter().map(|(id, ..)| *id).collect();
        assert_eq!(ids.len(), TERMS.len());
        let keys: BTreeSet<&str> = COLUMNS.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys.len(), COLUMNS.len());
        for (key, id) in COLUMNS {
            assert!(ids.contains(id), "{key} is linked to {id}");
        }
    }
}
