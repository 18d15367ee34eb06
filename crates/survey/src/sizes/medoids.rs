//! Points that stand for many: k-medoids.

/// A point of the plane, with how many it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) weight: f64,
}

/// Rounds of exchanges. Few are needed after the greedy start; the bound keeps made-up data from taking for ever.
const MOST_ROUNDS: usize = 20;

/// Returns at most `k` positions of `points` that lie near all of them, in ascending order: the sum of weighted distances
/// to the nearest is small.
///
/// Starts greedily, then takes the middle of each crowd instead of the chosen point as long as that helps. Ties go to the
/// first. The best choice of all would take too long to find; this one is near it.
///
/// # Source
///
/// L. Kaufman, P. J. Rousseeuw, "Finding Groups in Data" (1990), chapter 2 (BUILD); H.-S. Park, C.-H. Jun, "A simple and
/// fast algorithm for K-medoids clustering" (2009).
pub(super) fn medoids(points: &[Point], k: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < k.min(points.len()) {
        let next = best_addition(points, &chosen);
        chosen.push(next);
    }
    for _ in 0..MOST_ROUNDS {
        if !exchange(points, &mut chosen) {
            break;
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Returns, for each point, the position in `chosen` of the nearest one.
pub(super) fn nearest(points: &[Point], chosen: &[usize]) -> Vec<usize> {
    let nearest_of = |point: &Point| {
        let distances = chosen.iter().map(|&other| distance(point, &points[other]));
        let nearest = distances
            .enumerate()
            .min_by(|(_, a), (_, b)| a.total_cmp(b));
        nearest.map_or(0, |(position, _)| position)
    };
    points.iter().map(nearest_of).collect()
}

fn distance(a: &Point, b: &Point) -> f64 {
    (a.x - b.x).abs() + (a.y - b.y).abs()
}

fn cost(points: &[Point], chosen: &[usize]) -> f64 {
    let cost_of = |point: &Point| {
        let distances = chosen.iter().map(|&other| distance(point, &points[other]));
        point.weight * distances.fold(f64::INFINITY, f64::min)
    };
    points.iter().map(cost_of).sum()
}

fn best_addition(points: &[Point], chosen: &[usize]) -> usize {
    let so_far: Vec<f64> = points
        .iter()
        .map(|point| {
            let distances = chosen.iter().map(|&other| distance(point, &points[other]));
            distances.fold(f64::INFINITY, f64::min)
        })
        .collect();
    let cost_with = |candidate: usize| -> f64 {
        let distances = points.iter().zip(&so_far);
        distances
            .map(|(point, &near)| point.weight * near.min(distance(point, &points[candidate])))
            .sum()
    };
    let candidates = (0..points.len()).map(|candidate| (candidate, cost_with(candidate)));
    let best = candidates.min_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map_or(0, |(candidate, _)| candidate)
}

/// Makes each chosen point the best one of those that are nearest to it, and tells whether that helped.
fn exchange(points: &[Point], chosen: &mut Vec<usize>) -> bool {
    let before = cost(points, chosen);
    let nearest = nearest(points, chosen);
    let mut better = chosen.clone();
    for (cluster, medoid) in better.iter_mut().enumerate() {
        let members: Vec<usize> = (0..points.len())
            .filter(|&point| nearest[point] == cluster)
            .collect();
        let cost_of = |candidate: usize| -> f64 {
            let distances = members
                .iter()
                .map(|&point| points[point].weight * distance(&points[point], &points[candidate]));
            distances.sum()
        };
        let costs = members
            .iter()
            .map(|&candidate| (candidate, cost_of(candidate)));
        if let Some((best, _)) = costs.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
            *medoid = best;
        }
    }
    let helped = cost(points, &better) < before;
    if helped {
        *chosen = better;
    }
    helped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(x: f64, y: f64, weight: f64) -> Point {
        Point { x, y, weight }
    }

    #[test]
    fn each_of_two_crowds_has_its_middle() {
        let points = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0].map(|x| point(x, 0.0, 1.0));
        assert_eq!(medoids(&points, 2), [1, 4]);
        assert_eq!(nearest(&points, &[1, 4]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(medoids(&points, 9).len(), 6);
        assert_eq!(medoids(&[], 3), [] as [usize; 0]);
    }

    #[test]
    fn many_weigh_more_than_one() {
        let points = [
            point(0.0, 0.0, 1.0),
            point(1.0, 0.0, 100.0),
            point(5.0, 0.0, 1.0),
        ];
        assert_eq!(medoids(&points, 1), [1]);
    }

    proptest! {
        #[test]
        fn the_choice_is_near_the_best(
            coordinates in prop::collection::vec((0.0..9.0_f64, 0.0..9.0_f64, 1.0..5.0_f64), 2..9),
        ) {
            let points: Vec<_> = coordinates.iter().map(|&(x, y, weight)| point(x, y, weight)).collect();
            let ours = cost(&points, &medoids(&points, 2));
            let pairs = (0..points.len()).flat_map(|a| (0..a).map(move |b| [a, b]));
            let best = pairs.map(|pair| cost(&points, &pair)).fold(f64::INFINITY, f64::min);
            prop_assert!(ours >= best - 1e-9 && ours <= 2.0 * best + 1e-9, "{ours} for {best}");
            prop_assert_eq!(cost(&points, &medoids(&points, points.len())), 0.0);
        }

        #[test]
        fn an_exchange_never_costs(
            coordinates in prop::collection::vec((0.0..9.0_f64, 0.0..9.0_f64, 1.0..5.0_f64), 3..15),
        ) {
            let points: Vec<_> = coordinates.iter().map(|&(x, y, weight)| point(x, y, weight)).collect();
            let mut chosen = vec![0, 1, 2];
            let before = cost(&points, &chosen);
            let helped = exchange(&points, &mut chosen);
            let after = cost(&points, &chosen);
            prop_assert_eq!(helped, after < before);
            prop_assert!(after <= before);
        }
    }
}
