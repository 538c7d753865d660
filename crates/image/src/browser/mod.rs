//! A lab's image for i386 becomes the folder that a browser restores a machine from
//! (`docs/browser-machine.md`): a disk in parts, a machine that was booted once up to *lab ready* in
//! Node, and its saved state.
//!
//! Node and the npm package v86 are needed here and nowhere else in the platform's programs.

mod builds;
mod disk;
mod folder;
mod initramfs;
mod preboot;

use std::fs;
use std::path::{Path, PathBuf};

use labwright_model::MachineSpec;

use crate::build::{must_be_root, on_a_thread};
use crate::{Digest, Event, ImageError, LabImage, Progress, Store};

pub use builds::packages_without_build;
pub use folder::{FORMAT, File, Folder, MACHINE_FILE, Measured, emulator};

/// Memory beyond that of the lab's nodes: the kernel, the agent, what is written in /run.
const OWN_MEMORY: u64 = 64 << 20;
/// Memory comes in units of this.
const MEMORY_UNIT: u64 = 32 << 20;
/// The emulated screen that nobody looks at.
const VGA_MEMORY: u64 = 2 << 20;
const CMDLINE: &str = "console=ttyS0 quiet loglevel=4 tsc=reliable mitigations=off random.trust_cpu=on nowatchdog panic=-1";

/// What a machine is made of, beside its image.
#[derive(Debug, Clone)]
pub struct Ingredients {
    /// The agent for i686.
    pub agent: PathBuf,
    /// The folder of the npm package v86.
    pub emulator: PathBuf,
    /// The folder of Debian's package seabios: `bios.bin` and `vgabios-stdvga.bin`.
    pub bios: PathBuf,
}

/// Makes the folder `target`; one that is a machine's already is replaced as a whole, or left as it
/// is when it was made from the same.
pub fn export(
    store: &Store,
    image: &LabImage,
    spec: &MachineSpec,
    ingredients: &Ingredients,
    target: &Path,
    progress: &mut dyn Progress,
) -> Result<Folder, ImageError> {
    must_be_root()?;
    check(ingredients, target)?;
    let title = "browser machine";
    let made_from = made_from(image, spec, ingredients)?;
    let there = Folder::read(target).ok();
    if let Some(folder) = there.filter(|there| there.made_from == made_from) {
        let key = &image.digest;
        progress.event(Event::Cached { key, title });
        return Ok(folder);
    }
    let _lock = store.lock(progress)?;
    progress.event(Event::Started {
        key: &image.digest,
        title,
    });
    let work = Unfinished::beside(target)?;
    let folder = make(image, spec, ingredients, made_from, &work.0, progress)?;
    replace(&work.0, target)?;
    progress.event(Event::Finished {
        key: &image.digest,
        title,
        bytes: folder.bytes(),
    });
    Ok(folder)
}

/// Removes what an export of `target` that is being interrupted has made so far.
pub fn abandon(target: &Path) {
    let _ = fs::remove_dir_all(unfinished(target));
}

/// Digest of all that decides what comes out.
fn made_from(
    image: &LabImage,
    spec: &MachineSpec,
    ingredients: &Ingredients,
) -> Result<Digest, ImageError> {
    let read = |path: &Path| fs::read(path).map_err(ImageError::file("read", path));
    let package = ingredients.emulator.join("package.json");
    let mut all = vec![
        FORMAT.to_string().into_bytes(),
        image.digest.to_string().into_bytes(),
        // Its layers are paths of this host; the image's digest stands for them.
        serde_json::to_vec(&folder::public(spec))
            .map_err(|error| ImageError::damaged(Path::new(MACHINE_FILE), error))?,
        read(&ingredients.agent)?,
        read(&package)?,
        CMDLINE.as_bytes().to_vec(),
        memory_bytes(spec.limits.memory_bytes)
            .to_string()
            .into_bytes(),
    ];
    let texts = preboot::texts()
        .chain(initramfs::texts())
        .chain(disk::texts());
    all.extend(texts.map(|text| text.as_bytes().to_vec()));
    let digests: Vec<String> = all
        .iter()
        .map(|part| Digest::of(part).to_string())
        .collect();
    Ok(Digest::of(digests.join("\n").as_bytes()))
}

/// Memory of the machine of a lab whose nodes may use so much.
pub fn memory_bytes(lab_bytes: u64) -> u64 {
    (lab_bytes + OWN_MEMORY).next_multiple_of(MEMORY_UNIT)
}

