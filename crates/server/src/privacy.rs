//! What is held on people, for how long, and what ends it: exports, erasures, retention of courses.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use labwright_api as api;
use labwright_model::SessionId;
use labwright_store::{Account, AuditEntry, CourseId, Expired, PersonalData};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::app::App;
use crate::clock::now;
use crate::config::{Config, CourseConfig, PrivacyConfig};
use crate::limits::{DAY_MS, ERASE_AFTER_DAYS, MAX_EXPORT_FILES_BYTES, RECORDINGS_DAYS};
use crate::reply::Reply;
use crate::rules::unix_ms;
use crate::words::Refusal;

/// Days for which a sleeping session's files wait, unless the operator says otherwise.
const KEEP_DAYS: u32 = 90;

/// What the operator promises, and where files are.
#[derive(Debug)]
pub(crate) struct Privacy {
    notice: api::PrivacyNotice,
    config: PrivacyConfig,
    /// Course, its end, and the days after it.
    ends: Vec<(CourseId, i64, u32)>,
    saves: PathBuf,
    recordings: PathBuf,
}

impl Privacy {
    pub(crate) fn new(config: &Config, state: &Path) -> Self {
        let limits = &config.limits;
        let end = |course: &CourseConfig| {
            let (ends, days) = (course.ends.as_ref()?, course.keep_days?);
            Some((CourseId::new(&course.id), unix_ms(ends)?, days))
        };
        let erase_after_days = config.privacy.erase_after_days.unwrap_or(ERASE_AFTER_DAYS);
        Self {
            notice: api::PrivacyNotice {
                contact: config.privacy.contact.clone(),
                erase_after_days,
                files_days: limits.keep_days.unwrap_or(KEEP_DAYS),
                recorded: config.record_displays,
                recordings_days: limits.recordings_days.unwrap_or(RECORDINGS_DAYS),
                provider: config.sign_in.oidc.as_ref().map(|oidc| oidc.name.clone()),
            },
            config: config.privacy.clone(),
            ends: config.courses.iter().filter_map(end).collect(),
            saves: state.join("autosaves"),
            recordings: state.join("displays"),
        }
    }

    /// What the page says.
    pub(crate) fn notice(&self) -> api::PrivacyNotice {
        self.notice.clone()
    }

    /// How long an erasure waits, in milliseconds.
    fn wait_ms(&self) -> i64 {
        let days = self.config.erase_after_days.unwrap_or(ERASE_AFTER_DAYS);
        i64::from(days) * DAY_MS
    }
}

/// All that is held on somebody: a document, and the files that they saved.
pub(crate) async fn export(app: &App, account: &Account) -> Reply<Vec<u8>> {
    let data = app.store.personal_data(&account.id).await?;
    let sessions = app.store.sessions_of(&account.id).await?;
    let (saves, recordings) = (app.privacy.saves.clone(), app.privacy.recordings.clone());
    let packed =
        tokio::task::spawn_blocking(move || pack(&data, &sessions, &saves, &recordings)).await;
    match packed {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, account.id = %account.id, "an export failed");
            Err(Refusal::Internal)
        }
        Err(_) => Err(Refusal::Internal),
    }
}

