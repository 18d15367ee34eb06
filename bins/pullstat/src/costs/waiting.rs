//! `pullstat cost waiting`: what it costs that nodes wait for each other.

use std::io::Write;

use pullstudy_console::{UsageError, counted, say, terminal_width, warn};
use pullstudy_costmodel::{
    Gang, Machine, Traffic, TransferCost, TransferPrice, WaitingCost, gangs,
};
use pullstudy_events::{Clock, Column as By, Key, NewLayers, Pull};
use pullstudy_report::{Column, Format, Table};
use serde_json::json;

use super::args::{MachineArgs, Machines, PriceArgs, TransferArgs};
use super::pulls::{TOTAL, is_figure, key_fields, row_column};
use crate::events::args::{ClockArg, GroupArgs, LogArgs, ManifestsArgs, Method, check_clock};
use crate::events::fields::{Fields, key_columns};

/// Tell what it costs that work starts on all nodes at once.
///
/// A row for each experiment, number of nodes and image. gang_usd: every node that pulled is paid until the slowest has the
/// image. elastic_usd: every node is paid for its own pull. waiting_usd is the difference. All nodes are taken to start
/// at the same moment, and a node that pulled an image more than once is one node, ready when its longest pull is; nodes
/// of the cluster that did not pull are not paid for.
///
/// With --manifests, what the registry was asked for: bytes of layers that were new on the node, and requests for
/// manifest, config and these layers.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat cost waiting experiments/ --machine n1-standard-16 --image my-org\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    groups: GroupArgs,
    #[command(flatten)]
    machines: MachineArgs,
    #[command(flatten)]
    prices: PriceArgs,
    #[command(flatten)]
    manifests: ManifestsArgs,
    #[command(flatten)]
    transfer: TransferArgs,
    /// Columns whose values are the same for pulls that wait for each other
    #[arg(long, value_name = "COLUMNS", default_value = "experiment,nodes,image")]
    by: String,
    /// Which seconds: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArg,
    /// Whose method turns events into pulls
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is told of one gang.
struct Told<'a> {
    gang: Gang,
    machine: Option<&'a Machine>,
    cost: WaitingCost,
    traffic: Option<Fetched>,
}

/// What nodes asked a registry for.
#[derive(Debug, Clone, Copy, Default)]
struct Fetched {
    /// Of the nodes whose layers are known; nothing where there is none.
    traffic: Option<Traffic>,
    /// Nodes of whose pull the archive does not know the layers.
    unknown_nodes: usize,
}

pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    check_clock(args.method, args.clock)?;
    let selection = args.logs.selection();
    let is_taken = |name: &str| is_figure(name) || selection.columns(name, &[]).is_ok();
    let columns = selection.columns(&args.by, args.groups.checked(is_taken)?)?;
    let prices = args.prices.read()?;
    let machines = args.machines.find(&prices)?;
    let price = args.transfer.find(&prices)?;
    let layers = args.manifests.read()?;
    if price.is_some() && layers.is_none() {
        let sentence = "--transfer prices what is known by --manifests DIR: name an archive of manifests, or leave it out";
        return Err(UsageError(sentence.to_owned()).into());
    }
    // Images that are not asked for have left layers on the nodes, too.
    let all = args.logs.all_pulls(args.method)?;
    let new = layers.map(|layers| layers.new_layers(&all));
    machines.check(&all)?;
    selection.tell_unmatched(all.iter().map(|pull| pull.image.as_deref()));
    let (pulls, new) = taken(all, new, |pull| selection.takes(pull.image.as_deref()));
    let waiting = Waiting::of(
        &pulls,
        new.as_deref(),
        &columns,
        args.clock.into(),
        Some(&machines),
    )?;
    let rows = waiting.rows(&columns, price);
    waiting
        .table(&columns)
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    machines.tell();
    if !waiting.0.is_empty() {
        say(format_args!("{ASSUMED}"));
    }
    tell_shared(&waiting.0);
    waiting.warnings().iter().for_each(|line| warn(line));
    Ok(())
}

/// What the figures rest on.
pub(crate) const ASSUMED: &str = "all nodes of a row are taken to start at the same moment; nodes that did not pull are not paid for";

/// What only a price fills.
const USD_COLUMNS: [&str; 4] = ["usd_per_hour", "gang_usd", "elastic_usd", "waiting_usd"];

/// What waiting costs, group by group.
pub(crate) struct Waiting<'a>(Vec<Told<'a>>);

impl<'a> Waiting<'a> {
    /// Works out what each group costs: nothing but node-seconds without machines. `new` has what was new on the node for
    /// each pull, where that is known.
    pub(crate) fn of(
        pulls: &[Pull],
        new: Option<&[Option<NewLayers>]>,
        columns: &[By],
        clock: Clock,
        machines: Option<&Machines<'a>>,
    ) -> Result<Self, UsageError> {
        let gangs = gangs(pulls, columns, clock).into_iter();
        let told = gangs.map(|gang| tell_gang(gang, pulls, new, machines));
        told.collect::<Result<_, _>>().map(Self)
    }

