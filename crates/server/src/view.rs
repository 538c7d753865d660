//! What the page sees, made of a session's snapshot and its lab: values in, values out.
//!
//! What a learner must not see (checks, solutions, hidden nodes, hints not yet revealed) is left
//! out here, by naming what goes in.

use labwright_api as api;
use labwright_grading::Values;
use labwright_model::{
    Answer, App, AppKind, Check, Lab, NodeState, SessionId, Stage, Step, Task, Text, app_id,
};
use labwright_session::{
    ProblemCode, ProgramView, Progress, Snapshot, StageState, TaskProgress, TaskState,
};
use labwright_store::{Attempt, SessionState, StoredEvidence, StoredVerdict, UnixMs};

use crate::language::Wanted;
use crate::networks;
use crate::render::{self, PageContext};
use crate::rules;
use crate::told;

/// Everything that a view is made of.
pub(crate) struct Scene<'a> {
    pub(crate) lab: &'a Lab,
    pub(crate) values: &'a Values,
    pub(crate) wanted: &'a Wanted,
}

impl Scene<'_> {
    fn text(&self, text: &Text) -> String {
        self.values.fill_page(text.get(&self.wanted.tag))
    }

    fn sees(&self, node: &str) -> bool {
        self.lab.nodes.get(node).is_some_and(|node| !node.hidden)
    }
}

/// The whole session.
pub(crate) fn session(snapshot: &Snapshot, scene: &Scene<'_>, now: UnixMs) -> api::SessionView {
    let lab = scene.lab;
    api::SessionView {
        id: snapshot.id.to_string(),
        course: snapshot.course.to_string(),
        lab: snapshot.lab.to_string(),
        title: scene.text(&lab.title),
        state: state(snapshot.state),
        stages: stages(snapshot, scene.wanted),
        queue: snapshot.line.map(|place| api::QueueView {
            place: u32::try_from(place).unwrap_or(u32::MAX),
            // One that should have been ready by now: how much longer is not known.
            expected_ms: snapshot
                .expected_at
                .and_then(|at| u64::try_from(at - now).ok()),
        }),
        problem: snapshot
            .problem
            .as_ref()
            .map(|problem| told::problem(problem, snapshot.line, scene.wanted.language)),
        ends_at: snapshot.ends_at,
        now,
        apps: apps(snapshot, scene),
        nodes: snapshot.nodes.iter().map(node).collect(),
        networks: networks::seen(scene),
        steps: lab
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| summary(at, step, &snapshot.progress, scene))
            .collect(),
        score: snapshot.progress.score,
        points: snapshot.progress.points,
        rule: rules::view(snapshot.progress.rule),
        keep: kept(lab),
        saved_at: snapshot.saved_at,
        terminals: snapshot.terminals.iter().map(terminal).collect(),
        warnings: snapshot.warnings.clone(),
    }
}

/// A session's state in the words of the API.
pub(crate) fn state(state: SessionState) -> api::SessionState {
    match state {
        SessionState::Queued => api::SessionState::Queued,
        SessionState::Starting => api::SessionState::Starting,
        SessionState::Ready => api::SessionState::Ready,
        SessionState::Ending => api::SessionState::Ending,
        SessionState::Asleep => api::SessionState::Asleep,
        SessionState::Ended => api::SessionState::Ended,
        SessionState::Failed => api::SessionState::Failed,
    }
}

fn stages(snapshot: &Snapshot, wanted: &Wanted) -> Vec<api::StageView> {
    snapshot
        .stages
        .iter()
        .map(|stage| {
            let over = matches!(stage.state, StageState::Done | StageState::Failed);
            let problem = snapshot.problem.as_ref().filter(|problem| {
                matches!(
                    (stage.state, problem.code),
                    (StageState::Failed, _)
                        | (
                            StageState::Doing | StageState::Slow,
                            ProblemCode::Full | ProblemCode::Retrying
                        )
                )
            });
            api::StageView {
                stage: stage_name(stage.stage),
                state: match stage.state {
                    StageState::Todo => api::StageState::Todo,
                    StageState::Doing => api::StageState::Doing,
                    StageState::Done => api::StageState::Done,
                    StageState::Slow => api::StageState::Slow,
                    StageState::Failed => api::StageState::Failed,
                },
                expected_ms: stage.expected_ms,
                took_ms: stage.took_ms.filter(|_| over),
                note: problem
                    .map(|problem| told::problem(problem, snapshot.line, wanted.language).message),
            }
        })
        .collect()
}

