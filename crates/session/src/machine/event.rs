//! What goes into the machine, and what comes out.

use labwright_model::NodeName;

use super::Restore;

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Its learner launches it (again).
    Wake,
    /// Its learner did something.
    Active,
    /// Its learner wants more time.
    Extend,
    /// Start one node, or all, afresh.
    Reset(Option<NodeName>),
    /// Save and put it to sleep.
    Sleep,
    /// Save and end it.
    End,
    /// Stop it without saving.
    Discard,
    /// It has a seat and a start slot.
    Admitted,
    /// The job [`Job::Start`] ended.
    Started(Result<Kept, StartError>),
    /// The job [`Job::Connect`] ended.
    Connected(Result<Agent, LinkError>),
    /// The agent says that all nodes are ready.
    AgentReady,
    /// The agent says that they cannot become ready.
    AgentFailed(String),
    /// The channel to the agent closed.
    LinkLost,
    /// The job [`Job::Restore`] ended.
    Restored(Result<(), LinkError>),
    /// The job [`Job::Tabs`] ended.
    TabsOpen(Result<(), LinkError>),
    /// The job [`Job::Reset`] ended.
    WasReset(Result<(), LinkError>),
    /// The job [`Job::Save`] ended.
    Saved(Result<(), LinkError>),
    /// The job [`Job::Stop`] ended.
    Stopped(Result<(), String>),
    /// Time passed; see [`super::Machine::next_tick`].
    Tick,
}

/// What the place had of a machine before it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// The writable layers of a dead one.
    Layers,
    /// It was running.
    Running,
}

/// An agent, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agent {
    /// Its nodes are starting.
    Booting,
    /// All nodes are ready.
    Ready,
    /// They cannot become ready.
    Failed(String),
}

/// Why a machine was not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartError {
    /// There is no room now.
    Full(String),
    /// It can never start like this.
    Refused(String),
    /// Something failed; it may work the next time.
    Failed(String),
}

/// Why something through the agent's channel failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// The machine is gone.
    Gone,
    /// Something failed; it may work the next time.
    Failed(String),
}

/// What the driver must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Begin a job after so many milliseconds, instead of the one under way.
    Begin {
        /// The job.
        job: Job,
        /// Milliseconds to wait before.
        after_ms: u64,
    },
    /// Give up the job under way.
    Cancel,
    /// Tell the learner how much time is left.
    Warn {
        /// Minutes.
        minutes: u32,
    },
    /// Delete the saved files of a node, or all.
    Forget(Option<NodeName>),
}

/// Work that takes time and ends with an event. At most one is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Ask the place for the machine.
    Start {
        /// What has saved files waits for them before it starts.
        restore: Restore,
    },
    /// Find its agent.
    Connect,
    /// Put the saved files back.
    Restore,
    /// Open the terminals of the tabs.
    Tabs,
    /// Start one node, or all, afresh.
    Reset(Option<NodeName>),
    /// Save what `keep` lists.
    Save,
    /// Ask the place to stop the machine.
    Stop,
}
