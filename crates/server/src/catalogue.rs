//! The labs of every course, as they can be started now. Replaced whole when an author changes one.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use labwright_model::LabName;
use labwright_session::{Labs, RunnableLab};
use labwright_store::{CourseId, LinkedCourse};

/// A lab that was built.
#[derive(Debug, Clone)]
pub struct CatalogueLab {
    /// What can be started.
    pub runnable: Arc<RunnableLab>,
}

/// A course and its labs in the teacher's order.
#[derive(Debug, Clone)]
pub struct CatalogueCourse {
    /// Its id.
    pub id: CourseId,
    /// Title per language; a single one has the key `""`.
    pub title: BTreeMap<String, String>,
    /// Its labs.
    pub labs: Vec<CatalogueLab>,
}

/// All courses.
pub struct Catalogue {
    courses: RwLock<Vec<CatalogueCourse>>,
    /// Courses of platforms, which have the labs of a configured one.
    linked: RwLock<BTreeMap<CourseId, LinkedCourse>>,
}

impl Catalogue {
    /// The courses of a configuration.
    pub fn new(courses: Vec<CatalogueCourse>) -> Self {
        Self {
            courses: RwLock::new(courses),
            linked: RwLock::default(),
        }
    }

    /// Replaces a lab everywhere by a newer build of it.
    pub(crate) fn replace(&self, lab: &CatalogueLab) {
        let mut courses = self.courses.write().unwrap_or_else(PoisonError::into_inner);
        let name = &lab.runnable.lab.name;
        for old in courses.iter_mut().flat_map(|course| &mut course.labs) {
            if old.runnable.lab.name == *name {
                *old = lab.clone();
            }
        }
    }

    /// Adds a platform's course, or changes its title.
    pub(crate) fn link(&self, linked: &LinkedCourse) {
        let mut all = self.linked.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(linked.course.clone(), linked.clone());
    }

    /// The configured course that a course's labs come from.
    pub(crate) fn template(&self, id: &CourseId) -> Option<CourseId> {
        let linked = self.linked.read().unwrap_or_else(PoisonError::into_inner);
        linked.get(id).map(|linked| linked.template.clone())
    }

    /// The courses that stand in the configuration.
    pub(crate) fn configured(&self) -> Vec<CatalogueCourse> {
        let courses = self.courses.read().unwrap_or_else(PoisonError::into_inner);
        courses.clone()
    }

    /// The course of this id.
    pub fn course(&self, id: &CourseId) -> Option<CatalogueCourse> {
        let linked = {
            let all = self.linked.read().unwrap_or_else(PoisonError::into_inner);
            all.get(id).cloned()
        };
        let template = linked.as_ref().map_or(id, |linked| &linked.template);
        let courses = self.courses.read().unwrap_or_else(PoisonError::into_inner);
        let found = courses.iter().find(|course| course.id == *template)?;
        Some(match linked {
            Some(linked) => CatalogueCourse {
                id: linked.course,
                title: linked.title,
                labs: found.labs.clone(),
            },
            None => found.clone(),
        })
    }

    /// A lab of a course.
    pub fn lab(&self, course: &CourseId, lab: &LabName) -> Option<CatalogueLab> {
        let template = self.template(course);
        let course = template.as_ref().unwrap_or(course);
        let courses = self.courses.read().unwrap_or_else(PoisonError::into_inner);
        let course = courses.iter().find(|known| known.id == *course)?;
        course
            .labs
            .iter()
            .find(|known| known.runnable.lab.name == *lab)
            .cloned()
    }
}

impl Labs for Catalogue {
    fn find(&self, course: &CourseId, lab: &LabName) -> Option<Arc<RunnableLab>> {
        self.lab(course, lab).map(|lab| lab.runnable)
    }
}
