//! What every place promises, as one suite: it runs on the fake and on every real place.
//!
//! It speaks only [`Place`] and the wire protocol. A place's own tests add what is particular to
//! it; they must not repeat what stands here.

mod promises;
pub mod talk;

use std::time::Duration;

use labwright_model::{MachineSpec, NodeName, SessionId};

use crate::{MachineStatus, Place};

/// A place under test.
pub struct Subject<'a> {
    /// The place.
    pub place: &'a dyn Place,
    /// Makes the machine of a session: at least two nodes, each with `sh`, `cat`, `echo`, `true`
    /// and `test`; `/root` is kept.
    pub machine: &'a (dyn Fn(&SessionId) -> MachineSpec + Sync),
    /// Starts the session ids, so that two runs do not meet.
    pub prefix: &'a str,
    /// How long a machine may take until it is ready.
    pub patience: Duration,
}

/// A promise that was not kept.
#[derive(Debug, thiserror::Error)]
#[error("{promise}: {cause}")]
pub struct Broken {
    /// The promise.
    pub promise: &'static str,
    /// What happened instead.
    pub cause: String,
}

/// What a promise's test answers: the cause when it does not hold.
pub(crate) type Kept = Result<(), String>;

/// Runs the whole suite. At the end nothing of it is left; after a broken promise its machines
/// are, for the caller to look at and to stop.
pub async fn run(subject: &Subject<'_>) -> Result<(), Broken> {
    let broken = |promise| move |cause| Broken { promise, cause };
    promises::unknown_machines(subject)
        .await
        .map_err(broken("unknown machines can be stopped and not reached"))?;
    promises::start_is_idempotent(subject)
        .await
        .map_err(broken("starting twice is starting once"))?;
    promises::programs_run(subject)
        .await
        .map_err(broken("programs run in their node"))?;
    promises::checks_run(subject)
        .await
        .map_err(broken("checks get their environment and are timed"))?;
    promises::files_travel(subject)
        .await
        .map_err(broken("files go in and come out"))?;
    promises::terminals_survive(subject)
        .await
        .map_err(broken("terminals survive the channel"))?;
    promises::sessions_are_apart(subject)
        .await
        .map_err(broken("sessions do not see each other"))?;
    promises::dead_machines_come_back(subject)
        .await
        .map_err(broken("a machine that died boots again with its files"))?;
    promises::keep_carries_over(subject)
        .await
        .map_err(broken("what is kept goes to a new machine"))?;
    promises::stop_leaves_nothing(subject)
        .await
        .map_err(broken("stopping leaves nothing"))
}

impl Subject<'_> {
    /// The sessions that the suite uses.
    fn ids(&self) -> Vec<SessionId> {
        ["a", "b", "none"]
            .iter()
            .filter_map(|tail| SessionId::new(format!("{}-{tail}", self.prefix)).ok())
            .collect()
    }

    fn id(&self, index: usize) -> Result<SessionId, String> {
        let ids = self.ids();
        ids.get(index)
            .cloned()
            .ok_or_else(|| format!("prefix {} makes no session id", self.prefix))
    }

    async fn status_of(&self, id: &SessionId) -> Result<Option<MachineStatus>, String> {
        let found = self.place.observe().await.map_err(|e| e.to_string())?;
        let mut ours = found.iter().filter(|machine| machine.id == *id);
        let status = ours.next().map(|machine| machine.status);
        match ours.next() {
            Some(_) => Err(format!("machine {id} is listed twice")),
            None => Ok(status),
        }
    }

    fn nodes(&self, id: &SessionId) -> Result<(NodeName, NodeName), String> {
        match (self.machine)(id).nodes.as_slice() {
            [one, two, ..] => Ok((one.name.clone(), two.name.clone())),
            _ => Err("the suite's machine needs two nodes".to_owned()),
        }
    }
}
