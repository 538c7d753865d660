//! Which machine is restored: one that was exported, or one that is exported now and kept in the
//! state folder for the next time.

use std::path::{Path, PathBuf};

use labwright_image::browser::Folder;
use labwright_model::{AppKind, Lab, MachineSpec, SessionId};

use super::{EmulatedPlace, Emulator, Installed};
use crate::commands::export;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::lab;

/// Exported machines, in the state folder.
const MACHINES: &str = "machines";

/// What is asked for.
pub struct Wanted<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// Its folder.
    pub dir: &'a Path,
    /// A machine that there is already.
    pub machine: Option<&'a Path>,
    /// What it is restored in.
    pub emulators: &'a [Emulator],
    /// What parameters are drawn from, where the machine is made now.
    pub seed: &'a str,
}

/// A machine that can be restored.
pub struct Prepared {
    /// What it is.
    pub folder: Folder,
    path: PathBuf,
    v86: PathBuf,
    state: PathBuf,
}

/// Finds or makes the machine of a lab with nodes, where its emulators are installed; the words of `lint` where it cannot run.
pub fn prepare(wanted: &Wanted<'_>, context: &Context) -> Outcome<Prepared> {
    lab::must_fit(wanted.lab, super::NAME)?;
    // What is missing is told before the machine is made.
    for emulator in wanted.emulators {
        emulator.program()?;
    }
    let (folder, path) = match wanted.machine {
        Some(path) => (exported(wanted.lab, path)?, path.to_owned()),
        None => {
            let machines = context.state.join(MACHINES);
            std::fs::create_dir_all(&machines)?;
            let path = machines.join(wanted.lab.name.as_str());
            let order = export::Machine {
                lab: wanted.lab,
                dir: wanted.dir,
                seed: wanted.seed,
                locked: false,
                output: &path,
            };
            (order.make(context)?, path)
        }
    };
    let v86 = export::ingredients().emulator;
    same_emulator(&folder, &v86)?;
    Ok(Prepared {
        folder,
        path: std::path::absolute(path)?,
        v86: std::path::absolute(v86)?,
        state: context.state.clone(),
    })
}

impl Prepared {
    /// A place that restores it in this emulator.
    pub fn place(&self, emulator: Emulator) -> Outcome<std::sync::Arc<EmulatedPlace>> {
        emulator.program()?;
        let installed = Installed {
            emulator,
            v86: self.v86.clone(),
            machine: self.path.clone(),
        };
        Ok(EmulatedPlace::new(installed, self.state.clone()))
    }

    /// Bytes of the emulator that whoever restores the machine loads.
    pub fn emulator_bytes(&self) -> u64 {
        let files = ["libv86.mjs", "v86.wasm"].map(|name| self.v86.join("build").join(name));
        let sizes = files
            .iter()
            .map(|file| std::fs::metadata(file).map_or(0, |about| about.len()));
        sizes.sum()
    }

    /// What the machine was made from, for this session.
    pub fn spec(&self, session: SessionId) -> MachineSpec {
        let mut spec = self.folder.spec.clone();
        spec.session = session;
        spec
    }
}

/// Reads a machine that must be this lab's as it is now.
fn exported(lab: &Lab, path: &Path) -> Outcome<Folder> {
    let folder = Folder::read(path)?;
    let again =
        "labwright export DIR --as browser -o FOLDER makes it; without --machine it is made here";
    if folder.lab != lab.name {
        let words = format!(
            "{} is the machine of {}, not of {}",
            path.display(),
            folder.lab,
            lab.name
        );
        return Err(Failure::new(words).hint(again));
    }
    if folder.spec != drawn(lab, &folder)? {
        let words = format!(
            "{} was made from another state of {}",
            path.display(),
            lab.name
        );
        return Err(Failure::new(words).hint(again));
    }
    Ok(folder)
}

/// What the lab gives now for the values that a machine was drawn for. Packages and files are not compared.
fn drawn(lab: &Lab, folder: &Folder) -> Outcome<MachineSpec> {
    let layers = lab
        .nodes
        .keys()
        .map(|node| (node.clone(), Vec::new()))
        .collect();
    let desktops = lab
        .apps
        .iter()
        .any(|app| matches!(app.kind, AppKind::Desktop { .. }));
    let display = if desktops {
        vec![PathBuf::new()]
    } else {
        Vec::new()
    };
    let was = &folder.spec;
    let mut spec = labwright_place::spec(lab, &layers, &display, &was.params, was.session.clone())?;
    spec.displays.iter_mut().for_each(|one| one.layers.clear());
    Ok(spec)
}

/// A state loads in the version that saved it, no other.
fn same_emulator(folder: &Folder, v86: &Path) -> Outcome {
    let here = labwright_image::browser::emulator(v86)?;
    if here == folder.emulator {
        return Ok(());
    }
    let words = format!(
        "the machine was saved by v86 {}, and {} is {}",
        folder.emulator.version,
        v86.display(),
        here.version
    );
    Err(Failure::new(words).hint("export the machine again, or set LABWRIGHT_V86"))
}