fn check(ingredients: &Ingredients, target: &Path) -> Result<(), ImageError> {
    if !ingredients.emulator.join("build/libv86.mjs").is_file() {
        return Err(ImageError::NoEmulator {
            path: ingredients.emulator.clone(),
        });
    }
    if !ingredients.agent.is_file() {
        return Err(ImageError::NoAgent {
            path: ingredients.agent.clone(),
        });
    }
    let replaceable = !target.exists() || target.join(MACHINE_FILE).is_file();
    if !replaceable {
        return Err(ImageError::Occupied {
            path: target.to_owned(),
        });
    }
    for (program, option, package) in [
        ("mksquashfs", "-version", "squashfs-tools"),
        ("node", "--version", "nodejs"),
    ] {
        if std::process::Command::new(program)
            .arg(option)
            .output()
            .is_err()
        {
            return Err(ImageError::MissingProgram { program, package });
        }
    }
    Ok(())
}

fn make(
    image: &LabImage,
    spec: &MachineSpec,
    ingredients: &Ingredients,
    made_from: Digest,
    work: &Path,
    progress: &mut dyn Progress,
) -> Result<Folder, ImageError> {
    let memory = memory_bytes(spec.limits.memory_bytes);
    let (parts, scratch) = (work.join("disk"), work.join("scratch"));
    for folder in [&parts, &scratch] {
        fs::create_dir_all(folder).map_err(ImageError::file("make", folder))?;
    }
    let key: &Digest = &image.digest;
    progress.event(step(key, 0.0, "packing the disk"));
    let squashed = scratch.join("machine.squashfs");
    on_a_thread(key, progress, |_| {
        disk::make(image, spec, &ingredients.agent, &scratch, &squashed)
    })?;
    let disk_bytes = disk::split(&squashed, &parts, "machine")?;
    let archive = initramfs::archive(&image.machine)?;
    let initramfs = scratch.join("initramfs");
    fs::write(&initramfs, archive).map_err(ImageError::file("write", &initramfs))?;
    folder::copy_bios(&ingredients.bios, work)?;
    let visible = spec.nodes.iter().filter(|node| !node.hidden);
    let job = preboot::Job {
        emulator: ingredients.emulator.clone(),
        memory_bytes: memory,
        vga_memory_bytes: VGA_MEMORY,
        bios: work.join(folder::BIOS),
        vga_bios: work.join(folder::VGA_BIOS),
        kernel: initramfs::kernel(&image.machine)?,
        initramfs,
        cmdline: CMDLINE,
        disk: preboot::Disk {
            file: work.join(folder::DISK),
            bytes: disk_bytes,
            part_bytes: disk::PART_BYTES,
        },
        nodes: visible.map(|node| node.name.clone()).collect(),
        state: scratch.join("state"),
        timeout_s: preboot::TIMEOUT_S,
    };
    let booted = preboot::boot(&job, &scratch, &mut |share, note| {
        progress.event(step(key, share, note));
    })?;
    progress.event(step(key, 0.95, "compressing the state"));
    let state = work.join(folder::STATE);
    folder::compress(&job.state, &state)?;
    progress.event(step(key, 0.98, "restoring it once"));
    let restored = preboot::restore(&job, state, &scratch)?;
    folder::write_licences(&ingredients.emulator, work)?;
    fs::remove_dir_all(&scratch).map_err(ImageError::file("remove", &scratch))?;
    let making = folder::Making {
        made_from,
        image,
        spec,
        job: &job,
        booted: &booted,
        restored: &restored,
    };
    making.describe(work)
}

fn step<'a>(key: &'a Digest, share: f64, note: &'a str) -> Event<'a> {
    Event::Step {
        key,
        share: Some(share),
        note,
    }
}

/// A folder that goes unless it was renamed.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(target: &Path) -> Result<Self, ImageError> {
        let path = unfinished(target);
        // Of an export that was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(ImageError::file("make", &path))?;
        let absolute = fs::canonicalize(&path).map_err(ImageError::file("find", &path))?;
        Ok(Self(absolute))
    }
}

fn unfinished(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.unfinished"))
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn replace(made: &Path, target: &Path) -> Result<(), ImageError> {
    let old = made.with_extension("old");
    let _ = fs::remove_dir_all(&old);
    if target.exists() {
        fs::rename(target, &old).map_err(ImageError::file("replace", target))?;
    }
    fs::rename(made, target).map_err(ImageError::file("make", target))?;
    let _ = fs::remove_dir_all(&old);
    Ok(())
}