fn pack(
    data: &PersonalData,
    sessions: &[SessionId],
    saves: &Path,
    recordings: &Path,
) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    zip.start_file("data.json", options)?;
    zip.write_all(&serde_json::to_vec_pretty(data).unwrap_or_default())?;
    let (mut room, mut left_out) = (MAX_EXPORT_FILES_BYTES, Vec::new());
    for session in sessions {
        for (folder, kind) in [(saves, "files"), (recordings, "recordings")] {
            for path in files(&folder.join(session.as_str())) {
                let within = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy();
                let name = format!("{kind}/{within}");
                let bytes = path.metadata().map(|about| about.len()).unwrap_or_default();
                if bytes > room {
                    left_out.push(format!("{name}, {bytes} bytes\n"));
                    continue;
                }
                let mut content = Vec::new();
                // A file that was replaced meanwhile is in the next export.
                let Ok(file) = std::fs::File::open(&path) else {
                    continue;
                };
                file.take(room).read_to_end(&mut content)?;
                room -= content.len() as u64;
                zip.start_file(name, options)?;
                zip.write_all(&content)?;
            }
        }
    }
    if !left_out.is_empty() {
        zip.start_file("left-out.txt", options)?;
        zip.write_all(left_out.concat().as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The files of a folder, at most two folders deep; links are not followed.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            match entry.file_type() {
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                Ok(kind) if kind.is_dir() && depth < 2 => folders.push((entry.path(), depth + 1)),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// When somebody will be erased, if they asked.
pub(crate) async fn erasure(app: &App, account: &Account) -> Reply<api::Erasure> {
    let all = app.store.erasures().await?;
    let mine = all.into_iter().find(|one| one.account == account.id);
    Ok(api::Erasure {
        due_at: mine.map(|one| one.due_ms),
    })
}

/// Somebody asks to be erased.
pub(crate) async fn ask(app: &App, account: &Account) -> Reply<api::Erasure> {
    let now = now();
    app.store
        .ask_erasure(&account.id, now, now + app.privacy.wait_ms())
        .await?;
    audit(app, account.id.as_str(), "erasure.ask", "").await?;
    erasure(app, account).await
}

/// They take it back.
pub(crate) async fn keep(app: &App, account: &Account) -> Reply<()> {
    app.store.undo_erasure(&account.id).await?;
    audit(app, account.id.as_str(), "erasure.undo", "").await
}

/// What is going to be erased, for operators.
pub(crate) async fn view(app: &App) -> Reply<api::OperatorPrivacy> {
    let mut erasures = Vec::new();
    for erasure in app.store.erasures().await? {
        let account = app.store.account(&erasure.account).await?;
        erasures.push(api::OperatorErasure {
            account: erasure.account.to_string(),
            display_name: account.map(|one| one.display_name).unwrap_or_default(),
            asked_at: erasure.asked_ms,
            due_at: erasure.due_ms,
        });
    }
    let mut courses = Vec::new();
    for (course, ends_ms, days) in &app.privacy.ends {
        let expired = expire(app, course, true).await?;
        courses.push(api::CourseRetention {
            course: course.to_string(),
            ends_at: *ends_ms,
            erase_at: ends_ms + i64::from(*days) * DAY_MS,
            rows: expired.iter().flat_map(|one| one.rows.values()).sum(),
            sessions: count(expired.iter().map(|one| one.sessions.len()).sum()),
            accounts: count(expired.iter().map(|one| one.accounts.len()).sum()),
        });
    }
    Ok(api::OperatorPrivacy { erasures, courses })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Does what is due: erasures whose time to take them back is over, courses whose time is.
pub(crate) async fn round(app: &App) -> Reply<()> {
    let now = now();
    for erasure in app.store.erasures().await? {
        if erasure.due_ms <= now
            && let Some(account) = app.store.account(&erasure.account).await?
        {
            erase(app, &account).await?;
        }
    }
    for (course, ends_ms, days) in &app.privacy.ends {
        if ends_ms + i64::from(*days) * DAY_MS > now {
            continue;
        }
        if !all_over(app, course).await? {
            continue;
        }
        for expired in expire(app, course, false).await? {
            forget_files(app, &expired.sessions).await;
            for account in &expired.accounts {
                if let Some(account) = app.store.account(account).await? {
                    erase(app, &account).await?;
                }
            }
            if !expired.rows.is_empty() {
                let rows: u64 = expired.rows.values().sum();
                tracing::info!(course.id = %course, rows, "a course's retention period is over");
            }
        }
    }
    Ok(())
}

/// A course, and those of platforms that have their labs from it.
async fn with_linked(app: &App, course: &CourseId) -> Reply<Vec<CourseId>> {
    let linked = app.store.linked_courses().await?.into_iter();
    let linked = linked.filter(|linked| linked.template == *course);
    let courses = std::iter::once(course.clone()).chain(linked.map(|linked| linked.course));
    Ok(courses.collect())
}

/// Whether nothing of a course runs any more; what does is ended, and the next round looks again.
async fn all_over(app: &App, course: &CourseId) -> Reply<bool> {
    let courses = with_linked(app, course).await?;
    let mut over = true;
    for session in app.store.open_sessions().await? {
        if courses.contains(&session.course) {
            let ended = app.sessions.end(&session.id).await;
            over &= !ended.is_ok_and(|snapshot| is_alive(snapshot.state));
        }
    }
    Ok(over)
}

async fn expire(app: &App, course: &CourseId, dry: bool) -> Reply<Vec<Expired>> {
    let mut all = Vec::new();
    for course in with_linked(app, course).await? {
        all.push(app.store.expire_course(&course, dry).await?);
    }
    Ok(all)
}

/// Erases somebody whose sessions are over; those that run are ended first, and the next round erases.
async fn erase(app: &App, account: &Account) -> Reply<()> {
    let mut running = false;
    for session in app.store.open_sessions_of(&account.id).await? {
        let ended = app.sessions.end(&session.id).await;
        running |= ended.is_ok_and(|snapshot| is_alive(snapshot.state));
    }
    if running {
        return Ok(());
    }
    let sessions = app.store.sessions_of(&account.id).await?;
    app.store.erase(&account.id).await?;
    app.sign_ins.changed();
    forget_files(app, &sessions).await;
    audit(app, "privacy", "erasure.done", account.id.as_str()).await
}

fn is_alive(state: labwright_store::SessionState) -> bool {
    use labwright_store::SessionState::{Ending, Queued, Ready, Starting};
    matches!(state, Queued | Starting | Ready | Ending)
}

async fn forget_files(app: &App, sessions: &[SessionId]) {
    for session in sessions {
        for folder in [&app.privacy.saves, &app.privacy.recordings] {
            let folder = folder.join(session.as_str());
            match tokio::fs::remove_dir_all(&folder).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(%error, session.id = %session, "files of a session stay");
                }
                _ => {}
            }
        }
    }
}

async fn audit(app: &App, actor: &str, action: &str, object: &str) -> Reply<()> {
    let entry = AuditEntry {
        at_ms: now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        object: object.to_owned(),
        detail: String::new(),
    };
    app.store.audit(&entry).await?;
    Ok(())
}
