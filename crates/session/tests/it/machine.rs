//! The pure machine under random events: it never hangs, never acts after its end, and never takes
//! time away.

use labwright_model::{LabName, NodeName, SessionId, Times};
use labwright_session::Limits;
use labwright_session::machine::{
    Action, Agent, Event, Found, Job, Kept, LinkError, Machine, Need, Restore, StartError,
};
use labwright_store::{AccountId, CourseId, SessionRecord, SessionState, UnixMs};
use proptest::prelude::*;

const TIMES: Times = Times {
    session_s: 3600,
    idle_s: 1200,
};
/// Events after which a machine that everything succeeds for must have come to rest.
const ENOUGH: usize = 40;

fn record() -> SessionRecord {
    let id = SessionId::new("t-1").unwrap();
    SessionRecord {
        files: id.clone(),
        id,
        course: CourseId::new("c"),
        lab: LabName::new("l").unwrap(),
        account: AccountId::new("a"),
        key_id: "k".to_owned(),
        state: SessionState::Queued,
        created_ms: 0,
        active_ms: 0,
        ready_ms: None,
        ends_ms: None,
        ended_ms: None,
        saved_ms: None,
        extensions: 0,
        boots: 0,
        restore: false,
        failure: None,
        place: None,
    }
}

fn recorded(machine: &Machine) -> SessionRecord {
    let mut record = record();
    machine.record_into(&mut record);
    record
}

/// A machine with what its driver has under way.
#[derive(Debug, Clone)]
struct Play {
    machine: Machine,
    job: Option<Job>,
    /// The agent is booting and will speak.
    now: UnixMs,
}

impl Play {
    fn new() -> Self {
        Self {
            machine: Machine::new(TIMES, Limits::default(), 0),
            job: None,
            now: 0,
        }
    }

    fn step(&mut self, event: Event) -> Vec<Action> {
        let over = self.machine.state() == SessionState::Ended;
        let ends_before = recorded(&self.machine).ends_ms;
        if is_result(&event) {
            self.job = None;
        }
        let actions = self.machine.step(event, self.now);
        assert!(!over || actions.is_empty(), "it acts after its end");
        for action in &actions {
            match action {
                Action::Begin { job, .. } => self.job = Some(job.clone()),
                Action::Cancel => self.job = None,
                Action::Warn { .. } | Action::Forget(_) => {}
            }
        }
        let ends_after = recorded(&self.machine).ends_ms;
        assert!(ends_after >= ends_before, "time was taken away");
        self.check();
        actions
    }

    /// Somebody must always be about to act, or there is nothing to do.
    fn check(&self) {
        let need = self.machine.need(self.now);
        if self.machine.is_steady() {
            assert_eq!(need, Need::Nothing);
            assert_eq!(self.job, None, "a job goes on in {:?}", self.machine);
            return;
        }
        let waits_in_line = matches!(need, Need::Line { .. });
        let waits_for_time = self.machine.next_tick().is_some();
        assert!(
            self.job.is_some() || waits_in_line || waits_for_time,
            "it hangs: {:?}",
            self.machine
        );
    }

    /// What happens next when all goes well; `None` when nothing would.
    fn good_event(&self) -> Option<Event> {
        if let Some(job) = &self.job {
            return Some(match job {
                Job::Start { .. } => Event::Started(Ok(Kept::Nothing)),
                Job::Connect => Event::Connected(Ok(Agent::Ready)),
                Job::Restore => Event::Restored(Ok(())),
                Job::Tabs => Event::TabsOpen(Ok(())),
                Job::Reset(_) => Event::WasReset(Ok(())),
                Job::Save => Event::Saved(Ok(())),
                Job::Stop => Event::Stopped(Ok(())),
            });
        }
        match self.machine.need(self.now) {
            Need::Line { .. } => Some(Event::Admitted),
            Need::Start => Some(Event::AgentReady),
            Need::Nothing if !self.machine.is_steady() => Some(Event::Tick),
            _ => None,
        }
    }

    /// Lets all go well until it rests.
    fn rest(&mut self) {
        for _ in 0..ENOUGH {
            let later = self.machine.next_tick().filter(|at| *at > self.now);
            if let (Some(later), Need::Nothing) = (later, self.machine.need(self.now)) {
                self.now = later;
            }
            match self.good_event() {
                Some(event) => drop(self.step(event)),
                None => break,
            }
        }
        let state = self.machine.state();
        let rests = self.machine.is_steady() || state == SessionState::Ready;
        assert!(rests && self.job.is_none(), "no rest: {self:?}");
    }
}

fn is_result(event: &Event) -> bool {
    matches!(
        event,
        Event::Started(_)
            | Event::Connected(_)
            | Event::Restored(_)
            | Event::TabsOpen(_)
            | Event::WasReset(_)
            | Event::Saved(_)
            | Event::Stopped(_)
    )
}

/// A random turn: somebody's wish, an accident, or the outcome of the job under way.
#[derive(Debug, Clone)]
enum Turn {
    Other(Event),
    Outcome(u8),
    Later(i64),
}

fn turn() -> impl Strategy<Value = Turn> {
    let node = NodeName::new("n").unwrap();
    let other = prop_oneof![
        Just(Event::Wake),
        Just(Event::Active),
        Just(Event::Extend),
        Just(Event::Reset(None)),
        Just(Event::Reset(Some(node))),
        Just(Event::Sleep),
        Just(Event::End),
        Just(Event::Discard),
        Just(Event::LinkLost),
        Just(Event::AgentReady),
        Just(Event::AgentFailed("boot".to_owned())),
        Just(Event::Tick),
    ];
    prop_oneof![
        2 => other.prop_map(Turn::Other),
        5 => any::<u8>().prop_map(Turn::Outcome),
        1 => (0..2_000_000_i64).prop_map(Turn::Later),
    ]
}

