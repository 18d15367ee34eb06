//! Where a pull's seconds went: the chain of work that decided when it ended.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::trace::{Phase, PhaseRecord, Stage};

/// A predecessor may end this much after its successor's start: both are sums of rounded floats.
const CLOCK_TOLERANCE_SECONDS: f64 = 1e-6;

/// The resource that a pull waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Bound {
    /// Network and registry: resolve, manifest, config, download.
    Wire,
    /// SHA-256 over stored bytes and over the tar: verify, diff_id.
    Hashing,
    /// Inflating: decompress.
    Decompression,
    /// Writing blobs and files: write.
    FileSystem,
    /// Hashing, inflating and writing of layers, where the engine does not tell them apart: apply.
    Unpack,
}

impl Bound {
    /// All resources, in the order in which ties are decided.
    pub const ALL: &[Self] = &[
        Self::Wire,
        Self::Hashing,
        Self::Decompression,
        Self::FileSystem,
        Self::Unpack,
    ];

    /// Returns the phases that use this resource.
    #[must_use]
    pub fn phases(self) -> &'static [Phase] {
        match self {
            Self::Wire => &[
                Phase::Resolve,
                Phase::Manifest,
                Phase::Config,
                Phase::Download,
            ],
            Self::Hashing => &[Phase::Verify, Phase::DiffId],
            Self::Decompression => &[Phase::Decompress],
            Self::FileSystem => &[Phase::Write],
            Self::Unpack => &[Phase::Apply],
        }
    }
}

/// Writes the name as a sentence has it: `file system`.
impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Wire => "wire",
            Self::Hashing => "hashing",
            Self::Decompression => "decompression",
            Self::FileSystem => "file system",
            Self::Unpack => "unpacking",
        })
    }
}

/// A pull's wall seconds by phase; they add up to its duration.
///
/// Layers are downloaded side by side and unpacked one after the other, so adding up all phases says
/// how much work there was, not what the pull waited for. The critical path is found by walking back
/// from the pull's end, charging every second to exactly one phase.
///
/// # The algorithm
///
/// 1. **Pieces of work.** The rows of one stage of one layer become one piece of work: it starts at
///    the earliest start and ends at the latest end among them. `wait` rows are left out; they are the
///    holes between pieces. Each row of [`Stage::Prepare`] is a piece of its own. Ends after the
///    pull's end are cut to it.
/// 2. **What can hold up what.** A piece can only have been started by the end of one of these:
///
///    | piece | started by the end of |
///    | --- | --- |
///    | the pull's end | any piece |
///    | unpacking layer *i* | fetching layer *i*, unpacking a layer below *i*, a piece of `prepare` |
///    | fetching layer *i* | a piece of `prepare`, or fetching another layer (its download slot came free) |
///    | a piece of `prepare` | another piece of `prepare` |
///
/// 3. **The walk.** Begin at the pull's end. Among the pieces that can have started the current one
///    and that ended no later than its start, take the one that ended last: the current piece was
///    ready to start no earlier. Charge the hole between the two, then the piece itself, and go on
///    from its start, until nothing is left; what then remains down to the pull's start is a hole too.
/// 4. **Charging a piece.** Its phases share its wall time by their busy seconds; what they leave is
///    `other`. If they add up to more than the wall time (phases on several threads), they are scaled
///    down to it in proportion.
/// 5. **Charging a hole.** The part covered by the `wait` rows of the piece after the hole is `wait`
///    (a queue behind something outside this pull, as the walk found nothing inside it), the rest is
///    `other`.
///
/// The walk covers the time from 0 to the pull's end without gap or overlap, so the seconds add up to
/// the pull's duration.
///
/// # Limits
///
/// An engine that unpacks a layer while it is still being downloaded has no end of a fetch before the
/// start of the unpack; the fetch then stays off the path and the pauses of the unpack are `other`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pullstudy_events::{Bound, CriticalPath, Phase, PhaseRecord, Stage};
///
/// let ms = Duration::from_millis;
/// let rows = [
///     PhaseRecord::new("8a1f", Stage::Prepare, Phase::Resolve, ms(0), ms(250)),
///     PhaseRecord::new("8a1f", Stage::Prepare, Phase::Manifest, ms(250), ms(500)),
/// ];
/// let path = CriticalPath::of(1.0, &rows);
/// assert_eq!(path.manifest_seconds, 0.5);
/// assert_eq!(path.other_seconds, 0.25);
/// assert_eq!(path.share(Bound::Wire), 0.75);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CriticalPath {
    /// Seconds in [`Phase::Resolve`].
    pub resolve_seconds: f64,
    /// Seconds in [`Phase::Manifest`].
    pub manifest_seconds: f64,
    /// Seconds in [`Phase::Config`].
    pub config_seconds: f64,
    /// Seconds in line behind something outside the pull.
    pub wait_seconds: f64,
    /// Seconds in [`Phase::Download`].
    pub download_seconds: f64,
    /// Seconds in [`Phase::Verify`].
    pub verify_seconds: f64,
    /// Seconds in [`Phase::Decompress`].
    pub decompress_seconds: f64,
    /// Seconds in [`Phase::DiffId`].
    pub diff_id_seconds: f64,
    /// Seconds in [`Phase::Write`], of blobs and of files.
    pub write_seconds: f64,
    /// Seconds in [`Phase::Apply`].
    #[serde(default)]
    pub apply_seconds: f64,
    /// Seconds that no row explains.
    pub other_seconds: f64,
}

