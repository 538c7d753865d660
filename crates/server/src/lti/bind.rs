//! Which lab a link stands for, and the course here that stands for the platform's.

use std::collections::BTreeMap;

use labwright_lti::{Context, Message};
use labwright_model::LabName;
use labwright_store::{CourseId, LinkedCourse, Registration};
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::clock::now;
use crate::reply::Reply;

/// The custom parameter that names a lab: `course/lab` or `course/lab/step`, and `/tasks` after it for a
/// column of the grade book for every task.
pub(crate) const PARAMETER: &str = "labwright";
/// Between the name of a configured course and what is made of the platform's course. It cannot be
/// in a configured name.
const MARK: char = '~';

/// A lab of a configured course, or one step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) template: CourseId,
    pub(crate) lab: LabName,
    /// From 1.
    pub(crate) step: Option<u32>,
    /// Every task has a column of its own in the grade book.
    pub(crate) per_task: bool,
}

/// The last part of a target whose tasks have columns of their own.
const TASKS: &str = "tasks";

impl Target {
    /// `course/lab` or `course/lab/step`, perhaps with `/tasks`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let whole = text
            .strip_suffix(TASKS)
            .and_then(|text| text.strip_suffix('/'));
        // A lab may be called so.
        let whole = whole.filter(|text| text.contains('/'));
        let per_task = whole.is_some();
        let mut parts = whole.unwrap_or(text).split('/');
        let (course, lab) = (parts.next()?, parts.next()?);
        let step = match parts.next() {
            None => None,
            Some(step) => Some(step.parse().ok().filter(|step| *step > 0)?),
        };
        if parts.next().is_some() || course.is_empty() {
            return None;
        }
        Some(Self {
            template: CourseId::new(course),
            lab: LabName::new(lab).ok()?,
            step,
            per_task,
        })
    }

    pub(crate) fn text(&self) -> String {
        let (course, lab) = (&self.template, &self.lab);
        let mut text = format!("{course}/{lab}");
        if let Some(step) = self.step {
            text = format!("{text}/{step}");
        }
        if self.per_task {
            text = format!("{text}/{TASKS}");
        }
        text
    }

    /// Whether it is there, and this platform may use it.
    pub(crate) fn is_allowed(&self, app: &App, registration: &Registration) -> bool {
        let course = self.template.as_str();
        let open = registration.courses.is_empty()
            || registration.courses.iter().any(|allowed| allowed == course);
        let lab = app.catalogue.lab(&self.template, &self.lab);
        let has_step = lab.is_some_and(|lab| {
            let steps = lab.runnable.lab.steps.len();
            let within = |step: u32| usize::try_from(step).is_ok_and(|step| step <= steps);
            self.step.is_none_or(within)
        });
        open && has_step && !course.contains(MARK)
    }
}

/// The course of a launch: the platform's course, with the labs of a configured one.
pub(super) async fn course(
    app: &App,
    registration: &Registration,
    message: &Message,
    link: &str,
    template: &CourseId,
) -> Reply<CourseId> {
    let context = context_key(registration, message, link);
    let digest = Sha256::digest(format!("{}\n{context}", registration.issuer).as_bytes());
    let mark: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let title = title(message.context.as_ref()).or_else(|| {
        let configured = app.catalogue.course(template)?;
        Some(configured.title)
    });
    let fresh = LinkedCourse {
        course: CourseId::new(format!("{template}{MARK}{mark}")),
        template: template.clone(),
        title: title.unwrap_or_default(),
    };
    let id = app
        .store
        .linked_course(&registration.issuer, &context, &fresh, now())
        .await?;
    app.catalogue.link(&LinkedCourse {
        course: id.clone(),
        ..fresh
    });
    Ok(id)
}

/// A platform that says no course gets one for each of its links.
fn context_key(registration: &Registration, message: &Message, link: &str) -> String {
    let id = message
        .context
        .as_ref()
        .and_then(|context| context.id.clone());
    id.filter(|id| !id.is_empty()).unwrap_or_else(|| {
        let (client, deployment) = (&registration.client_id, &message.deployment);
        format!("\n{client}\n{deployment}\n{link}")
    })
}

fn title(context: Option<&Context>) -> Option<BTreeMap<String, String>> {
    let context = context?;
    let title = context.title.clone().or(context.label.clone())?;
    let title: String = title.chars().take(200).collect();
    Some(BTreeMap::from([(String::new(), title)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_it_says() {
        for (text, step, per_task) in [
            ("nets/tiny", None, false),
            ("nets/tiny/2", Some(2), false),
            ("nets/tiny/tasks", None, true),
            ("nets/tiny/2/tasks", Some(2), true),
            ("nets/tasks", None, false),
            ("nets/tasks/tasks", None, true),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.step, target.per_task), (step, per_task), "{text}");
            assert_eq!(target.text(), text);
        }
        for text in [
            "",
            "nets",
            "nets/tiny/0",
            "nets/tiny/x",
            "nets/tiny/tasks/2",
            "/tiny/tasks",
        ] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }
}
