//! Single linkage, by a minimum spanning tree.

use super::joint::Joint;

/// Grows a tree from point 0 by whichever point is nearest to it, the lowest if several are.
///
/// `read_row` writes the distances of a point to all points; it is asked once for each. A joint names the point
/// that came before, not the nearest one: when joints are taken in order of height, what lies between the two is
/// joined already, so that the clusters are the same.
pub(crate) fn grow(points: usize, mut read_row: impl FnMut(usize, &mut [f64])) -> Vec<Joint> {
    let mut row = vec![0.0; points];
    // Ascending, so that the lowest of several is found first.
    let mut outside: Vec<u32> = (1..).take(points.saturating_sub(1)).collect();
    let mut nearest = vec![f64::INFINITY; points];
    let mut joints = Vec::with_capacity(outside.len());
    let mut last = 0;
    while !outside.is_empty() {
        read_row(last as usize, &mut row);
        let (mut at_least, mut height) = (0, f64::INFINITY);
        for (at, &point) in outside.iter().enumerate() {
            let distance = nearest[point as usize].min(row[point as usize]);
            nearest[point as usize] = distance;
            if distance < height {
                (at_least, height) = (at, distance);
            }
        }
        let next = outside.remove(at_least);
        joints.push(Joint {
            a: last,
            b: next,
            height,
        });
        last = next;
    }
    joints
}