impl CriticalPath {
    /// Returns where the `pull_seconds` of a pull with these phases went.
    ///
    /// The rows may come in any order. Rows with a length or start that is not a finite number of
    /// seconds from 0 up are left out, and their time is `other`. A `pull_seconds` of that kind
    /// gives a path of zeros.
    #[must_use]
    pub fn of(pull_seconds: f64, phases: &[PhaseRecord]) -> Self {
        let mut path = Self::default();
        if !(pull_seconds.is_finite() && pull_seconds > 0.0) {
            return path;
        }
        let mut open = pieces_of_work(pull_seconds, phases);
        let mut current: Option<Piece> = None;
        let mut now = pull_seconds;
        while let Some(next) = last_to_finish(&open, current.as_ref(), now) {
            let piece = open.swap_remove(next);
            path.charge_hole(current.as_ref(), piece.end, now);
            path.charge_piece(&piece, now);
            now = piece.start;
            current = Some(piece);
        }
        path.charge_hole(current.as_ref(), 0.0, now);
        path
    }

    /// Returns the seconds charged to a phase.
    #[must_use]
    pub fn seconds(&self, phase: Phase) -> f64 {
        match phase {
            Phase::Resolve => self.resolve_seconds,
            Phase::Manifest => self.manifest_seconds,
            Phase::Config => self.config_seconds,
            Phase::Wait => self.wait_seconds,
            Phase::Download => self.download_seconds,
            Phase::Verify => self.verify_seconds,
            Phase::Decompress => self.decompress_seconds,
            Phase::DiffId => self.diff_id_seconds,
            Phase::Write => self.write_seconds,
            Phase::Apply => self.apply_seconds,
        }
    }

    /// Returns the sum over all phases and `other`: the pull's duration, but for rounding.
    #[must_use]
    pub fn total_seconds(&self) -> f64 {
        let phases: f64 = Phase::ALL.iter().map(|&phase| self.seconds(phase)).sum();
        phases + self.other_seconds
    }

    /// Returns the seconds charged to the phases that use a resource.
    #[must_use]
    pub fn bound_seconds(&self, bound: Bound) -> f64 {
        bound
            .phases()
            .iter()
            .map(|&phase| self.seconds(phase))
            .sum()
    }

    /// Returns a resource's part of the pull's duration, in `0.0..=1.0`; 0 for a pull of no seconds.
    #[must_use]
    pub fn share(&self, bound: Bound) -> f64 {
        let total = self.total_seconds();
        if total > 0.0 {
            self.bound_seconds(bound) / total
        } else {
            0.0
        }
    }

    /// Returns the resource with the most seconds; `None` if none has any.
    ///
    /// `wait` and `other` are no resource of this pull and never bind it, however large; look at
    /// them before relying on the answer.
    #[must_use]
    pub fn bound_by(&self) -> Option<Bound> {
        Bound::ALL
            .iter()
            .copied()
            .filter(|&bound| self.bound_seconds(bound) > 0.0)
            // Reversed, as `max_by` returns the last of equals and the first is to win.
            .rev()
            .max_by(|&a, &b| self.bound_seconds(a).total_cmp(&self.bound_seconds(b)))
    }

    fn seconds_mut(&mut self, phase: Phase) -> &mut f64 {
        match phase {
            Phase::Resolve => &mut self.resolve_seconds,
            Phase::Manifest => &mut self.manifest_seconds,
            Phase::Config => &mut self.config_seconds,
            Phase::Wait => &mut self.wait_seconds,
            Phase::Download => &mut self.download_seconds,
            Phase::Verify => &mut self.verify_seconds,
            Phase::Decompress => &mut self.decompress_seconds,
            Phase::DiffId => &mut self.diff_id_seconds,
            Phase::Write => &mut self.write_seconds,
            Phase::Apply => &mut self.apply_seconds,
        }
    }

