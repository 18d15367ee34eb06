//! `pullstat cost waiting`: what it costs that nodes wait for each other.

use std::io::Write;

use pullstudy_console::{UsageError, counted, say, warn};
use pullstudy_costmodel::{
    Gang, Machine, Traffic, TransferCost, TransferPrice, WaitingCost, gangs,
};
use pullstudy_events::{Column as By, Key, NewLayers, Pull};
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
    Exit codes: 0 done, 1 failed, 2 wrong usage"
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
    machine: &'a Machine,
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
    let mut told = Vec::new();
    for gang in gangs(&pulls, &columns, args.clock.into()) {
        told.push(tell_gang(gang, &pulls, new.as_deref(), &machines)?);
    }
    write(args, &columns, &told, price, results)?;
    machines.tell();
    tell(&told);
    Ok(())
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
    machines: &Machines<'p>,
) -> Result<Told<'p>, UsageError> {
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
    Ok(Told {
        cost: WaitingCost::of(&gang.seconds_by_node, first.usd_per_hour()),
        traffic: new.map(|new| Fetched::of(&gang, new)),
        machine: first,
        gang,
    })
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

fn write(
    args: &Args,
    columns: &[By],
    told: &[Told<'_>],
    price: Option<&TransferPrice>,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut rows: Vec<Fields> = told
        .iter()
        .map(|told| told.fields(columns, price))
        .collect();
    rows.push(total(columns, told, price));
    let has_traffic = told.iter().any(|told| told.traffic.is_some());
    table(columns, has_traffic).write(args.format, &rows, results)?;
    Ok(())
}

impl Told<'_> {
    fn fields(&self, columns: &[By], price: Option<&TransferPrice>) -> Fields {
        let mut fields = key_fields("group", columns, &self.gang.key);
        fields.push("machine", json!(self.machine.machine));
        fields.push("usd_per_hour", json!(self.machine.usd_per_hour()));
        fields.push("pulls", json!(self.gang.pulls));
        fields.push("pulled_nodes", json!(self.cost.nodes));
        fields.push("slowest_seconds", json!(self.cost.slowest_seconds));
        push_costs(
            &mut fields,
            [
                self.cost.gang_node_seconds,
                self.cost.elastic_node_seconds,
                self.cost.gang_usd,
                self.cost.elastic_usd,
                self.cost.waiting_usd,
            ],
        );
        if let Some(fetched) = &self.traffic {
            fetched.push(&mut fields, price);
        }
        fields
    }
}

fn push_costs(fields: &mut Fields, costs: [f64; 5]) {
    let names = [
        "gang_node_seconds",
        "elastic_node_seconds",
        "gang_usd",
        "elastic_usd",
        "waiting_usd",
    ];
    for (name, cost) in names.into_iter().zip(costs) {
        fields.push(name, json!(cost));
    }
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
    push_costs(
        &mut fields,
        [
            sum(|cost| cost.gang_node_seconds),
            sum(|cost| cost.elastic_node_seconds),
            sum(|cost| cost.gang_usd),
            sum(|cost| cost.elastic_usd),
            sum(|cost| cost.waiting_usd),
        ],
    );
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

/// What a reader of the rows must know.
fn tell(told: &[Told<'_>]) {
    if told.is_empty() {
        warn(&"no pull succeeded and tells its seconds: there is nothing to wait for");
        return;
    }
    say(format_args!(
        "all nodes of a row are taken to start at the same moment; nodes that did not pull are not paid for"
    ));
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
    let fetched = told.iter().filter_map(|told| told.traffic);
    let strange: usize = fetched.map(|fetched| fetched.unknown_nodes).sum();
    if strange > 0 {
        warn(&format_args!(
            "the archive does not know the layers of {}: their bytes and requests are missing",
            counted(strange, "pull")
        ));
    }
    let unknown: usize = told.iter().map(|told| told.gang.unknown_nodes).sum();
    if unknown > 0 {
        warn(&format_args!(
            "of {} no event tells the node: each counts as a node of its own",
            counted(unknown, "pull")
        ));
    }
}
