//! What `serve`, `run` and `demo` share: the labs of a configuration, the place, and waiting.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use labwright_image::LabImage;
use labwright_local::{Installation, is_root};
use labwright_manifest::LAB_FILE;
use labwright_place::Place;
use labwright_places::Surroundings;
use labwright_server::{Catalogue, CatalogueCourse, CatalogueLab, Config, offers_in};
use labwright_session::RunnableLab;
use labwright_sql::Asker;
use labwright_store::{BROWSER, CourseId};
use tokio::signal::unix::{SignalKind, signal};

use crate::context::Context;
use crate::export::web;
use crate::failure::{Explain, Failure, Outcome};
use crate::{image, lab};

/// What the parameters of labs that are offered by themselves are drawn from.
const OFFER_SEED: &str = "labwright serve";

/// The labs of all courses, built where that is possible. A lab that cannot be had is told and
/// left out: the others must not suffer from it.
pub fn catalogue(config: &Config, context: &Context) -> Outcome<Catalogue> {
    let place = config.place.as_deref().unwrap_or(labwright_local::NAME);
    let mut courses = Vec::new();
    for course in &config.courses {
        let mut labs = Vec::new();
        for folder in lab_folders(&course.labs)? {
            match ready_lab(&folder, place, context) {
                Ok(lab) => labs.push(lab),
                Err(failure) => {
                    let message =
                        format!("{} is left out of course {}", folder.display(), course.id);
                    failure.context(message).print();
                }
            }
        }
        courses.push(CatalogueCourse {
            id: CourseId::new(&course.id),
            title: course.title.by_language(),
            labs,
        });
    }
    Ok(Catalogue::new(courses))
}

/// Offers labs without nodes to learners' own browsers: there is nothing to make first, so that it needs no order of the operator's. What
/// cannot be offered is told, and served all the same.
pub fn offer(config: &Config, state: &Path, context: &Context) -> Outcome {
    if !config.offer_in_browser {
        return Ok(());
    }
    let labs = config.courses.iter().flat_map(|course| &course.labs);
    for folder in lab_folders(&labs.cloned().collect::<Vec<_>>())? {
        let Ok(lab) = lab::read_for_browser(&folder) else {
            continue;
        };
        let is_allowed = |places: &Vec<String>| places.iter().any(|place| place == BROWSER);
        if !lab.nodes.is_empty() || !lab.places.as_ref().is_none_or(is_allowed) {
            continue;
        }
        let out = offers_in(state).join(lab.name.as_str());
        let order = web::Order {
            lab: &folder,
            out: &out,
            seed: OFFER_SEED,
            machine: None,
        };
        if let Err(failure) = web::make(&order, context) {
            let message = format!("{} is not offered to browsers", folder.display());
            failure.context(message).print();
        }
    }
    Ok(())
}

/// A built lab as the server of this place wants it.
pub fn served(image: LabImage, place: &str) -> CatalogueLab {
    CatalogueLab {
        runnable: Arc::new(RunnableLab {
            lab: image.lab.in_place(place),
            layers: image.nodes,
            assets: image.assets,
            display: image.display,
        }),
    }
}

/// Asks databases by children of this very program, also when a newer one was installed in its place.
pub fn asker() -> Asker {
    Asker::new("/proc/self/exe", &["sql-child"])
}

/// Lab folders among paths that are one, or that hold some.
pub fn lab_folders(paths: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for path in paths {
        if path.join(LAB_FILE).is_file() {
            folders.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path)
            .context(format!("reading the folder of labs {}", path.display()))
            .hint("name a lab folder, or a folder that holds some")?;
        let mut inside: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|folder| folder.join(LAB_FILE).is_file())
            .collect();
        inside.sort();
        folders.append(&mut inside);
    }
    Ok(folders)
}

/// Root builds what is missing; others take what was built.
fn ready_lab(folder: &Path, place: &str, context: &Context) -> Outcome<CatalogueLab> {
    if is_root() {
        return Ok(served(lab::build(folder, context)?, place));
    }
    let lab = lab::read_runnable(folder)?;
    let image = LabImage::load(&image::store(context), &lab.name)
        .map_err(image::explain)
        .hint(format!(
            "build it: sudo labwright build {}",
            folder.display()
        ))?;
    Ok(served(image, place))
}

/// The place of a server: through its daemon where that runs, else in this process, as root.
pub fn place(name: &str, context: &Context) -> Outcome<Arc<dyn Place>> {
    let installation = Installation::new(&context.state, &context.run);
    let daemons = installation.has_host() || !is_root();
    let surroundings = Surroundings {
        state: context.state.clone(),
        run: context.run.clone(),
        daemons,
    };
    Ok(labwright_places::open(name, &surroundings)?)
}

/// What needs root says so before it does anything.
pub fn needs_root(command: &str) -> Outcome {
    if is_root() {
        return Ok(());
    }
    Err(
        Failure::new(format!("`labwright {command}` must be run as root"))
            .hint(format!("sudo labwright {command} …")),
    )
}

/// Completes at Ctrl-C or when the service is told to end.
pub async fn told_to_end() -> Outcome {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
