//! The labs of every course, as they can be started now. Replaced whole when an author changes one.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use labwright_model::LabName;
use labwright_session::{Labs, RunnableLab};
use labwright_store::CourseId;

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
}

impl Catalogue {
    /// The courses of a configuration.
    pub fn new(courses: Vec<CatalogueCourse>) -> Self {
        Self {
            courses: RwLock::new(courses),
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

    /// The course of this id.
    pub fn course(&self, id: &CourseId) -> Option<CatalogueCourse> {
        let courses = self.courses.read().unwrap_or_else(PoisonError::into_inner);
        courses.iter().find(|course| course.id == *id).cloned()
    }

    /// A lab of a course.
    pub fn lab(&self, course: &CourseId, lab: &LabName) -> Option<CatalogueLab> {
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