/// A lab without nodes has nothing to save.
fn kept(lab: &Lab) -> Vec<String> {
    match lab.nodes.is_empty() {
        true => Vec::new(),
        false => lab.keep.clone(),
    }
}

fn stage_name(stage: Stage) -> api::StageName {
    match stage {
        Stage::Place => api::StageName::Place,
        Stage::Networks => api::StageName::Networks,
        Stage::Nodes => api::StageName::Nodes,
        Stage::Services => api::StageName::Services,
        Stage::Tabs => api::StageName::Tabs,
    }
}

/// The lab's tabs, and behind them the map, where there is something to draw.
fn apps(snapshot: &Snapshot, scene: &Scene<'_>) -> Vec<api::AppView> {
    let apps = scene.lab.apps.iter().enumerate();
    let mut apps: Vec<_> = apps.map(|(at, app)| app_view(at, app, scene)).collect();
    for (view, app) in apps.iter_mut().zip(&scene.lab.apps) {
        let program = snapshot.programs.get(&view.id);
        view.program = program.map(|program| self::program(program, app, scene));
    }
    if !networks::seen(scene).is_empty() && !apps.is_empty() {
        apps.push(api::AppView {
            id: "map".to_owned(),
            kind: api::AppKind::Map,
            label: told::map(scene.wanted.language).to_owned(),
            node: None,
            source: None,
            port: None,
            program: None,
        });
    }
    apps
}

/// The kind of a tab.
pub(crate) fn kind(kind: &AppKind) -> api::AppKind {
    match kind {
        AppKind::Terminal { .. } => api::AppKind::Terminal,
        AppKind::Desktop { .. } => api::AppKind::Desktop,
        AppKind::Web { .. } => api::AppKind::Web,
        AppKind::Wireshark { .. } => api::AppKind::Wireshark,
        AppKind::Sql { .. } => api::AppKind::Sql,
        AppKind::Page { .. } => api::AppKind::Page,
    }
}

fn app_view(at: usize, app: &App, scene: &Scene<'_>) -> api::AppView {
    let (node, source) = match &app.kind {
        AppKind::Terminal { node } | AppKind::Desktop { node, .. } | AppKind::Web { node, .. } => {
            (Some(node), None)
        }
        AppKind::Wireshark { source } => (None, Some(source)),
        AppKind::Sql { file } | AppKind::Page { file } => (None, Some(file)),
    };
    let shown = node
        .map(|node| node.as_str())
        .or(source.map(|source| file_name(source)));
    let label = match &app.title {
        Some(title) => scene.text(title),
        None => shown.unwrap_or_default().to_owned(),
    };
    api::AppView {
        id: app_id(at),
        kind: kind(&app.kind),
        label,
        node: node.map(ToString::to_string),
        source: source.cloned(),
        port: match &app.kind {
            AppKind::Web { port, .. } => scene.values.fill_page(port).trim().parse().ok(),
            _ => None,
        },
        program: None,
    }
}

fn program(program: &ProgramView, app: &App, scene: &Scene<'_>) -> api::ProgramView {
    let name = match &app.kind {
        AppKind::Desktop { run, session, .. } => program_name(run.as_ref().or(session.as_ref())),
        _ => "",
    };
    let language = scene.wanted.language;
    api::ProgramView {
        running: program.running,
        restarts: program.restarts,
        ended: program
            .ending
            .map(|ending| told::ending(ending, name, language)),
        words: program.words.clone(),
    }
}

/// What people call a desktop's program: the first word of its command that is neither a variable nor the shell's.
fn program_name(command: Option<&String>) -> &str {
    let mut words = command
        .map(String::as_str)
        .unwrap_or_default()
        .split_whitespace();
    let word = words.find(|word| !word.contains('=') && *word != "exec");
    file_name(word.unwrap_or_default())
}

