//! Who people of a platform are here, its courses, and its links to our labs.

use std::collections::BTreeMap;

use labwright_model::{LabName, TaskId};
use sqlx::{Row as _, Transaction};

use super::platforms::{list, unlist};
use crate::accounts::add_account;
use crate::courses::put_course;
use crate::db::{Db, Row};
use crate::error::at;
use crate::sessions::name;
use crate::{Account, AccountId, Course, CourseId, Store, StoreError, UnixMs, random_id};

/// A link of a platform's course to a lab of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id here.
    pub id: String,
    /// The platform.
    pub registration: String,
    /// The deployment.
    pub deployment: String,
    /// Its id there.
    pub resource_link: String,
    /// Its title there.
    pub title: String,
    /// The course that the platform's course has here.
    pub course: CourseId,
    /// The lab.
    pub lab: LabName,
    /// One step of it, from 1; `None`: the whole lab.
    pub step: Option<u32>,
    /// Where its scores go.
    pub line_item: Option<String>,
    /// Where a line item can be made.
    pub line_items: Option<String>,
    /// What we may.
    pub scopes: Vec<String>,
    /// Where members are listed.
    pub members_url: Option<String>,
    /// What the platform's grade book has of it.
    pub columns: Columns,
    /// This is one task's column of that link.
    pub parent: Option<String>,
    /// The task.
    pub task: Option<TaskId>,
}

/// What a grade book has of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Columns {
    /// One column.
    #[default]
    One,
    /// One for every task; the link itself has none.
    Tasks,
    /// One, since the platform lets us make none.
    Refused,
}

impl Columns {
    fn as_str(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Tasks => "tasks",
            Self::Refused => "refused",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::One, Self::Tasks, Self::Refused]
            .into_iter()
            .find(|columns| columns.as_str() == text)
            .ok_or_else(|| StoreError::Unknown {
                what: "columns of a link",
                text: text.to_owned(),
            })
    }
}

/// Between the platform's id of a link and a task: in neither.
const MARK: char = '\u{1f}';

/// A course that stands for a platform's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedCourse {
    /// The course.
    pub course: CourseId,
    /// The configured course that its labs come from.
    pub template: CourseId,
    /// Its title.
    pub title: BTreeMap<String, String>,
}

impl Store {
    /// The account of somebody of a platform; made from `fresh` when they come for the first time.
    pub async fn lti_account(
        &self,
        issuer: &str,
        subject: &str,
        fresh: &Account,
    ) -> Result<Account, StoreError> {
        let action = "finding a platform's user";
        let mut tx = self.begin(action).await?;
        let known: Option<String> =
            sqlx::query_scalar("SELECT account FROM lti_users WHERE issuer = $1 AND subject = $2")
                .bind(issuer)
                .bind(subject)
                .fetch_optional(&mut *tx)
                .await
                .map_err(at(action))?;
        if let Some(id) = known {
            sqlx::query("UPDATE accounts SET display_name = $2 WHERE id = $1 AND $2 <> ''")
                .bind(&id)
                .bind(&fresh.display_name)
                .execute(&mut *tx)
                .await
                .map_err(at(action))?;
            tx.commit().await.map_err(at(action))?;
            let found = self.account(&AccountId::new(&id)).await?;
            return found.ok_or(StoreError::Unknown {
                what: "account",
                text: id,
            });
        }
        add_account(fresh, &mut tx).await?;
        sqlx::query("INSERT INTO lti_users (issuer, subject, account) VALUES ($1, $2, $3)")
            .bind(issuer)
            .bind(subject)
            .bind(fresh.id.as_str())
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        tx.commit().await.map_err(at(action))?;
        Ok(fresh.clone())
    }

