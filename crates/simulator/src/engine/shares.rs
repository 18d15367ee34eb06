//! Sources that send to many receivers at once: who gets how much, exactly, without looking at every transfer.
//!
//! A transfer's rate is the least of three: its share of what the source can send (max-min fair: nobody gets more while
//! another who could take it gets less), its receiver's link divided by the receiver's transfers, and what one transfer
//! can do by itself (the connection, or hashing). Transfers of the same source whose last two limits are equal have equal
//! rates, whatever happens. They form a *class*, and a class counts the bytes that each of its members has got since it
//! began. A member that joins at count `c` with `b` bytes to go ends when the count reaches `c + b`, so nothing has to be
//! written to a transfer while others come and go: a change costs as much as there are classes, not transfers.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// A transfer that runs, by its place in the table.
pub(crate) type FlowId = u32;

/// Bytes by which a count of bytes may be off: a transfer with less to go has ended. Counts reach 10^13, and doubles
/// keep them to a thousandth of a byte.
const BYTE_TOLERANCE: f64 = 0.01;

/// What makes transfers equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ClassKey {
    source: u16,
    /// Bits of the limit, because floats are no keys; limits are positive and finite.
    limit_bits: u64,
    limited_by_link: bool,
}

#[derive(Debug)]
struct Class {
    source: u16,
    limit: f64,
    limited_by_link: bool,
    members: u32,
    /// Bytes that each member has got since the class began, at `counted_at`.
    bytes: f64,
    /// Seconds in which the source was what held the members up, at `counted_at`.
    shared_seconds: f64,
    counted_at: f64,
    rate: f64,
    is_shared: bool,
    ends: BinaryHeap<End>,
}

/// When a member has all its bytes: at this count. Stale when the flow has moved on since.
#[derive(Debug, Clone, Copy)]
struct End {
    at_bytes: f64,
    flow: FlowId,
    moves: u32,
}

impl PartialEq for End {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for End {}

impl PartialOrd for End {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The least count first; of equals the flow that has the lower number.
impl Ord for End {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_bytes = other.at_bytes.total_cmp(&self.at_bytes);
        by_bytes.then_with(|| other.flow.cmp(&self.flow))
    }
}

/// Seconds of a transfer by what held it up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct HeldUp {
    /// The source had no more to give.
    pub(crate) source_seconds: f64,
    /// The receiver's link was full.
    pub(crate) link_seconds: f64,
    /// One transfer can do no more: the connection, or hashing.
    pub(crate) own_seconds: f64,
}

#[derive(Debug, Clone)]
struct Flow {
    class: u32,
    receiver: u32,
    source: u16,
    own_limit: f64,
    ends_at_bytes: f64,
    moves: u32,
    joined_at: f64,
    joined_shared_seconds: f64,
    held_up: HeldUp,
}

#[derive(Debug)]
struct Source {
    capacity: f64,
    /// Classes with members, by their limit, the lowest first.
    classes: Vec<u32>,
    is_stale: bool,
    rate: f64,
    /// The next end among the classes: its moment and class.
    next: Option<(f64, u32)>,
}

#[derive(Debug, Default)]
struct Receiver {
    link: f64,
    flows: Vec<FlowId>,
}

/// Sources, receivers and the transfers between them.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    sources: Vec<Source>,
    receivers: Vec<Receiver>,
    classes: Vec<Class>,
    class_of: HashMap<ClassKey, u32>,
    flows: Vec<Flow>,
    free: Vec<FlowId>,
}

impl Shares {
    /// Adds a source that sends `capacity` bytes a second, infinity included, and returns its number.
    pub(crate) fn add_source(&mut self, capacity: f64) -> u16 {
        self.sources.push(Source {
            capacity,
            classes: Vec::new(),
            is_stale: false,
            rate: 0.0,
            next: None,
        });
        u16::try_from(self.sources.len() - 1)
            .expect("sources are the tiers of a cluster, a handful")
    }

    /// Adds a receiver whose link takes `link` bytes a second, and returns its number.
    pub(crate) fn add_receiver(&mut self, link: f64) -> u32 {
        self.receivers.push(Receiver {
            link,
            flows: Vec::new(),
        });
        u32::try_from(self.receivers.len() - 1).expect("nodes are counted in 32 bits")
    }

    /// Says what a source can send from now on.
    pub(crate) fn set_capacity(&mut self, source: u16, capacity: f64) {
        let source = &mut self.sources[usize::from(source)];
        source.capacity = capacity;
        source.is_stale = true;
    }

    /// Returns what a source sends at the moment, in bytes a second, as of the last [`settle`](Self::settle).
    pub(crate) fn rate(&self, source: u16) -> f64 {
        self.sources[usize::from(source)].rate
    }