/// The last part of a path; a network's name is one.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn node(node: &labwright_session::NodeView) -> api::NodeView {
    api::NodeView {
        name: node.name.to_string(),
        state: match node.state {
            NodeState::Waiting => api::NodeStateView::Waiting,
            NodeState::Creating => api::NodeStateView::Creating,
            NodeState::Starting => api::NodeStateView::Starting,
            NodeState::Ready => api::NodeStateView::Ready,
            NodeState::Failed => api::NodeStateView::Failed,
        },
        addresses: node
            .addresses
            .iter()
            .map(|(network, addresses)| (network.to_string(), addresses.clone()))
            .collect(),
    }
}

/// A terminal.
pub(crate) fn terminal(terminal: &labwright_session::TerminalView) -> api::Terminal {
    api::Terminal {
        id: terminal.id.clone(),
        node: terminal.node.to_string(),
        title: terminal.title.clone(),
    }
}

fn summary(at: usize, step: &Step, progress: &Progress, scene: &Scene<'_>) -> api::StepSummary {
    let mut summary = api::StepSummary {
        n: u32::try_from(at + 1).unwrap_or(u32::MAX),
        title: title(at, step, scene),
        points: 0.0,
        score: 0.0,
        state: api::StepState::Todo,
    };
    for task in &step.tasks {
        summary.points += task.points;
        summary.score += progress.tasks.get(&task.id).map_or(0.0, |task| task.score);
    }
    let all_done = !step.tasks.is_empty()
        && step.tasks.iter().all(|task| {
            progress
                .tasks
                .get(&task.id)
                .is_some_and(|task| task.state == TaskState::Done)
        });
    if all_done {
        summary.state = api::StepState::Done;
    } else if summary.score > 0.0 {
        summary.state = api::StepState::Part;
    }
    summary
}

fn title(at: usize, step: &Step, scene: &Scene<'_>) -> String {
    let value = |name: &str| scene.values.get(name);
    let context = PageContext {
        tasks: &[],
        nodes: &[],
        value: &value,
        asset: &str::to_owned,
    };
    render::title(step.page.markdown.get(&scene.wanted.tag), &context)
        .unwrap_or_else(|| told::step(at + 1, scene.wanted.language))
}

/// The title of a step for somebody who has no values of their own: a placeholder stays one.
pub(crate) fn plain_title(at: usize, step: &Step, wanted: &Wanted) -> String {
    let context = PageContext {
        tasks: &[],
        nodes: &[],
        value: &|_| None,
        asset: &str::to_owned,
    };
    render::title(step.page.markdown.get(&wanted.tag), &context)
        .unwrap_or_else(|| told::step(at + 1, wanted.language))
}

/// A page of instructions with its tasks; addresses of files bear `ticket`.
pub(crate) fn step(
    at: usize,
    step: &Step,
    progress: &Progress,
    scene: &Scene<'_>,
    session: &SessionId,
    ticket: &str,
) -> api::StepView {
    let asset = |file: &str| format!("/api/v1/sessions/{session}/assets/{file}?ticket={ticket}");
    step_with(at, step, progress, scene, &asset)
}

/// A page of instructions with its tasks; `asset` gives the address of a file.
pub(crate) fn step_with(
    at: usize,
    step: &Step,
    progress: &Progress,
    scene: &Scene<'_>,
    asset: &(dyn Fn(&str) -> String + Sync),
) -> api::StepView {
    let tasks: Vec<&str> = step.tasks.iter().map(|task| task.id.as_str()).collect();
    let nodes: Vec<&str> = scene
        .lab
        .nodes
        .keys()
        .map(|name| name.as_str())
        .filter(|name| scene.sees(name))
        .collect();
    let value = |name: &str| scene.values.get(name);
    let context = PageContext {
        tasks: &tasks,
        nodes: &nodes,
        value: &value,
        asset,
    };
    let markdown = &step.page.markdown;
    let rendered = render::page(markdown.get(&scene.wanted.tag), &context);
    api::StepView {
        n: u32::try_from(at + 1).unwrap_or(u32::MAX),
        title: rendered
            .title
            .unwrap_or_else(|| told::step(at + 1, scene.wanted.language)),
        html: rendered.html,
        language: language(markdown, &scene.wanted.tag),
        tasks: step
            .tasks
            .iter()
            .map(|one| task(one, progress.tasks.get(&one.id), scene))
            .collect(),
    }
}

