//! How far apart two clusters are.

/// How far apart two clusters are, by the distances of their points. The meanings are SciPy's.
///
/// When clusters `x` and `y` are merged, the distance of the new cluster to a cluster `i` follows from
/// those of `x` and `y` to `i`. `|x|` is the number of points in `x`.
///
/// # Source
///
/// G. N. Lance and W. T. Williams, "A general theory of classificatory sorting strategies",
/// The Computer Journal 9 (1967).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// The nearest two points: `min(d(x, i), d(y, i))`.
    Single,
    /// The farthest two points: `max(d(x, i), d(y, i))`.
    Complete,
    /// The mean over all pairs of points (UPGMA): `(|x| d(x, i) + |y| d(y, i)) / (|x| + |y|)`.
    Average,
    /// The mean of what was merged, whatever its size (WPGMA): `(d(x, i) + d(y, i)) / 2`.
    Weighted,
    /// The increase in variance, if the distances are Euclidean:
    /// `sqrt(((|i| + |x|) d(x, i)² + (|i| + |y|) d(y, i)² - |i| d(x, y)²) / (|x| + |y| + |i|))`.
    Ward,
}

impl Linkage {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Single,
        Self::Complete,
        Self::Average,
        Self::Weighted,
        Self::Ward,
    ];
}

/// Two clusters that are merged, and a third: distances and sizes.
#[derive(Clone, Copy)]
pub(crate) struct Triple {
    pub(crate) x_to_i: f64,
    pub(crate) y_to_i: f64,
    pub(crate) x_to_y: f64,
    pub(crate) x_size: f64,
    pub(crate) y_size: f64,
    pub(crate) i_size: f64,
}

impl Triple {
    pub(crate) fn single(self) -> f64 {
        self.x_to_i.min(self.y_to_i)
    }

    pub(crate) fn complete(self) -> f64 {
        self.x_to_i.max(self.y_to_i)
    }

    pub(crate) fn average(self) -> f64 {
        (self.x_size * self.x_to_i + self.y_size * self.y_to_i) / (self.x_size + self.y_size)
    }

    pub(crate) fn weighted(self) -> f64 {
        0.5 * (self.x_to_i + self.y_to_i)
    }

    pub(crate) fn ward(self) -> f64 {
        let part = 1.0 / (self.x_size + self.y_size + self.i_size);
        let x = (self.i_size + self.x_size) * part * self.x_to_i * self.x_to_i;
        let y = (self.i_size + self.y_size) * part * self.y_to_i * self.y_to_i;
        (x + y - self.i_size * part * self.x_to_y * self.x_to_y).sqrt()
    }
}