    /// Starts a transfer that can do `own_limit` bytes a second by itself.
    pub(crate) fn start(
        &mut self,
        now: f64,
        source: u16,
        receiver: u32,
        bytes: f64,
        own_limit: f64,
    ) -> FlowId {
        self.leave_all(now, receiver);
        let flow = self.new_flow(Flow {
            class: 0,
            receiver,
            source,
            own_limit,
            ends_at_bytes: bytes,
            moves: 0,
            joined_at: now,
            joined_shared_seconds: 0.0,
            held_up: HeldUp::default(),
        });
        self.receivers[receiver as usize].flows.push(flow);
        self.join_all(now, receiver);
        flow
    }

    /// Ends a transfer, whether or not all its bytes have come, and returns what held it up.
    pub(crate) fn end(&mut self, now: f64, flow: FlowId) -> HeldUp {
        let receiver = self.flows[flow as usize].receiver;
        self.leave_all(now, receiver);
        let flows = &mut self.receivers[receiver as usize].flows;
        flows.retain(|&other| other != flow);
        self.join_all(now, receiver);
        self.flows[flow as usize].moves += 1;
        self.free.push(flow);
        self.flows[flow as usize].held_up
    }

    /// Returns the bytes that a running transfer has still to get.
    pub(crate) fn bytes_to_go(&mut self, now: f64, flow: FlowId) -> f64 {
        let (class, ends_at) = {
            let flow = &self.flows[flow as usize];
            (flow.class as usize, flow.ends_at_bytes)
        };
        self.classes[class].count_to(now);
        (ends_at - self.classes[class].bytes).max(0.0)
    }

    /// Shares the sources out anew where something changed. Call it when all changes of a moment are made.
    pub(crate) fn settle(&mut self, now: f64) {
        for source in 0..self.sources.len() {
            if self.sources[source].is_stale {
                self.share_out(source, now);
            }
        }
    }

    /// Returns when the next transfer ends, if all stays as it is.
    pub(crate) fn next_end(&self) -> Option<f64> {
        let ends = self.sources.iter().filter_map(|source| source.next);
        ends.map(|(at, _)| at).min_by(f64::total_cmp)
    }

    /// Returns a transfer that has all its bytes by `now`. It runs on until [`end`](Self::end).
    pub(crate) fn ended(&mut self, now: f64) -> Option<FlowId> {
        for source in 0..self.sources.len() {
            if self.sources[source].next.is_some_and(|(at, _)| at <= now) {
                let (_, class) = self.sources[source].next?;
                let flow = self.pop(class, now);
                self.find_next(source);
                if flow.is_some() {
                    return flow;
                }
            }
        }
        None
    }

    fn pop(&mut self, class: u32, now: f64) -> Option<FlowId> {
        let class = &mut self.classes[class as usize];
        class.count_to(now);
        let end = class.ends.peek().copied()?;
        let is_current = self.flows[end.flow as usize].moves == end.moves;
        // Twice the tolerance: the moment of the end was found with it once, and rounded.
        if is_current && end.at_bytes > class.bytes + 2.0 * tolerance(class) {
            return None;
        }
        class.ends.pop();
        is_current.then_some(end.flow)
    }

    fn new_flow(&mut self, flow: Flow) -> FlowId {
        match self.free.pop() {
            Some(id) => {
                let moves = self.flows[id as usize].moves;
                self.flows[id as usize] = Flow { moves, ..flow };
                id
            }
            None => {
                self.flows.push(flow);
                u32::try_from(self.flows.len() - 1)
                    .expect("transfers at once are counted in 32 bits")
            }
        }
    }

    /// Takes the receiver's transfers out of their classes: their number is about to change.
    fn leave_all(&mut self, now: f64, receiver: u32) {
        for at in 0..self.receivers[receiver as usize].flows.len() {
            let id = self.receivers[receiver as usize].flows[at];
            self.leave(now, id);
        }
    }

    fn leave(&mut self, now: f64, id: FlowId) {
        let flow = &mut self.flows[id as usize];
        let class = &mut self.classes[flow.class as usize];
        class.count_to(now);
        let seconds = now - flow.joined_at;
        let source_seconds = class.shared_seconds - flow.joined_shared_seconds;
        flow.held_up.source_seconds += source_seconds;
        let rest = (seconds - source_seconds).max(0.0);
        match class.limited_by_link {
            true => flow.held_up.link_seconds += rest,
            false => flow.held_up.own_seconds += rest,
        }
        flow.ends_at_bytes = (flow.ends_at_bytes - class.bytes).max(0.0);
        flow.moves += 1;
        class.members -= 1;
        if class.members == 0 {
            class.clear();
            let source = &mut self.sources[usize::from(flow.source)];
            let id = flow.class;
            source.classes.retain(|&class| class != id);
        }
        self.sources[usize::from(flow.source)].is_stale = true;
    }

    fn join_all(&mut self, now: f64, receiver: u32) {
        let count = self.receivers[receiver as usize].flows.len();
        for at in 0..count {
            let id = self.receivers[receiver as usize].flows[at];
            let share = self.receivers[receiver as usize].link / count as f64;
            self.join(now, id, share);
        }
    }

