//! The cluster: its parts in their order, and what can be done to them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::arguments::{self, Ports};
use crate::credentials::{Credentials, User};
use crate::deadline::{Overdue, until};
use crate::guard::Guard;
use crate::kubectl::{Kubectl, RunKubectlError};
use crate::leases::{self, Renewals};
use crate::programs::{FindProgramsError, Programs};
use crate::real_node::RealNode;
use crate::requests::{self, ReadRequestsError, Request};
use crate::server::{self, Server};
use crate::settings::Settings;
use crate::{nodes, ports, stages};

/// A part of the cluster: a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The store under the API server.
    Etcd,
    /// The API server.
    ApiServer,
    /// The controllers: of Jobs, DaemonSets, nodes, namespaces, quotas and others.
    ControllerManager,
    /// Chooses a node for each pod.
    Scheduler,
    /// Plays the kubelets of all nodes.
    Kwok,
}

impl Part {
    /// All of them, in the order in which they are started.
    pub const ALL: [Self; 5] = [
        Self::Etcd,
        Self::ApiServer,
        Self::ControllerManager,
        Self::Scheduler,
        Self::Kwok,
    ];

    /// Returns the name of its program, which is that of its log too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kwok => "kwok",
        }
    }
}

/// Why a cluster could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartClusterError {
    /// There is no control plane to start.
    #[error("no control plane is at hand")]
    Programs {
        /// What is missing.
        source: FindProgramsError,
    },
    /// Its folder could not be made ready.
    #[error("failed to prepare the cluster's folder")]
    Folder {
        /// Why not.
        source: io::Error,
    },
    /// A part did not come up.
    #[error("failed to start the cluster")]
    Part {
        /// Why not.
        source: StartPartError,
    },
    /// The nodes could not be registered.
    #[error("failed to register the nodes")]
    Nodes {
        /// Why not.
        source: RunKubectlError,
    },
    /// The nodes did not become ready.
    #[error("the nodes are not ready")]
    NodesNotReady {
        /// How long was waited.
        source: Overdue,
    },
}

/// Why a part did not come up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartPartError {
    /// It could not be started.
    #[error("failed to start {name}")]
    Spawn {
        /// Its name.
        name: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// It ended by itself.
    #[error("{name} has ended; its log ends with:\n{log}")]
    Ended {
        /// Its name.
        name: &'static str,
        /// The end of its log.
        log: String,
    },
    /// It was not ready in time.
    #[error("{name} is not ready; its log ends with:\n{log}")]
    NotReady {
        /// Its name.
        name: &'static str,
        /// The end of its log.
        log: String,
        /// How long was waited.
        source: Overdue,
    },
}

/// The label that kwok keeps its hands off: `kwok.yaml` names it.
const SILENT: &str = "pullstudy.dev/silent";

/// A running cluster. Everything ends with it.
#[derive(Debug)]
pub struct Cluster {
    // Dropped in this order: servers, then who would kill them, then their folder.
    servers: Mutex<BTreeMap<Part, Server>>,
    _guard: Guard,
    _temporary: Option<TempDir>,
    folder: PathBuf,
    settings: Settings,
    programs: Programs,
    credentials: Credentials,
    kubectl: Kubectl,
    ports: Ports,
}

impl Cluster {
    /// Starts a cluster with the programs of this user, and returns when its nodes take pods.
    ///
    /// # Errors
    ///
    /// A program is missing, or a part did not come up; the end of its log is in the message.
    pub fn start(settings: &Settings) -> Result<Self, StartClusterError> {
        let programs =
            Programs::of_this_user().map_err(|source| StartClusterError::Programs { source })?;
        let cluster = Self::prepare(settings, programs)
            .map_err(|source| StartClusterError::Folder { source })?;
        for part in Part::ALL {
            cluster
                .start_part(part)
                .map_err(|source| StartClusterError::Part { source })?;
        }
        cluster.add_nodes(0..settings.nodes)?;
        Ok(cluster)
    }

    /// Prepares all that is no process.
    fn prepare(settings: &Settings, programs: Programs) -> io::Result<Self> {
        let (folder, temporary) = folder(settings)?;
        let [etcd, etcd_peers, api_server] = ports::free()?;
        let url = format!("https://127.0.0.1:{api_server}");
        let credentials = Credentials::write(&folder, &url, &programs)?;
        for (name, text) in stages::files() {
            fs::write(folder.join(name), text)?;
        }
        Ok(Self {
            servers: Mutex::default(),
            _guard: Guard::new(&folder, temporary.is_some())?,
            _temporary: temporary,
            settings: settings.clone(),
            kubectl: Kubectl {
                program: programs.built("kubectl"),
                kubeconfig: credentials.kubeconfig(User::Admin),
            },
            folder,
            programs,
            credentials,
            ports: Ports {
                etcd,
                etcd_peers,
                api_server,
            },
        })
    }

