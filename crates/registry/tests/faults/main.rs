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
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use libtest_mimic::{Arguments, Failed, Trial};

use fault::Fault;
use host::Host;
use scene::{Ended, Scene, locked};
use schedule::{Operation, Schedule};
use tally::Tally;
use tokio::task::spawn_blocking;

/// How many schedules an operation gets unless told otherwise.
const SCHEDULES: u64 = 250;

/// Played at once: most of the time they wait.
const AT_ONCE: usize = 32;

/// How long a registry may be silent where silence is part of the schedule, and where it is not.
const HASTE: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(5);

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
    let hasty = if schedule.stalls() { HASTE } else { PATIENCE };
    let mut played = Played::once(schedule, hasty).await;
    if played.was_hasty && hasty == HASTE {
        played = Played::once(Schedule::draw(seed, operation), PATIENCE).await;
    }
    locked(tally).enter(played.done, &played.causes, played.requests);
    match played.broken {
        None => Ok(()),
        Some(law) => Err(format!("{law}{}", replay(seed, operation))),
    }
}

/// What became of a schedule.
struct Played {
    done: bool,
    causes: Vec<&'static str>,
    requests: usize,
    /// The law that was broken, and the schedule.
    broken: Option<String>,
    /// It may have failed because this machine, not the registry, was silent.
    was_hasty: bool,
}

impl Played {
    async fn once(schedule: Schedule, stall_limit: Duration) -> Self {
        // Making images and hashing them again takes long for the threads that wait for others.
        let set = move || (Scene::set(&schedule, stall_limit), schedule);
        let (scene, schedule) = spawn_blocking(set).await.unwrap();
        let ended = scene.play(&schedule).await;
        let judge = move || Self::judge(&schedule, &scene, ended.as_ref());
        spawn_blocking(judge).await.unwrap()
    }

    fn judge(schedule: &Schedule, scene: &Scene, ended: Option<&Ended>) -> Self {
        let hosts = [&scene.source, &scene.target, &scene.elsewhere];
        let faults = hosts.map(Host::struck);
        let causes = faults.iter().flatten().map(Fault::kind);
        let broken = law::broken(schedule, scene, ended);
        let said = broken.as_deref().unwrap_or_default();
        Self {
            done: matches!(ended, Some(Ok(()))),
            causes: causes.chain(schedule.kind.oddity()).collect(),
            requests: hosts.map(|host| host.heard().len()).iter().sum(),
            was_hasty: said.contains("was silent for"),
            broken: broken.map(|law| format!("{law}\n{schedule}")),
        }
    }
}

fn replay(seed: u64, operation: Operation) -> String {
    let name = operation.name();
    format!(
        "  this plays it again:\n  PULLSTUDY_FAULT_SEED={seed} cargo test -p pullstudy-registry --test faults -- {name}\n"
    )
}