    fn join(&mut self, now: f64, id: FlowId, link_share: f64) {
        let (source, own_limit) = {
            let flow = &self.flows[id as usize];
            (flow.source, flow.own_limit)
        };
        let limited_by_link = link_share <= own_limit;
        let class = self.class(now, source, link_share.min(own_limit), limited_by_link);
        let flow = &mut self.flows[id as usize];
        let joined = &mut self.classes[class as usize];
        joined.count_to(now);
        joined.members += 1;
        flow.class = class;
        flow.joined_at = now;
        flow.joined_shared_seconds = joined.shared_seconds;
        flow.ends_at_bytes += joined.bytes;
        joined.ends.push(End {
            at_bytes: flow.ends_at_bytes,
            flow: id,
            moves: flow.moves,
        });
        self.sources[usize::from(source)].is_stale = true;
    }

    /// Returns the class of such transfers, made if it is new, and among those that have members.
    fn class(&mut self, now: f64, source: u16, limit: f64, limited_by_link: bool) -> u32 {
        let key = ClassKey {
            source,
            limit_bits: limit.to_bits(),
            limited_by_link,
        };
        let fresh = u32::try_from(self.classes.len()).expect("classes are fewer than transfers");
        let id = *self.class_of.entry(key).or_insert(fresh);
        if id == fresh {
            self.classes
                .push(Class::new(source, limit, limited_by_link, now));
        }
        if self.classes[id as usize].members == 0 {
            self.activate(id);
            self.classes[id as usize].counted_at = now;
        }
        id
    }

    fn activate(&mut self, id: u32) {
        let class = &self.classes[id as usize];
        let source = usize::from(class.source);
        let limit = class.limit;
        let classes = &self.classes;
        let at = self.sources[source]
            .classes
            .partition_point(|&other| classes[other as usize].limit <= limit);
        if !self.sources[source].classes.contains(&id) {
            self.sources[source].classes.insert(at, id);
        }
    }

    /// Gives every class of a source its rate: who needs less than an equal share gets it, and the others share the rest.
    fn share_out(&mut self, source: usize, now: f64) {
        let mut left = self.sources[source].capacity;
        let mut waiting: f64 = self.members(source);
        let mut sent = 0.0;
        for at in 0..self.sources[source].classes.len() {
            let class = &mut self.classes[self.sources[source].classes[at] as usize];
            class.count_to(now);
            let members = f64::from(class.members);
            let share = (left / waiting).max(0.0);
            class.is_shared = share < class.limit;
            class.rate = share.min(class.limit);
            sent += class.rate * members;
            left -= class.rate * members;
            waiting -= members;
        }
        let source_state = &mut self.sources[source];
        source_state.rate = sent;
        source_state.is_stale = false;
        self.find_next(source);
    }

    fn members(&self, source: usize) -> f64 {
        let classes = self.sources[source].classes.iter();
        classes
            .map(|&class| f64::from(self.classes[class as usize].members))
            .sum()
    }

    fn find_next(&mut self, source: usize) {
        let mut next: Option<(f64, u32)> = None;
        for at in 0..self.sources[source].classes.len() {
            let id = self.sources[source].classes[at];
            self.drop_stale(id);
            if let Some(end) = self.classes[id as usize].next_end()
                && next.is_none_or(|(earliest, _)| end < earliest)
            {
                next = Some((end, id));
            }
        }
        self.sources[source].next = next;
    }

    fn drop_stale(&mut self, class: u32) {
        let class = &mut self.classes[class as usize];
        while let Some(end) = class.ends.peek() {
            if self.flows[end.flow as usize].moves == end.moves {
                return;
            }
            class.ends.pop();
        }
    }
}

impl Class {
    fn new(source: u16, limit: f64, limited_by_link: bool, now: f64) -> Self {
        Self {
            source,
            limit,
            limited_by_link,
            members: 0,
            bytes: 0.0,
            shared_seconds: 0.0,
            counted_at: now,
            rate: 0.0,
            is_shared: false,
            ends: BinaryHeap::new(),
        }
    }

    fn count_to(&mut self, now: f64) {
        let seconds = now - self.counted_at;
        if seconds > 0.0 {
            self.bytes += self.rate * seconds;
            if self.is_shared {
                self.shared_seconds += seconds;
            }
            self.counted_at = now;
        }
    }

    /// Counts from nothing again: doubles are finest near zero.
    fn clear(&mut self) {
        self.bytes = 0.0;
        self.shared_seconds = 0.0;
        self.rate = 0.0;
        self.ends.clear();
    }

    fn next_end(&self) -> Option<f64> {
        let end = self.ends.peek()?;
        let bytes = (end.at_bytes - self.bytes - tolerance(self)).max(0.0);
        (self.rate > 0.0).then(|| self.counted_at + bytes / self.rate)
    }
}

/// Bytes to go that count as none: rounding in a long count of bytes, or in a moment far from zero at this rate.
fn tolerance(class: &Class) -> f64 {
    let rounding = (class.bytes.abs() + class.rate * class.counted_at) * f64::EPSILON * 4.0;
    BYTE_TOLERANCE.max(rounding)
}
