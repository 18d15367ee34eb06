//! A distance for every two points.

use crate::rows::{RowBlock, row_blocks};

/// A distance for every two points, as SciPy's condensed distance matrix.
///
/// Of the symmetric matrix only what lies above the diagonal is kept, row by row: `d(0, 1)`, `d(0, 2)`, ...,
/// `d(1, 2)`, ...: `n (n - 1) / 2` numbers of 8 bytes.
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::CondensedMatrix;
///
/// let distances = CondensedMatrix::new(3, vec![0.1, 0.2, 0.3])?;
/// assert_eq!(distances.get(2, 0), 0.2);
/// assert_eq!(distances.get(1, 1), 0.0);
/// # Ok::<(), pullstudy_similarity::CondensedMatrixError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CondensedMatrix {
    len: usize,
    values: Vec<f64>,
}

/// Why numbers are no distances between points.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CondensedMatrixError {
    /// There is not one number for every two points.
    #[error("{points} points have {expected} distances, not {actual}")]
    WrongLength {
        /// How many points there are.
        points: usize,
        /// How many distances that makes.
        expected: usize,
        /// How many were given.
        actual: usize,
    },
    /// A number is negative, infinite or none.
    #[error("the distance between points {a} and {b} is {value}")]
    NoDistance {
        /// The first point.
        a: usize,
        /// The second point.
        b: usize,
        /// What was given.
        value: f64,
    },
}

impl CondensedMatrix {
    /// Takes distances between so many points, row by row.
    ///
    /// # Errors
    ///
    /// [`CondensedMatrixError`] if there are too few or too many, or the first one that is negative, infinite or not a
    /// number.
    pub fn new(points: usize, values: Vec<f64>) -> Result<Self, CondensedMatrixError> {
        let expected = pairs(points);
        if values.len() != expected {
            return Err(CondensedMatrixError::WrongLength {
                points,
                expected,
                actual: values.len(),
            });
        }
        let matrix = Self {
            len: points,
            values,
        };
        let is_distance = |value: &f64| value.is_finite() && *value >= 0.0;
        match matrix.values.iter().position(|value| !is_distance(value)) {
            Some(at) => Err(matrix.no_distance(at)),
            None => Ok(matrix),
        }
    }

    /// Asks `distance` for every two points `a < b`.
    ///
    /// # Errors
    ///
    /// [`CondensedMatrixError::NoDistance`] as for [`CondensedMatrix::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_similarity::CondensedMatrix;
    ///
    /// let on_a_line = CondensedMatrix::from_fn(3, |a, b| b.abs_diff(a) as f64)?;
    /// assert_eq!(on_a_line.values(), [1.0, 2.0, 1.0]);
    /// # Ok::<(), pullstudy_similarity::CondensedMatrixError>(())
    /// ```
    pub fn from_fn(
        points: usize,
        mut distance: impl FnMut(usize, usize) -> f64,
    ) -> Result<Self, CondensedMatrixError> {
        let mut values = Vec::with_capacity(pairs(points));
        for a in 0..points {
            values.extend((a + 1..points).map(|b| distance(a, b)));
        }
        Self::new(points, values)
    }

    /// Returns how many points there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there is no point at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the distance between two points: 0 from a point to itself.
    ///
    /// # Panics
    ///
    /// If there is no such point.
    #[must_use]
    pub fn get(&self, a: usize, b: usize) -> f64 {
        assert!(a < self.len && b < self.len, "there is no such point");
        match a.cmp(&b) {
            std::cmp::Ordering::Less => self.values[index(self.len, a, b)],
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => self.values[index(self.len, b, a)],
        }
    }

    /// Returns all distances, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn zeros(len: usize) -> Self {
        Self {
            len,
            values: vec![0.0; pairs(len)],
        }
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Sets the distance between two different points.
    pub(crate) fn set(&mut self, a: usize, b: usize, value: f64) {
        let place = index(self.len, a.min(b), a.max(b));
        self.values[place] = value;
    }

    /// Multiplies the distance of every two points by what `factor` says of them.
    pub(crate) fn scale(&mut self, factor: impl Fn(usize, usize) -> f64) {
        let mut values = self.values.iter_mut();
        for a in 0..self.len {
            for (b, value) in (a + 1..self.len).zip(&mut values) {
                *value *= factor(a, b);
            }
        }
    }

    /// Writes the distances of a point to all points into `row`.
    pub(crate) fn copy_row(&self, point: usize, row: &mut [f64]) {
        for (other, value) in row[..point].iter_mut().enumerate() {
            *value = self.values[index(self.len, other, point)];
        }
        if point + 1 < self.len {
            let start = index(self.len, point, point + 1);
            let higher = &self.values[start..][..self.len - point - 1];
            row[point + 1..].copy_from_slice(higher);
        }
        row[point] = 0.0;
    }

    /// Returns for each point where its row begins: the distance to a higher point `b` lies at the start plus
    /// `b - 1`.
    pub(crate) fn row_starts(&self) -> Vec<usize> {
        (0..self.len).map(|a| row_start(self.len, a)).collect()
    }

    pub(crate) fn row_blocks(&mut self) -> Vec<RowBlock<'_>> {
        row_blocks(self.len, &mut self.values)
    }

    fn no_distance(&self, at: usize) -> CondensedMatrixError {
        let start_of = |row: usize| row * (2 * self.len - row - 1) / 2;
        let rows: Vec<usize> = (0..self.len).map(start_of).collect();
        let a = rows.partition_point(|&start| start <= at) - 1;
        CondensedMatrixError::NoDistance {
            a,
            b: a + 1 + at - rows[a],
            value: self.values[at],
        }
    }
}

/// Returns how many pairs so many points have.
pub(crate) fn pairs(points: usize) -> usize {
    points * points.saturating_sub(1) / 2
}

/// Returns where the value of the points `a < b` of `len` is.
#[inline]
pub(crate) fn index(len: usize, a: usize, b: usize) -> usize {
    row_start(len, a) + b - 1
}

#[inline]
fn row_start(len: usize, a: usize) -> usize {
    a * (2 * len).saturating_sub(a + 3) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_own_place_in_order() {
        for len in 0..9 {
            let places: Vec<usize> = (0..len)
                .flat_map(|a| (a + 1..len).map(move |b| index(len, a, b)))
                .collect();
            assert_eq!(places, (0..pairs(len)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_no_distance_is_told_with_its_points() {
        for (a, b) in [(0, 1), (0, 3), (1, 2), (2, 3)] {
            let mut values = vec![1.0; 6];
            values[index(4, a, b)] = -1.0;
            assert_eq!(
                CondensedMatrix::new(4, values),
                Err(CondensedMatrixError::NoDistance { a, b, value: -1.0 })
            );
        }
    }

    #[test]
    fn too_few_distances_are_told() {
        let error = CondensedMatrix::new(3, vec![1.0]).unwrap_err();
        assert_eq!(error.to_string(), "3 points have 3 distances, not 1");
    }
}
