//! Request and reply types of the HTTP API (version 1), and the OpenAPI description made of them.
//!
//! Plain data that serialises: no I/O, no rules, no other crate of ours. A time is Unix time in
//! milliseconds (UTC), a duration says its unit in its name, points are fractions (2.5).
//! `docs/openapi.json` is generated from here; the page's client is generated from that.

mod account;
mod board;
mod course;
mod error;
mod help;
mod lti;
mod openapi;
mod people;
mod privacy;
mod results;
mod rule;
mod scores;
mod session;
mod socket;
mod step;
mod tab;
mod teach;

pub use account::{Account, Invitation, Join, Role, SignIn, SignInWays, SignedIn};
pub use board::{
    Board, BoardCell, BoardLab, BoardLearner, BoardStep, BoardStuck, BoardTask, BoardWords,
    BoardWork, Presence, StuckReason,
};
pub use course::{Course, CourseLab, LabNeeds, LabSession};
pub use error::{ErrorBody, ErrorReply};
pub use help::{
    AnswerHand, AnswerLook, AnswerTask, Answered, AskToLook, ChangeLook, HandAttempt, HandDown,
    HandTail, HelpQueue, HelpSaid, HelpState, HelpWords, Keys, LookAct, LookAnswer, LookApp,
    LookEnd, LookLine, LookView, LookWish, MyHand, MyLook, QueuedHand, RaiseHand, TakeHand,
};

pub use lti::{
    FindingLevel, LaunchCode, Launched, NewDeployment, NewPlatform, PickChoices, PickLab, PickLink,
    PickStep, Picked, Platform, PlatformCourse, PlatformFinding, PlatformStorage, PlatformTest,
    Platforms, RegistrationLink, RosterView,
};
pub use openapi::{Operation, json, openapi, operations};
pub use people::{
    CoursePeople, CoursePerson, LastRoster, OpenInvitation, Roster, RosterChange, RosterFault,
    RosterFaultKind, RosterFile, RosterPerson, RosterUndone,
};
pub use privacy::{CourseRetention, Erasure, OperatorErasure, OperatorPrivacy, PrivacyNotice};
pub use results::{
    CarriedTask, HandIn, HandInOutcome, HandedAttempt, HandedIn, KeptFiles, KeptNode, TabHome,
    TakenAttempt,
};
pub use rule::{LabRule, LabTime, LateWork, MoreTime, WhichTry};
pub use scores::{
    ComparedLink, ComparedOutcome, Comparison, Difference, LabScore, Resend, Resent, ScoreLab,
    ScoreLearner, ScoreLink, Scores, SentScore, SentState,
};
pub use session::{
    AppKind, AppTicket, AppView, NetworkView, NodeStateView, NodeView, OpenTerminal, ProblemView,
    ProgramView, QueueView, Reset, SessionState, SessionView, ShapingView, StageName, StageState,
    StageView, StartSession, StepState, StepSummary, Terminal,
};
pub use socket::{
    CaptureClient, CaptureHello, CaptureServer, Channel, DisplayHello, DisplayServer, EventsClient,
    EventsHello, LineReport, ServerEvent, TerminalClient, TerminalHello, TerminalServer, close,
};
pub use step::{
    Attempt, AttemptVerdict, Check, CheckReply, RecordedAttempt, StepView, TaskKind, TaskState,
    TaskView,
};
pub use tab::{TabCell, TabCheck, TabDigest, TabLab, TabPages, TabSite, TabTask};
pub use teach::{
    LearnerProgress, LearnerTask, MakeInvitation, NewInvitation, OperatorSession, Progress,
    ProgressTask,
};