/// The job's outcome: mostly good, now and then not.
fn outcome(job: &Job, luck: u8) -> Event {
    let failed = || LinkError::Failed("failed".to_owned());
    let link = match luck % 6 {
        0 => Err(failed()),
        1 => Err(LinkError::Gone),
        _ => Ok(()),
    };
    match job {
        Job::Start { .. } => Event::Started(match luck % 8 {
            0 => Err(StartError::Full("full".to_owned())),
            1 => Err(StartError::Refused("no".to_owned())),
            2 => Err(StartError::Failed("failed".to_owned())),
            3 => Ok(Kept::Running),
            4 => Ok(Kept::Layers),
            _ => Ok(Kept::Nothing),
        }),
        Job::Connect => Event::Connected(match luck % 6 {
            2 => Ok(Agent::Booting),
            3 => Ok(Agent::Failed("boot".to_owned())),
            _ => link.map(|()| Agent::Ready),
        }),
        Job::Restore => Event::Restored(link),
        Job::Tabs => Event::TabsOpen(link),
        Job::Reset(_) => Event::WasReset(link),
        Job::Save => Event::Saved(link),
        Job::Stop => Event::Stopped(match luck % 3 {
            0 => Err("failed".to_owned()),
            _ => Ok(()),
        }),
    }
}

fn play(play: &mut Play, turns: Vec<Turn>) {
    for turn in turns {
        match turn {
            Turn::Other(event) => drop(play.step(event)),
            Turn::Later(ms) => {
                play.now += ms;
                play.step(Event::Tick);
            }
            Turn::Outcome(luck) => match play.job.clone() {
                Some(job) => drop(play.step(outcome(&job, luck))),
                None => {
                    if matches!(play.machine.need(play.now), Need::Line { .. }) {
                        play.step(Event::Admitted);
                    }
                }
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever happened before, once all goes well again it rests in ready, asleep, failed or
    /// ended.
    #[test]
    fn it_always_comes_to_rest(turns in prop::collection::vec(turn(), 0..60)) {
        let mut story = Play::new();
        play(&mut story, turns);
        story.rest();
    }

    /// Events in no order at all, also outcomes of jobs that nobody began, do no harm.
    #[test]
    fn nonsense_does_no_harm(
        turns in prop::collection::vec((turn(), any::<u8>(), 0..7_usize), 0..60),
    ) {
        let jobs = [
            Job::Start { restore: Restore::No }, Job::Connect, Job::Restore, Job::Tabs, Job::Reset(None), Job::Save, Job::Stop,
        ];
        let mut machine = Machine::new(TIMES, Limits::default(), 0);
        let mut now = 0;
        for (turn, luck, job) in turns {
            let over = machine.state() == SessionState::Ended;
            let before = recorded(&machine);
            let event = match turn {
                Turn::Other(event) => event,
                Turn::Outcome(_) => outcome(&jobs[job], luck),
                Turn::Later(ms) => {
                    now += ms;
                    Event::Tick
                }
            };
            let actions = machine.step(event, now);
            let after = recorded(&machine);
            prop_assert!(after.ends_ms >= before.ends_ms);
            if over {
                prop_assert!(actions.is_empty());
                prop_assert_eq!(machine.state(), SessionState::Ended);
            }
        }
    }

    /// A crash of the server at any moment: what was stored is enough to come to rest again, and
    /// a session that wanted its files back still does.
    #[test]
    fn a_stored_session_goes_on(
        turns in prop::collection::vec(turn(), 0..60),
        found in prop_oneof![Just(Found::Running), Just(Found::Dead), Just(Found::Nothing)],
    ) {
        let mut story = Play::new();
        play(&mut story, turns);
        let stored = recorded(&story.machine);
        let (machine, actions) =
            Machine::resume(&stored, found, TIMES, Limits::default(), story.now);
        prop_assert!(recorded(&machine).ends_ms >= stored.ends_ms);
        prop_assert!(!stored.restore || recorded(&machine).restore);
        let mut next = Play { machine, job: None, now: story.now };
        for action in actions {
            if let Action::Begin { job, .. } = action {
                next.job = Some(job);
            }
        }
        next.rest();
    }
}

#[test]
fn the_last_minutes_are_warned_of_once_each() {
    let mut story = Play::new();
    story.rest();
    let ends = recorded(&story.machine).ends_ms.unwrap();
    let mut warned = Vec::new();
    for before_s in (1..1000).rev() {
        story.now = ends - before_s * 1000;
        story.step(Event::Active);
        for action in story.step(Event::Tick) {
            if let Action::Warn { minutes } = action {
                warned.push((minutes, before_s));
            }
        }
        story.rest();
    }
    assert_eq!(warned, [(10, 600), (5, 300), (1, 60)]);
    story.now = ends;
    story.step(Event::Tick);
    story.rest();
    assert_eq!(story.machine.state(), SessionState::Asleep);
    // Awake again it has its whole time.
    story.step(Event::Wake);
    story.rest();
    let again = recorded(&story.machine).ends_ms.unwrap();
    assert_eq!(again - story.now, 3600 * 1000);
}

#[test]
fn files_are_not_saved_over_before_they_are_back() {
    let mut story = Play::new();
    story.rest();
    story.step(Event::Sleep);
    story.rest();
    story.step(Event::Wake);
    let mut seen = Vec::new();
    while let Some(event) = story.good_event() {
        if let Some(job) = &story.job {
            seen.push(job.clone());
        }
        story.step(event);
    }
    let restored = seen.iter().position(|job| *job == Job::Restore).unwrap();
    assert!(!seen[..restored].contains(&Job::Save));
}
