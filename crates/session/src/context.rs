//! What all drivers and the supervisor share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use labwright_grading::{Rule, Values, params};
use labwright_model::{LabName, MachineSpec, NodeName, SessionId};
use labwright_place::{Place, spec};
use labwright_sql::Asker;
use labwright_store::{
    Autosaves, CourseRole, Learner, ServerKey, SessionRecord, Store, StoreError, UnixMs,
};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::driver::Handle;
use crate::gate::Gate;
use crate::labs::{Labs, RunnableLab};
use crate::limits::Limits;
use crate::link::chain;
use crate::progress::{progress, rule};
use crate::view::Progress;

/// The times of starts of one lab are stored at most so often, in milliseconds.
const TIMES_EVERY_MS: i64 = 2_000;

pub(crate) struct Context {
    pub(crate) place: Arc<dyn Place>,
    pub(crate) store: Store,
    pub(crate) autosaves: Autosaves,
    pub(crate) labs: Arc<dyn Labs>,
    pub(crate) limits: Limits,
    pub(crate) id_prefix: String,
    pub(crate) asker: Asker,
    pub(crate) key: ServerKey,
    pub(crate) gate: Gate,
    pub(crate) clock: Clock,
    drivers: Mutex<BTreeMap<SessionId, Arc<Handle>>>,
    /// Another number after every session that has come to life.
    pub(crate) arrivals: watch::Sender<u64>,
    /// When the times of a start were last stored, per lab.
    timed: Mutex<BTreeMap<LabName, UnixMs>>,
}

/// A lab made ready for one learner.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) lab: Arc<RunnableLab>,
    pub(crate) spec: MachineSpec,
}

impl Prepared {
    /// The nodes that are the learner's.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &NodeName> {
        self.spec
            .nodes
            .iter()
            .filter(|node| !node.hidden)
            .map(|node| &node.name)
    }

    /// The nodes whose files are kept.
    pub(crate) fn kept(&self) -> Vec<NodeName> {
        if self.spec.keep.is_empty() {
            return Vec::new();
        }
        self.visible().cloned().collect()
    }

    pub(crate) fn values(&self) -> Values {
        Values::new(&self.spec)
    }
}

impl Context {
    pub(crate) fn new(setup: crate::Setup, key: ServerKey) -> Self {
        Self {
            gate: Gate::new(setup.limits.starts, setup.limits.sessions),
            place: setup.place,
            store: setup.store,
            autosaves: setup.autosaves,
            labs: setup.labs,
            limits: setup.limits,
            id_prefix: setup.id_prefix,
            asker: setup.asker,
            key,
            clock: Clock::new(),
            drivers: Mutex::default(),
            arrivals: watch::Sender::default(),
            timed: Mutex::default(),
        }
    }

    /// The machine that a session's learner gets from the lab as it is now, or why there is none.
    pub(crate) fn prepare(&self, record: &SessionRecord) -> Result<Prepared, String> {
        let lab = self.lab_of(record)?;
        let params = params(&self.key.secret, &lab.lab, record.account.as_str())
            .map_err(|error| chain(&error))?;
        prepared(lab, &params, record)
    }

    /// The same, with the parameters that checks elsewhere had in their environment; none where they are not this lab's.
    pub(crate) fn prepare_with(
        &self,
        record: &SessionRecord,
        env: &BTreeMap<String, String>,
    ) -> Option<Prepared> {
        let lab = self.lab_of(record).ok()?;
        let params = Values::params_of_env(&lab.lab, env)?;
        prepared(lab, &params, record).ok()
    }

    fn lab_of(&self, record: &SessionRecord) -> Result<Arc<RunnableLab>, String> {
        self.labs
            .find(&record.course, &record.lab)
            .ok_or_else(|| format!("course {} has no lab {}", record.course, record.lab))
    }

    /// What a session's learner has reached in the lab as it is now.
    pub(crate) async fn progress(&self, record: &SessionRecord) -> Result<Progress, StoreError> {
        let Some(lab) = self.labs.find(&record.course, &record.lab) else {
            return Ok(Progress::default());
        };
        let learner = learner(record);
        let attempts = self.store.attempts_of(&learner).await?;
        let hints = self.store.hints_of(&learner).await?;
        let rule = self.rule(&learner).await?;
        Ok(progress(&lab.lab, rule, &attempts, &hints))
    }

    /// The rule that holds for a learner in a lab. For who teaches the course there is none.
    pub(crate) async fn rule(&self, learner: &Learner) -> Result<Rule, StoreError> {
        rule_for(&self.store, learner).await
    }

    /// Whether the times of a start of this lab shall be stored: of a burst one is enough.
    pub(crate) fn is_time_to_time(&self, lab: &LabName) -> bool {
        let now = self.clock.now();
        let mut timed = self.timed.lock().unwrap_or_else(PoisonError::into_inner);
        let due = timed
            .get(lab)
            .is_none_or(|last| now - last >= TIMES_EVERY_MS);
        if due {
            timed.insert(lab.clone(), now);
        }
        due
    }

    /// The drivers that live.
    pub(crate) fn drivers<T>(
        &self,
        use_them: impl FnOnce(&mut BTreeMap<SessionId, Arc<Handle>>) -> T,
    ) -> T {
        // Every change is one insertion or removal: a panic cannot leave it half-done.
        let mut drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        use_them(&mut drivers)
    }
}

fn prepared(
    lab: Arc<RunnableLab>,
    params: &IndexMap<String, String>,
    record: &SessionRecord,
) -> Result<Prepared, String> {
    let spec = spec(
        &lab.lab,
        &lab.layers,
        &lab.display,
        params,
        record.id.clone(),
    )
    .map_err(|error| chain(&error))?;
    Ok(Prepared { lab, spec })
}

/// Whose scores a session adds to.
pub(crate) fn learner(record: &SessionRecord) -> Learner {
    Learner {
        account: record.account.clone(),
        course: record.course.clone(),
        lab: record.lab.clone(),
    }
}

/// The rule that holds for a learner in a lab. For who teaches the course there is none.
pub async fn rule_for(store: &Store, learner: &Learner) -> Result<Rule, StoreError> {
    let Some(stored) = store.rule_of(&learner.course, &learner.lab).await? else {
        return Ok(Rule::default());
    };
    if store.role_in(&learner.course, &learner.account).await? == Some(CourseRole::Teacher) {
        return Ok(Rule::default());
    }
    let until_ms = store.extension_of(learner).await?;
    Ok(rule(Some(stored), until_ms))
}