    fn charge_hole(&mut self, after: Option<&Piece>, from: f64, to: f64) {
        let length = (to - from).max(0.0);
        let waited = after.map_or(0.0, |piece| piece.waited_between(from, to));
        self.wait_seconds += waited;
        self.other_seconds += length - waited;
    }

    fn charge_piece(&mut self, piece: &Piece, now: f64) {
        let wall = piece.end.min(now) - piece.start;
        let busy: f64 = piece.busy.values().sum();
        let span = (piece.end - piece.start).max(busy);
        if span > 0.0 {
            for (&phase, seconds) in &piece.busy {
                *self.seconds_mut(phase) += seconds / span * wall;
            }
            self.other_seconds += (span - busy) / span * wall;
        }
    }
}

/// The rows of one stage of one layer (or one row of the preparation), taken together.
#[derive(Debug)]
struct Piece {
    stage: Stage,
    layer: Option<u32>,
    start: f64,
    end: f64,
    busy: BTreeMap<Phase, f64>,
    waits: Vec<(f64, f64)>,
}

impl Piece {
    fn of_row(row: &PhaseRecord, end: f64) -> Self {
        Self {
            stage: row.stage,
            layer: row.layer.as_ref().map(|layer| layer.index),
            start: row.start_seconds,
            end,
            busy: BTreeMap::from([(row.phase, row.busy_seconds)]),
            waits: Vec::new(),
        }
    }

    fn absorb(&mut self, row: &PhaseRecord, end: f64) {
        self.start = self.start.min(row.start_seconds);
        self.end = self.end.max(end);
        *self.busy.entry(row.phase).or_default() += row.busy_seconds;
    }

    /// Orders by end. Ties are decided too, so that the order of rows changes nothing.
    fn cmp_end(&self, other: &Self) -> Ordering {
        (self.end.total_cmp(&other.end))
            .then(self.stage.cmp(&other.stage))
            .then(self.layer.cmp(&other.layer))
            .then(self.start.total_cmp(&other.start))
    }

    fn can_start(&self, current: &Self) -> bool {
        match (self.stage, current.stage) {
            (Stage::Prepare, _) => true,
            (Stage::Fetch, Stage::Fetch) => self.layer != current.layer,
            (Stage::Fetch, Stage::Unpack) => self.layer == current.layer,
            (Stage::Unpack, Stage::Unpack) => self.layer < current.layer,
            _ => false,
        }
    }

    /// Waits of one piece come from one row each for at most two stages, so they do not overlap.
    fn waited_between(&self, from: f64, to: f64) -> f64 {
        let overlap = |&(start, end): &(f64, f64)| (end.min(to) - start.max(from)).max(0.0);
        self.waits
            .iter()
            .map(overlap)
            .sum::<f64>()
            .min((to - from).max(0.0))
    }
}

fn is_usable(row: &PhaseRecord, pull_seconds: f64) -> bool {
    let is_length = |seconds: f64| seconds.is_finite() && seconds >= 0.0;
    is_length(row.start_seconds)
        && is_length(row.duration_seconds)
        && is_length(row.busy_seconds)
        && row.start_seconds < pull_seconds
}

fn pieces_of_work(pull_seconds: f64, phases: &[PhaseRecord]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let usable = || phases.iter().filter(|row| is_usable(row, pull_seconds));
    for row in usable().filter(|row| row.phase != Phase::Wait) {
        let end = row.end_seconds().min(pull_seconds);
        match piece_of(&mut pieces, row) {
            Some(piece) => piece.absorb(row, end),
            None => pieces.push(Piece::of_row(row, end)),
        }
    }
    for row in usable().filter(|row| row.phase == Phase::Wait) {
        if let Some(piece) = piece_of(&mut pieces, row) {
            piece.waits.push((row.start_seconds, row.end_seconds()));
        }
    }
    pieces
}

/// Finds the piece that a layer's row belongs to. Rows of the preparation stand alone.
fn piece_of<'a>(pieces: &'a mut [Piece], row: &PhaseRecord) -> Option<&'a mut Piece> {
    let layer = row.layer.as_ref()?.index;
    pieces
        .iter_mut()
        .find(|piece| piece.stage == row.stage && piece.layer == Some(layer))
}

/// Finds the piece that ended last among those that can have started `current` at `now`.
fn last_to_finish(open: &[Piece], current: Option<&Piece>, now: f64) -> Option<usize> {
    open.iter()
        .enumerate()
        .filter(|(_, piece)| piece.end <= now + CLOCK_TOLERANCE_SECONDS && piece.start < now)
        .filter(|(_, piece)| current.is_none_or(|current| piece.can_start(current)))
        .max_by(|(_, a), (_, b)| a.cmp_end(b))
        .map(|(position, _)| position)
}