    /// Returns the kubeconfig of the user whose requests are kept, for the program under test.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig_of(User::Study)
    }

    /// Returns the kubeconfig of `user`.
    #[must_use]
    pub fn kubeconfig_of(&self, user: User) -> PathBuf {
        self.credentials.kubeconfig(user)
    }

    /// Returns where the cluster keeps its files: `<part>.log`, kubeconfigs, etcd's data.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the process number of a part, if it runs.
    #[must_use]
    pub fn process(&self, part: Part) -> Option<u32> {
        self.servers().get(&part).map(Server::id)
    }

    /// Runs kubectl as the cluster's owner and returns what it wrote.
    ///
    /// # Errors
    ///
    /// It failed; what it said is in the message.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String, RunKubectlError> {
        self.kubectl.run(arguments, "")
    }

    /// Runs kubectl with `input`, such as a manifest for `apply -f -`.
    ///
    /// # Errors
    ///
    /// It failed; what it said is in the message.
    pub fn kubectl_with(&self, arguments: &[&str], input: &str) -> Result<String, RunKubectlError> {
        self.kubectl.run(arguments, input)
    }

    /// Returns what the users [`Study`](User::Study) and [`Guest`](User::Guest) asked of the API server so far.
    ///
    /// # Errors
    ///
    /// The audit log could not be read.
    pub fn requests(&self) -> Result<Vec<Request>, ReadRequestsError> {
        requests::read(&self.folder.join("audit.log"))
    }

    /// Registers the nodes of these numbers, and returns when they take pods.
    ///
    /// # Errors
    ///
    /// The API server refused them, or they did not become ready.
    pub fn add_nodes(&self, numbers: Range<u32>) -> Result<(), StartClusterError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let list = nodes::list(numbers).to_string();
        self.kubectl_with(&["create", "-f", "-"], &list)
            .map_err(|source| StartClusterError::Nodes { source })?;
        let outcome = until("the readiness of all nodes", self.settings.patience, || {
            let ended = Part::ALL.into_iter().find(|part| self.has_ended(*part));
            let ready = || self.takes_pods().map(Ok);
            ended.map_or_else(ready, |part| Some(Err(part)))
        });
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(part)) => Err(StartClusterError::Part {
                source: self.ended(part),
            }),
            Err(source) => Err(StartClusterError::NodesNotReady { source }),
        }
    }

    /// New nodes are tainted until the controllers have seen them, kwok takes them up by their leases, and pods want a
    /// service account.
    fn takes_pods(&self) -> Option<()> {
        let renewals = leases::renewals(&self.kubectl).ok()?;
        if !leases::all_renewed(&renewals, &Renewals::new()) {
            return None;
        }
        let keys = "jsonpath={.items[*].spec.taints[*].key}";
        let taints = self.kubectl(&["get", "nodes", "-o", keys]).ok()?;
        self.kubectl(&["get", "serviceaccount", "default", "-n", "default"])
            .ok()?;
        taints.trim().is_empty().then_some(())
    }

    /// Adds a node with a kubelet and a containerd that pull for real, and returns when it takes pods. It ends when what
    /// is returned is dropped. It wants root, `containerd`, `runc` and a static `busybox`; pods on it have no network.
    ///
    /// # Errors
    ///
    /// It did not come up; the end of its log is in the message.
    pub fn add_real_node(&self) -> Result<RealNode, StartPartError> {
        let name = "node-real";
        let mut node = RealNode::start(&self.folder, &self.programs, &self.credentials)
            .map_err(|source| StartPartError::Spawn { name, source })?;
        let log = || self.end_of_log(name);
        let ready = until("its readiness", self.settings.patience, || {
            let ended = node.has_ended().then_some(Err(()));
            self.is_ready(node.name()).map(Ok).or(ended)
        });
        match ready {
            Ok(Ok(())) => Ok(node),
            Ok(Err(())) => Err(StartPartError::Ended { name, log: log() }),
            Err(source) => {
                let log = log();
                Err(StartPartError::NotReady { name, log, source })
            }
        }
    }

    fn is_ready(&self, node: &str) -> Option<()> {
        let status = "jsonpath={.status.conditions[?(@.type=='Ready')].status} {.spec.taints}";
        let status = self.kubectl(&["get", "node", node, "-o", status]).ok()?;
        (status == "True ").then_some(())
    }

    /// Makes a node fall silent, as if its machine had lost its power: it renews its lease no more, and its pods stay as
    /// they are. It counts as dead after [`Settings::node_death`].
    ///
    /// # Errors
    ///
    /// There is no such node.
    pub fn silence_node(&self, name: &str) -> Result<(), RunKubectlError> {
        self.kubectl(&["label", "node", name, &format!("{SILENT}=true")])
            .map(drop)
    }

    /// Brings a silent node back.
    ///
    /// # Errors
    ///
    /// There is no such node.
    pub fn revive_node(&self, name: &str) -> Result<(), RunKubectlError> {
        self.kubectl(&["label", "node", name, &format!("{SILENT}-")])
            .map(drop)
    }

    /// Asks a part to end, and waits until it has. Nothing happens if it does not run.
    pub fn stop(&self, part: Part) {
        let server = self.servers().remove(&part);
        if let Some(server) = server {
            server.stop();
        }
    }

    /// Kills a part, as `kill -9` would.
    pub fn kill(&self, part: Part) {
        drop(self.servers().remove(&part));
    }

    /// Starts a part that was stopped or killed, and waits until it is ready. For [`Part::Kwok`] that is when the leases
    /// of the one before have run out.
    ///
    /// # Errors
    ///
    /// It did not come up.
    pub fn start_part(&self, part: Part) -> Result<(), StartPartError> {
        let name = part.name();
        // Whoever starts all parts has no nodes yet; nor has, for kwok, who starts it without an API server.
        let renewals = match part {
            Part::Kwok => leases::renewals(&self.kubectl).unwrap_or_default(),
            _ => Renewals::new(),
        };
        let program = match part {
            Part::Etcd => self.programs.etcd().to_owned(),
            _ => self.programs.built(name),
        };
        let server = Server::start(name, &program, &self.arguments(part), &self.folder)
            .map_err(|source| StartPartError::Spawn { name, source })?;
        self.servers().insert(part, server);
        match part {
            Part::ApiServer => self.wait_for_api_server(),
            Part::Kwok if !renewals.is_empty() => self.wait_for_kwok(renewals),
            // They show that they are ready by what they do.
            _ => Ok(()),
        }
    }

    /// Stops a part and starts it again.
    ///
    /// # Errors
    ///
    /// It did not come up again.
    pub fn restart(&self, part: Part) -> Result<(), StartPartError> {
        self.stop(part);
        self.start_part(part)
    }

    fn arguments(&self, part: Part) -> Vec<String> {
        let (ports, credentials, settings) = (self.ports, &self.credentials, &self.settings);
        match part {
            Part::Etcd => arguments::etcd(ports),
            Part::ApiServer => arguments::api_server(ports, credentials, settings),
            Part::ControllerManager => arguments::controller_manager(credentials, settings),
            Part::Scheduler => arguments::scheduler(credentials),
            Part::Kwok => arguments::kwok(&self.folder, credentials, settings),
        }
    }

    /// It is ready when etcd is.
    fn wait_for_api_server(&self) -> Result<(), StartPartError> {
        self.wait_for(Part::ApiServer, || {
            self.kubectl(&["get", "--raw", "/readyz"]).ok()
        })
        .map(drop)
    }

    /// kwok takes up the pods of a node once, as soon as it has its lease: if its own watch of the leases is late, it
    /// leaves them for another's, and only a change makes it look again. A lease that is renewed a second time is
    /// one that it knows of; pods are changed then.
    fn wait_for_kwok(&self, mut before: Renewals) -> Result<(), StartPartError> {
        for _ in ["taken over", "known of"] {
            before = self.wait_for(Part::Kwok, || {
                let now = leases::renewals(&self.kubectl).ok()?;
                leases::all_renewed(&now, &before).then_some(now)
            })?;
        }
        let process = self.process(Part::Kwok).unwrap_or_default();
        let note = format!("pullstudy.dev/kwok={process}");
        let pods = ["annotate", "pods", "--all", "-A", "--overwrite", &note];
        self.wait_for(Part::Kwok, || self.kubectl(&pods).ok())
            .map(drop)
    }

    /// Asks `question` until it has an answer, or the part has ended, or it takes too long.
    fn wait_for<T>(
        &self,
        part: Part,
        question: impl Fn() -> Option<T>,
    ) -> Result<T, StartPartError> {
        let leases = Duration::from_secs(self.settings.node_death_seconds());
        let answer = until("its readiness", self.settings.patience + leases, || {
            let ended = || self.has_ended(part).then_some(None);
            question().map(Some).or_else(ended)
        });
        match answer {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.ended(part)),
            Err(source) => Err(StartPartError::NotReady {
                name: part.name(),
                log: self.end_of_log(part.name()),
                source,
            }),
        }
    }

    /// Tells whether a part ended by itself, or does not run at all.
    fn has_ended(&self, part: Part) -> bool {
        self.servers().get_mut(&part).is_none_or(Server::has_ended)
    }

    fn ended(&self, part: Part) -> StartPartError {
        StartPartError::Ended {
            name: part.name(),
            log: self.end_of_log(part.name()),
        }
    }

    fn end_of_log(&self, name: &str) -> String {
        let log = fs::read(server::log_path(&self.folder, name)).unwrap_or_default();
        let end = &log[log.len().saturating_sub(2000)..];
        String::from_utf8_lossy(end).into_owned()
    }

    fn servers(&self) -> std::sync::MutexGuard<'_, BTreeMap<Part, Server>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Cluster {
    /// Ends the parts in the order that leaves none waiting for another.
    fn drop(&mut self) {
        for part in Part::ALL.into_iter().rev() {
            self.kill(part);
        }
    }
}

/// Returns the cluster's folder, and what removes it if it is ours.
fn folder(settings: &Settings) -> io::Result<(PathBuf, Option<TempDir>)> {
    if let Some(folder) = &settings.folder {
        fs::create_dir_all(folder)?;
        return Ok((folder.canonicalize()?, None));
    }
    let temporary = tempfile::Builder::new()
        .prefix("pullstudy-cluster-")
        .tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}