    /// Returns a row for each group, and their sum.
    pub(crate) fn rows(&self, columns: &[By], price: Option<&TransferPrice>) -> Vec<Fields> {
        let rows = self.0.iter().map(|told| told.fields(columns, price));
        rows.chain([total(columns, &self.0, price)]).collect()
    }

    /// Describes the rows; without machines there is no column of USD.
    pub(crate) fn table(&self, columns: &[By]) -> Table<Fields> {
        let table = table(columns, self.0.iter().any(|told| told.traffic.is_some()));
        match self.0.iter().any(|told| told.machine.is_some()) || self.0.is_empty() {
            true => table,
            false => table.without(&USD_COLUMNS),
        }
    }
}

/// Leaves out pulls of other images, together with what is known of them.
fn taken(
    pulls: Vec<Pull>,
    new: Option<Vec<Option<NewLayers>>>,
    takes: impl Fn(&Pull) -> bool,
) -> (Vec<Pull>, Option<Vec<Option<NewLayers>>>) {
    let kept: Vec<bool> = pulls.iter().map(takes).collect();
    let new = new.map(|new| {
        let kept_new = new.into_iter().zip(&kept).filter(|(_, kept)| **kept);
        kept_new.map(|(new, _)| new).collect()
    });
    let pulls = pulls.into_iter().zip(&kept).filter(|(_, kept)| **kept);
    (pulls.map(|(pull, _)| pull).collect(), new)
}

fn tell_gang<'p>(
    gang: Gang,
    pulls: &[Pull],
    new: Option<&[Option<NewLayers>]>,
    machines: Option<&Machines<'p>>,
) -> Result<Told<'p>, UsageError> {
    let machine = machines.map(|machines| machine_of(&gang, pulls, machines));
    let machine = machine.transpose()?;
    let price = machine.map_or(0.0, Machine::usd_per_hour);
    Ok(Told {
        cost: WaitingCost::of(&gang.seconds_by_node, price),
        traffic: new.map(|new| Fetched::of(&gang, new)),
        machine,
        gang,
    })
}

/// Returns what all nodes of a group are.
fn machine_of<'p>(
    gang: &Gang,
    pulls: &[Pull],
    machines: &Machines<'p>,
) -> Result<&'p Machine, UsageError> {
    let mut found = gang
        .first_pulls
        .iter()
        .map(|&first| machines.of(&pulls[first]));
    let first = found.next().expect("a gang has a node")?;
    for machine in found {
        if machine?.machine != first.machine {
            let sentence = "nodes of different machines are in one group: add experiment to --by";
            return Err(UsageError(sentence.to_owned()));
        }
    }
    Ok(first)
}

impl Fetched {
    /// Pods on one node share a download: only its first pull asks the registry.
    fn of(gang: &Gang, new: &[Option<NewLayers>]) -> Self {
        let mut fetched = Self::default();
        for &first in &gang.first_pulls {
            match new[first] {
                Some(new) => fetched.add(Traffic::of_pull(new.new_layers, new.new_layer_bytes)),
                None => fetched.unknown_nodes += 1,
            }
        }
        fetched
    }

    fn add(&mut self, traffic: Traffic) {
        self.traffic = Some(self.traffic.unwrap_or_default() + traffic);
    }

    fn push(&self, fields: &mut Fields, price: Option<&TransferPrice>) {
        let cost = price.zip(self.traffic);
        let cost = cost.map_or_else(TransferCost::default, |(price, traffic)| {
            price.cost(&traffic)
        });
        fields.push(
            "egress_bytes",
            json!(self.traffic.map(|traffic| traffic.egress_bytes)),
        );
        fields.push(
            "requests",
            json!(self.traffic.map(|traffic| traffic.requests)),
        );
        fields.push("unknown_layers_nodes", json!(self.unknown_nodes));
        fields.push("egress_usd", json!(cost.egress_usd));
        fields.push("requests_usd", json!(cost.requests_usd));
    }
}

impl Told<'_> {
    fn fields(&self, columns: &[By], price: Option<&TransferPrice>) -> Fields {
        let mut fields = key_fields("group", columns, &self.gang.key);
        let has_price = self.machine.is_some();
        fields.push(
            "machine",
            json!(self.machine.map(|machine| &machine.machine)),
        );
        fields.push(
            "usd_per_hour",
            json!(self.machine.map(Machine::usd_per_hour)),
        );
        fields.push("pulls", json!(self.gang.pulls));
        fields.push("pulled_nodes", json!(self.cost.nodes));
        fields.push("slowest_seconds", json!(self.cost.slowest_seconds));
        let cost = &self.cost;
        push_seconds(
            &mut fields,
            cost.gang_node_seconds,
            cost.elastic_node_seconds,
        );
        let usd = [cost.gang_usd, cost.elastic_usd, cost.waiting_usd];
        push_usd(&mut fields, usd.map(|usd| has_price.then_some(usd)));
        if let Some(fetched) = &self.traffic {
            fetched.push(&mut fields, price);
        }
        fields
    }
}