/// The tag of the translation that [`Text::get`] chooses.
fn language(text: &Text, tag: &str) -> String {
    let has = |tag: &str| text.0.contains_key(tag);
    [tag, "", "en"]
        .into_iter()
        .find(|tag| has(tag))
        .map(str::to_owned)
        .or_else(|| text.0.keys().next().cloned())
        .unwrap_or_default()
}

/// A task with the learner's progress.
pub(crate) fn task(
    task: &Task,
    progress: Option<&TaskProgress>,
    scene: &Scene<'_>,
) -> api::TaskView {
    let revealed = progress.map_or(0, |progress| progress.hints_revealed) as usize;
    let hints = task
        .hints
        .iter()
        .take(revealed)
        .map(|hint| scene.text(hint))
        .collect();
    let choices = match &task.answer {
        Some(Answer::Choice(choices)) => choices.iter().map(|choice| scene.text(choice)).collect(),
        _ => Vec::new(),
    };
    let on = match &task.check {
        Check::Script { on, .. } if scene.sees(on.as_str()) => Some(on.to_string()),
        _ => None,
    };
    api::TaskView {
        id: task.id.to_string(),
        title: scene.text(&task.title),
        points: task.points,
        score: progress.map_or(0.0, |progress| progress.score),
        state: task_state(progress.map_or(TaskState::Untried, |progress| progress.state)),
        kind: match (&task.check, &task.answer) {
            (Check::Sql { .. }, _) => api::TaskKind::Sql,
            (_, None) => api::TaskKind::Check,
            (_, Some(Answer::Text)) => api::TaskKind::Text,
            (_, Some(Answer::Number)) => api::TaskKind::Number,
            (_, Some(Answer::Choice(_))) => api::TaskKind::Choice,
        },
        database: match &task.check {
            Check::Sql { database, .. } => Some(database.clone()),
            _ => None,
        },
        choices,
        feedback: progress
            .map(|progress| progress.feedback.clone())
            .unwrap_or_default(),
        hints,
        hints_left: u32::try_from(task.hints.len().saturating_sub(revealed)).unwrap_or(u32::MAX),
        on,
        attempts: progress.map_or(0, |progress| {
            u32::try_from(progress.attempts).unwrap_or(u32::MAX)
        }),
        tries_left: progress.and_then(|progress| progress.tries_left),
        late: progress.is_some_and(|progress| progress.late),
        self_reported: progress.is_some_and(|progress| progress.self_reported),
    }
}

/// How far a task is, in the words of the API.
pub(crate) fn task_state(state: TaskState) -> api::TaskState {
    match state {
        TaskState::Untried => api::TaskState::Untried,
        TaskState::Done => api::TaskState::Done,
        TaskState::Part => api::TaskState::Part,
        TaskState::NotYet => api::TaskState::NotYet,
        TaskState::Broken => api::TaskState::Broken,
    }
}

/// An attempt.
pub(crate) fn attempt(attempt: &Attempt) -> api::Attempt {
    api::Attempt {
        at: attempt.at_ms,
        verdict: verdict(attempt.verdict),
        score: labwright_grading::points_of(attempt.share, attempt.points),
        feedback: attempt.feedback.clone(),
        took_ms: attempt.took_ms,
    }
}

/// An attempt in the list of all.
pub(crate) fn recorded(attempt: &Attempt) -> api::RecordedAttempt {
    api::RecordedAttempt {
        task: attempt.task.to_string(),
        at: attempt.at_ms,
        verdict: verdict(attempt.verdict),
        score: labwright_grading::points_of(attempt.share, attempt.points),
        feedback: attempt.feedback.clone(),
        took_ms: attempt.took_ms,
        answer: attempt.answer.clone(),
        self_reported: attempt.evidence == StoredEvidence::SelfReported,
        done_at: attempt.done_ms,
    }
}

/// A verdict in the words of the API.
pub(crate) fn verdict(verdict: StoredVerdict) -> api::AttemptVerdict {
    match verdict {
        StoredVerdict::Done => api::AttemptVerdict::Done,
        StoredVerdict::Part => api::AttemptVerdict::Part,
        StoredVerdict::NotYet => api::AttemptVerdict::NotYet,
        StoredVerdict::Broken => api::AttemptVerdict::Broken,
    }
}