    /// The course that stands for a platform's; made as `fresh` when it is launched from first.
    pub async fn linked_course(
        &self,
        issuer: &str,
        context: &str,
        fresh: &LinkedCourse,
        now: UnixMs,
    ) -> Result<CourseId, StoreError> {
        let action = "finding a platform's course";
        let mut tx = self.begin(action).await?;
        let known: Option<String> = sqlx::query_scalar(
            "SELECT course FROM lti_contexts WHERE issuer = $1 AND context = $2 AND template = $3",
        )
        .bind(issuer)
        .bind(context)
        .bind(fresh.template.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(at(action))?;
        let id = known.map_or_else(|| fresh.course.clone(), CourseId::new);
        let course = Course {
            id: id.clone(),
            title: fresh.title.clone(),
        };
        put_course(&course, now, &mut *tx).await?;
        sqlx::query(
            "INSERT INTO lti_contexts (issuer, context, template, course) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (issuer, context, template) DO NOTHING",
        )
        .bind(issuer)
        .bind(context)
        .bind(fresh.template.as_str())
        .bind(id.as_str())
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        tx.commit().await.map_err(at(action))?;
        Ok(id)
    }

    /// All courses that stand for a platform's.
    pub async fn linked_courses(&self) -> Result<Vec<LinkedCourse>, StoreError> {
        let templates: BTreeMap<String, String> =
            sqlx::query("SELECT course, template FROM lti_contexts")
                .fetch_all(&self.reader)
                .await
                .map_err(at("reading linked courses"))?
                .iter()
                .map(|row| Ok((row.try_get("course")?, row.try_get("template")?)))
                .collect::<Result<_, sqlx::Error>>()
                .map_err(at("reading linked courses"))?;
        let courses = self.courses().await?.into_iter();
        let linked = courses.filter_map(|course| {
            let template = templates.get(course.id.as_str())?;
            Some(LinkedCourse {
                template: CourseId::new(template),
                course: course.id,
                title: course.title,
            })
        });
        Ok(linked.collect())
    }

    /// Stores what a launch says about its link. A line item that is known stays: launches do not
    /// always name it again, or name another.
    pub async fn put_link(&self, link: &Link) -> Result<Link, StoreError> {
        let mut tx = self.begin("storing a link").await?;
        let link = upsert(link, &link.resource_link, &mut tx).await?;
        tx.commit().await.map_err(at("storing a link"))?;
        Ok(link)
    }

    /// Stores a link with a column for every one of these tasks, which have these titles. Where the
    /// platform gives no `scope` or no address to make columns, it stays with one.
    pub async fn put_link_of_tasks(
        &self,
        link: &Link,
        tasks: &[(TaskId, String)],
        scope: &str,
    ) -> Result<Link, StoreError> {
        let action = "storing the columns of a link";
        let mut tx = self.begin(action).await?;
        let link = upsert(link, &link.resource_link, &mut tx).await?;
        // Asked of what is known by now: not every launch says it again.
        let may_make = link.line_items.is_some() && link.scopes.iter().any(|known| known == scope);
        let columns = if may_make && !tasks.is_empty() {
            Columns::Tasks
        } else {
            Columns::Refused
        };
        sqlx::query("UPDATE lti_links SET columns = $2 WHERE id = $1")
            .bind(&link.id)
            .bind(columns.as_str())
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        if columns == Columns::Tasks {
            for (task, title) in tasks {
                let column = Link {
                    id: random_id()?,
                    title: title.clone(),
                    step: None,
                    line_item: None,
                    members_url: None,
                    columns: Columns::One,
                    parent: Some(link.id.clone()),
                    task: Some(task.clone()),
                    ..link.clone()
                };
                let resource_link = format!("{}{MARK}{task}", link.resource_link);
                let column = upsert(&column, &resource_link, &mut tx).await?;
                tie_as(&link.id, &column.id, &mut tx).await?;
            }
        }
        tx.commit().await.map_err(at(action))?;
        Ok(Link { columns, ..link })
    }

    /// The link of a launch, if it was launched or bound before.
    pub async fn link_of(
        &self,
        registration: &str,
        deployment: &str,
        resource_link: &str,
    ) -> Result<Option<Link>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM lti_links \
             WHERE registration = $1 AND deployment = $2 AND resource_link = $3",
        )
        .bind(registration)
        .bind(deployment)
        .bind(resource_link)
        .fetch_optional(&self.reader)
        .await
        .map_err(at("reading a link"))?;
        row.as_ref().map(read_link).transpose()
    }

    /// The link of this id.
    pub async fn link(&self, id: &str) -> Result<Option<Link>, StoreError> {
        let row = sqlx::query("SELECT * FROM lti_links WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading a link"))?;
        row.as_ref().map(read_link).transpose()
    }

    /// The links into a course.
    pub async fn links_in(&self, course: &CourseId) -> Result<Vec<Link>, StoreError> {
        let rows = sqlx::query("SELECT * FROM lti_links WHERE course = $1 ORDER BY title, id")
            .bind(course.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(at("reading links"))?;
        rows.iter().map(read_link).collect()
    }

    /// Changes where a link's scores go; `None`: the line item is gone.
    pub async fn set_line_item(&self, id: &str, line_item: Option<&str>) -> Result<(), StoreError> {
        sqlx::query("UPDATE lti_links SET line_item = $2 WHERE id = $1")
            .bind(id)
            .bind(line_item)
            .execute(&self.writer)
            .await
            .map_err(at("storing a line item"))?;
        Ok(())
    }

    /// Ties a learner to a link that they came by, and to its tasks' columns: their scores go through
    /// it from now on.
    pub async fn tie_learner(
        &self,
        link: &str,
        account: &AccountId,
        subject: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO lti_learners (link, account, subject) \
             SELECT id, $2, $3 FROM lti_links WHERE id = $1 OR parent = $1 \
             ON CONFLICT (link, account) DO UPDATE SET subject = excluded.subject",
        )
        .bind(link)
        .bind(account.as_str())
        .bind(subject)
        .execute(&self.writer)
        .await
        .map_err(at("storing a learner's link"))?;
        Ok(())
    }
}

