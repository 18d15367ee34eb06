//! The client against registries that lie, break off, stall and refuse, by seed.
//!
//! `PULLSTUDY_FAULT_SCHEDULES=N` plays N schedules an operation, `PULLSTUDY_FAULT_SEED=S` the one of that seed, and
//! both together N from that seed on.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::print_stdout, reason = "the counts are a result")]

mod access;
mod content;
mod dice;
mod fault;
mod host;
mod http;
mod law;
mod operation;
mod routes;
mod scene;
mod schedule;
mod script;
mod step;
mod store;
mod tally;

use std::env;
use std::panic;
use std::process::ExitCode;
use std::sync::Mutex;

use futures_util::StreamExt as _;
use futures_util::stream;
use libtest_mimic::{Arguments, Failed, Trial};

use scene::{Scene, locked};
use schedule::{Operation, Schedule};
use tally::Tally;

/// How many schedules an operation gets unless told otherwise.
const SCHEDULES: u64 = 250;

/// Played at once: most of the time they wait.
const AT_ONCE: usize = 32;

/// What panicked, on whatever thread: a client's own tasks must not either.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn main() -> ExitCode {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        locked(&PANICS).push(info.to_string());
        before(info);
    }));
    let trials = Operation::ALL.map(|operation| {
        Trial::test(format!("{}_survives", operation.name()), move || {
            survive(operation)
        })
    });
    let mut arguments = Arguments::from_args();
    // Each trial keeps both processors busy by itself.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text:?}")),
    )
}

fn survive(operation: Operation) -> Result<(), Failed> {
    let first = number("PULLSTUDY_FAULT_SEED");
    let alone = if first.is_some() { 1 } else { SCHEDULES };
    let count = number("PULLSTUDY_FAULT_SCHEDULES").unwrap_or(alone);
    let seeds = (first.unwrap_or(0)..).take(usize::try_from(count)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let tally = Mutex::new(Tally::default());
    let broken = Mutex::new(Vec::new());
    runtime.block_on(
        stream::iter(seeds).for_each_concurrent(AT_ONCE, async |seed| {
            if let Err(law) = play(seed, operation, &tally).await {
                locked(&broken).push(law);
            }
        }),
    );
    println!("\n{}: {}", operation.name(), locked(&tally));
    let mut broken = broken.into_inner()?;
    broken.append(&mut locked(&PANICS));
    if broken.is_empty() {
        return Ok(());
    }
    Err(broken.join("\n").into())
}

/// Plays a schedule; fails with the law that it broke and how to play it again.
async fn play(seed: u64, operation: Operation, tally: &Mutex<Tally>) -> Result<(), String> {
    let schedule = Schedule::draw(seed, operation);
    let scene = Scene::set(&schedule);
    let ended = scene.play(&schedule).await;
    let faults = [&scene.source, &scene.target, &scene.elsewhere].map(|host| host.struck());
    let mut causes: Vec<_> = faults.iter().flatten().map(fault::Fault::kind).collect();
    causes.extend(schedule.kind.oddity());
    let requests = scene.source.heard().len() + scene.target.heard().len();
    let done = matches!(ended, Some(Ok(())));
    locked(tally).enter(done, &causes, requests);
    match law::broken(&schedule, &scene, ended.as_ref()) {
        None => Ok(()),
        Some(law) => Err(format!("{law}\n{schedule}{}", replay(seed, operation))),
    }
}

fn replay(seed: u64, operation: Operation) -> String {
    let name = operation.name();
    format!(
        "  this plays it again:\n  PULLSTUDY_FAULT_SEED={seed} cargo test -p pullstudy-registry --test faults -- {name}\n"
    )
}