fn push_seconds(fields: &mut Fields, gang: f64, elastic: f64) {
    fields.push("gang_node_seconds", json!(gang));
    fields.push("elastic_node_seconds", json!(elastic));
}

fn push_usd(fields: &mut Fields, [gang, elastic, waiting]: [Option<f64>; 3]) {
    fields.push("gang_usd", json!(gang));
    fields.push("elastic_usd", json!(elastic));
    fields.push("waiting_usd", json!(waiting));
}

fn total(columns: &[By], told: &[Told<'_>], price: Option<&TransferPrice>) -> Fields {
    let sum = |of: fn(&WaitingCost) -> f64| told.iter().map(|told| of(&told.cost)).sum::<f64>();
    let mut fields = key_fields(TOTAL, columns, &Key(Vec::new()));
    fields.push("machine", json!(null));
    fields.push("usd_per_hour", json!(null));
    fields.push(
        "pulls",
        json!(told.iter().map(|told| told.gang.pulls).sum::<usize>()),
    );
    fields.push("pulled_nodes", json!(null));
    fields.push("slowest_seconds", json!(null));
    push_seconds(
        &mut fields,
        sum(|cost| cost.gang_node_seconds),
        sum(|cost| cost.elastic_node_seconds),
    );
    let has_price = told.iter().all(|told| told.machine.is_some());
    let usd = [
        sum(|cost| cost.gang_usd),
        sum(|cost| cost.elastic_usd),
        sum(|cost| cost.waiting_usd),
    ];
    push_usd(&mut fields, usd.map(|usd| has_price.then_some(usd)));
    let fetched: Vec<Fetched> = told.iter().filter_map(|told| told.traffic).collect();
    if !fetched.is_empty() {
        let mut all = Fetched::default();
        for one in fetched {
            one.traffic.into_iter().for_each(|traffic| all.add(traffic));
            all.unknown_nodes += one.unknown_nodes;
        }
        all.push(&mut fields, price);
    }
    fields
}

fn table(columns: &[By], has_traffic: bool) -> Table<Fields> {
    let mut shown = vec![row_column()];
    shown.extend(key_columns(columns));
    shown.extend([
        Column::hidden("machine"),
        Column::usd("usd_per_hour", "USD an hour"),
        Column::count("pulls", "pulls"),
        Column::count("pulled_nodes", "on nodes"),
        Column::seconds("slowest_seconds", "slowest s"),
        Column::seconds("gang_node_seconds", "gang node s"),
        Column::seconds("elastic_node_seconds", "elastic node s"),
        Column::usd("gang_usd", "gang USD"),
        Column::usd("elastic_usd", "elastic USD"),
        Column::usd("waiting_usd", "waiting USD"),
    ]);
    if has_traffic {
        shown.extend([
            Column::bytes("egress_bytes", "egress"),
            Column::count("requests", "requests"),
            Column::count("unknown_layers_nodes", "nodes unknown"),
            Column::usd("egress_usd", "egress USD"),
            Column::usd("requests_usd", "requests USD"),
        ]);
    }
    Table::new(shown)
}

fn tell_shared(told: &[Told<'_>]) {
    let shared: usize = told
        .iter()
        .map(|told| told.gang.pulls - told.cost.nodes)
        .sum();
    if shared > 0 {
        say(format_args!(
            "{} ran on a node that pulled the same image before or meanwhile, and made no node of its own",
            counted(shared, "pull")
        ));
    }
}

impl Waiting<'_> {
    /// Returns what a reader of the rows must know.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let told = &self.0;
        let mut lines = Vec::new();
        if told.is_empty() {
            let nothing =
                "no pull succeeded and tells its seconds: there is nothing to wait for".to_owned();
            lines.push(nothing);
        }
        let fetched = told.iter().filter_map(|told| told.traffic);
        let strange: usize = fetched.map(|fetched| fetched.unknown_nodes).sum();
        if strange > 0 {
            lines.push(format!(
                "the archive does not know the layers of {}: their bytes and requests are missing",
                counted(strange, "pull")
            ));
        }
        let unknown: usize = told.iter().map(|told| told.gang.unknown_nodes).sum();
        if unknown > 0 {
            lines.push(format!(
                "of {} no event tells the node: each counts as a node of its own",
                counted(unknown, "pull")
            ));
        }
        lines
    }
}