async fn upsert(
    link: &Link,
    resource_link: &str,
    tx: &mut Transaction<'static, Db>,
) -> Result<Link, StoreError> {
    let row = sqlx::query(
        "INSERT INTO lti_links (id, registration, deployment, resource_link, title, course, \
         lab, step, line_item, line_items, scopes, members_url, columns, parent, task) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (registration, deployment, resource_link) DO UPDATE SET \
         title = excluded.title, course = excluded.course, lab = excluded.lab, \
         step = excluded.step, columns = excluded.columns, \
         line_item = COALESCE(lti_links.line_item, excluded.line_item), \
         line_items = COALESCE(excluded.line_items, lti_links.line_items), \
         scopes = CASE WHEN excluded.scopes = '[]' THEN lti_links.scopes \
         ELSE excluded.scopes END, \
         members_url = COALESCE(excluded.members_url, lti_links.members_url) \
         RETURNING *",
    )
    .bind(&link.id)
    .bind(&link.registration)
    .bind(&link.deployment)
    .bind(resource_link)
    .bind(&link.title)
    .bind(link.course.as_str())
    .bind(link.lab.as_str())
    .bind(link.step.map(i64::from))
    .bind(&link.line_item)
    .bind(&link.line_items)
    .bind(list(&link.scopes))
    .bind(&link.members_url)
    .bind(link.columns.as_str())
    .bind(&link.parent)
    .bind(link.task.as_ref().map(TaskId::as_str))
    .fetch_one(&mut **tx)
    .await
    .map_err(at("storing a link"))?;
    read_link(&row)
}

/// Ties to a column who is tied to its link.
async fn tie_as(
    link: &str,
    column: &str,
    tx: &mut Transaction<'static, Db>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO lti_learners (link, account, subject) \
         SELECT $2, account, subject FROM lti_learners WHERE link = $1 \
         ON CONFLICT (link, account) DO UPDATE SET subject = excluded.subject",
    )
    .bind(link)
    .bind(column)
    .execute(&mut **tx)
    .await
    .map_err(at("storing a learner's link"))?;
    Ok(())
}

pub(super) fn read_link(row: &Row) -> Result<Link, StoreError> {
    let text = |column: &str| {
        row.try_get::<String, _>(column)
            .map_err(at("reading a link"))
    };
    let optional = |column: &str| {
        row.try_get::<Option<String>, _>(column)
            .map_err(at("reading a link"))
    };
    let step: Option<i64> = row.try_get("step").map_err(at("reading a link"))?;
    let resource_link = text("resource_link")?;
    // As the platform says it.
    let there = resource_link.split(MARK).next().unwrap_or_default();
    Ok(Link {
        id: text("id")?,
        registration: text("registration")?,
        deployment: text("deployment")?,
        resource_link: there.to_owned(),
        title: text("title")?,
        course: CourseId::new(text("course")?),
        lab: name(LabName::new(text("lab")?))?,
        step: step.and_then(|step| u32::try_from(step).ok()),
        line_item: optional("line_item")?,
        line_items: optional("line_items")?,
        scopes: unlist("scopes", text("scopes")?)?,
        members_url: optional("members_url")?,
        columns: Columns::parse(&text("columns")?)?,
        parent: optional("parent")?,
        task: optional("task")?
            .map(|task| name(TaskId::new(task)))
            .transpose()?,
    })
}
