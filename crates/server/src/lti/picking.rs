//! A teacher picks what a link stands for: by Deep Linking, or at a link that has no lab yet.

use labwright_api as api;
use labwright_lti::{ContentItem, DeepLinkSettings, LineItem, deep_link_response};
use labwright_model::LabName;
use labwright_store::{CourseId, Registration};
use serde::{Deserialize, Serialize};

use super::bind::{PARAMETER, Target};
use super::of_registration;
use crate::accounts;
use crate::app::App;
use crate::catalogue::CatalogueCourse;
use crate::clock::now;
use crate::language::Wanted;
use crate::reply::Reply;
use crate::secrets;
use crate::view;
use crate::words::Refusal;

/// Longest title that a teacher gives a link.
const MAX_TITLE_CHARS: usize = 100;
/// Most points of a line item.
const MAX_POINTS: u32 = 100_000;

/// What a teacher was let in for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pick {
    pub(super) registration: String,
    pub(super) purpose: PickFor,
}

/// Where the choice goes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum PickFor {
    /// Back to the platform, which makes a link of it.
    DeepLink {
        deployment: String,
        settings: DeepLinkSettings,
    },
    /// To a link that is there.
    Link {
        deployment: String,
        resource_link: String,
    },
}

impl Pick {
    pub(super) const PURPOSE: &str = "pick";
}

async fn find(app: &App, code: &str) -> Reply<(Pick, Registration)> {
    let payload = app
        .store
        .lti_code(&secrets::hash(code), Pick::PURPOSE, now())
        .await?;
    let pick: Option<Pick> = payload.and_then(|text| serde_json::from_str(&text).ok());
    let pick = pick.ok_or(Refusal::LaunchGone)?;
    let registration = app.store.registration(&pick.registration).await?;
    Ok((pick, registration.ok_or(Refusal::LaunchGone)?))
}

/// What can be picked.
pub(crate) async fn choices(app: &App, code: &str, wanted: &Wanted) -> Reply<api::PickChoices> {
    let (pick, registration) = find(app, code).await?;
    let courses = app.catalogue.configured();
    let allowed = |course: &CatalogueCourse| {
        let id = course.id.as_str();
        registration.courses.is_empty() || registration.courses.iter().any(|known| known == id)
    };
    let labs = courses
        .iter()
        .filter(|course| allowed(course))
        .flat_map(|course| course.labs.iter().map(move |lab| (course, lab)))
        .map(|(course, lab)| {
            let lab = &lab.runnable.lab;
            let points = |step| labwright_session::points(lab, step, None, |_| None).maximum;
            let tasks = |step: &labwright_model::Step| {
                let counted = step.tasks.iter().filter(|task| task.points > 0.0);
                u32::try_from(counted.count()).unwrap_or(u32::MAX)
            };
            api::PickLab {
                course: course.id.to_string(),
                course_title: accounts::title(&course.title, wanted),
                lab: lab.name.to_string(),
                title: lab.title.get(&wanted.tag).to_owned(),
                summary: lab
                    .summary
                    .as_ref()
                    .map(|text| text.get(&wanted.tag).to_owned())
                    .unwrap_or_default(),
                points: points(None),
                tasks: lab.steps.iter().map(tasks).sum(),
                steps: (1..)
                    .zip(lab.steps.iter().enumerate())
                    .map(|(n, (at, step))| api::PickStep {
                        n,
                        title: view::plain_title(at, step, wanted),
                        points: points(Some(n)),
                        tasks: tasks(step),
                    })
                    .collect(),
            }
        })
        .collect();
    let settings = match &pick.purpose {
        PickFor::DeepLink { settings, .. } => Some(settings),
        PickFor::Link { .. } => None,
    };
    Ok(api::PickChoices {
        platform: registration.name,
        labs,
        new_link: settings.is_some(),
        takes_points: settings.is_some_and(|settings| settings.accept_lineitem != Some(false)),
    })
}

/// Takes a teacher's choice. The code is used up by it.
pub(crate) async fn pick(app: &App, picked: api::PickLink, wanted: &Wanted) -> Reply<api::Picked> {
    let (pick, registration) = find(app, &picked.code).await?;
    let target = Target {
        template: CourseId::new(&picked.course),
        lab: LabName::new(&picked.lab).map_err(|_| Refusal::NotFound)?,
        step: picked.step,
        per_task: picked.per_task,
    };
    if !target.is_allowed(app, &registration) {
        return Err(Refusal::NotFound);
    }
    let hash = secrets::hash(&picked.code);
    let taken = app.store.take_lti_code(&hash, Pick::PURPOSE, now()).await?;
    taken.ok_or(Refusal::LaunchGone)?;
    match pick.purpose {
        PickFor::DeepLink {
            deployment,
            settings,
        } => {
            let item = content_item(app, &target, &picked, wanted)?;
            let platform = of_registration(&registration).ok_or(Refusal::Internal)?;
            let key = app.lti.signing_key(&app.store).await?;
            let (nonce, now_s) = (secrets::fresh()?, now() / 1000);
            let signed = deep_link_response(
                &key,
                &platform,
                &deployment,
                &settings,
                &[item],
                &nonce,
                now_s,
            );
            let jwt = signed.map_err(|error| {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a picked link cannot be signed"
                );
                Refusal::Internal
            })?;
            Ok(api::Picked {
                return_url: Some(settings.deep_link_return_url),
                jwt: Some(jwt),
            })
        }
        PickFor::Link {
            deployment,
            resource_link,
        } => {
            let choice = LinkChoice {
                registration: registration.id,
                deployment,
                resource_link,
            };
            app.store.set_setting(&choice.key(), &target.text()).await?;
            Ok(api::Picked {
                return_url: None,
                jwt: None,
            })
        }
    }
}

/// A link that a teacher has picked a lab for, before anybody has opened it with one.
pub(super) struct LinkChoice {
    pub(super) registration: String,
    pub(super) deployment: String,
    pub(super) resource_link: String,
}

impl LinkChoice {
    pub(super) fn key(&self) -> String {
        let whole = format!(
            "{}\n{}\n{}",
            self.registration, self.deployment, self.resource_link
        );
        format!("lti_link {}", secrets::hash(&whole))
    }
}

fn content_item(
    app: &App,
    target: &Target,
    picked: &api::PickLink,
    wanted: &Wanted,
) -> Reply<ContentItem> {
    let tool = app.lti.tool.as_ref().ok_or(Refusal::Internal)?;
    let lab = app.catalogue.lab(&target.template, &target.lab);
    let lab = lab.ok_or(Refusal::NotFound)?;
    let lab = &lab.runnable.lab;
    let title = match picked.title.as_deref().map(str::trim) {
        Some(title) if !title.is_empty() => title.chars().take(MAX_TITLE_CHARS).collect(),
        _ => lab.title.get(&wanted.tag).to_owned(),
    };
    let line_item = picked
        .points
        // Every task's column is made when the link is opened.
        .filter(|points| *points > 0 && !target.per_task)
        .map(|points| LineItem {
            label: title.clone(),
            maximum: points.min(MAX_POINTS),
            resource_id: match target.step {
                Some(step) => format!("{}/{step}", target.lab),
                None => target.lab.to_string(),
            },
            resource_link_id: None,
            is_task: false,
        });
    Ok(ContentItem {
        url: tool.launch_url().to_string(),
        title,
        text: lab
            .summary
            .as_ref()
            .map(|text| text.get(&wanted.tag).to_owned()),
        custom: vec![(PARAMETER.to_owned(), target.text())],
        line_item,
        due: picked.due_at.map(labwright_lti::iso8601),
    })
}
