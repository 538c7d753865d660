//! The folder of a browser machine and what `machine.json` says of it; `docs/browser-machine.md`
//! is its contract.

use std::fs;
use std::io;
use std::path::Path;

use labwright_model::{LabName, MachineSpec};
use serde::{Deserialize, Serialize};

use super::preboot::{Booted, Job, Restored};
use crate::{Digest, ImageError, LabImage};

/// Version of the format.
pub const FORMAT: u32 = 1;
/// What describes a machine.
pub const MACHINE_FILE: &str = "machine.json";
pub const DISK: &str = "disk/machine.img";
pub const STATE: &str = "state.zst";
pub const BIOS: &str = "bios/seabios.bin";
pub const VGA_BIOS: &str = "bios/vgabios.bin";
/// Files of Debian's package seabios, and what they are called here.
const BIOS_FILES: [(&str, &str); 2] = [("bios.bin", BIOS), ("vgabios-stdvga.bin", VGA_BIOS)];
/// A state is compressed once and downloaded often; more takes minutes for a few per cent.
const STATE_LEVEL: i32 = 19;
const EMULATOR: &str = "v86";
const SOURCES: &str = include_str!("SOURCES");

/// What `machine.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Folder {
    /// [`FORMAT`].
    pub labwright: u32,
    /// The lab.
    pub lab: LabName,
    /// Digest of its image for this architecture.
    pub image: Digest,
    /// Digest of all that it was made from: equal digests, equal machines but for what a boot draws.
    pub made_from: Digest,
    /// `i386`.
    pub architecture: String,
    /// What runs it.
    pub emulator: Emulator,
    /// Its memory.
    pub memory_bytes: u64,
    /// Its screen's memory.
    pub vga_memory_bytes: u64,
    /// The kernel's command line.
    pub cmdline: String,
    /// The saved state.
    pub state: State,
    /// The disk.
    pub disk: Disk,
    /// File of the BIOS.
    pub bios: String,
    /// File of the screen's BIOS.
    pub vga_bios: String,
    /// What it took.
    pub measured: Measured,
    /// What the agent was started from.
    pub spec: MachineSpec,
    /// Every other file.
    pub files: Vec<File>,
}

/// An npm package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emulator {
    /// Its name.
    pub package: String,
    /// Its exact version.
    pub version: String,
}

/// A saved state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its file.
    pub file: String,
    /// Its length when it is unpacked.
    pub raw_bytes: u64,
}

/// A disk in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// The name that parts are named after.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Bytes of a part.
    pub part_bytes: u64,
    /// Parts that are read until a first prompt, in order.
    pub prompt_parts: Vec<u64>,
}

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Of its content, in hexadecimal.
    pub sha256: String,
}

/// What it took to make and restore it once, in seconds of processor time where it was made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// From the emulator's start to *lab ready*.
    pub boot_cpu_s: f64,
    /// From the emulator's start to a machine that runs again.
    pub restore_cpu_s: f64,
    /// From the emulator's start to the first prompt of a restored machine.
    pub prompt_cpu_s: f64,
}

/// All that a description tells.
pub struct Making<'a> {
    pub made_from: Digest,
    pub image: &'a LabImage,
    pub spec: &'a MachineSpec,
    pub job: &'a Job,
    pub booted: &'a Booted,
    pub restored: &'a Restored,
}

impl Making<'_> {
    /// Describes a folder whose other files are all there, and writes it down.
    pub fn describe(self, folder: &Path) -> Result<Folder, ImageError> {
        let Self { image, job, .. } = self;
        let mut files = Vec::new();
        list(folder, "", &mut files)?;
        files.sort_by(|one, other| one.file.cmp(&other.file));
        let described = Folder {
            labwright: FORMAT,
            lab: image.lab.name.clone(),
            image: image.digest.clone(),
            made_from: self.made_from,
            architecture: "i386".to_owned(),
            emulator: emulator(&job.emulator)?,
            memory_bytes: job.memory_bytes,
            vga_memory_bytes: job.vga_memory_bytes,
            cmdline: job.cmdline.to_owned(),
            state: State {
                file: STATE.to_owned(),
                raw_bytes: self.booted.raw_bytes,
            },
            disk: Disk {
                file: DISK.to_owned(),
                bytes: job.disk.bytes,
                part_bytes: job.disk.part_bytes,
                prompt_parts: self.restored.parts.clone(),
            },
            bios: BIOS.to_owned(),
            vga_bios: VGA_BIOS.to_owned(),
            measured: Measured {
                boot_cpu_s: self.booted.marks.ready,
                restore_cpu_s: self.restored.started_cpu_s,
                prompt_cpu_s: self.restored.prompt_cpu_s,
            },
            spec: public(self.spec),
            files,
        };
        let path = folder.join(MACHINE_FILE);
        let text = serde_json::to_vec_pretty(&described)
            .map_err(|error| ImageError::damaged(&path, error))?;
        fs::write(&path, text).map_err(ImageError::file("write", &path))?;
        Ok(described)
    }
}

/// A spec without paths of the host that it was made on, which are nobody's business.
pub fn public(spec: &MachineSpec) -> MachineSpec {
    let mut spec = spec.clone();
    spec.nodes.iter_mut().for_each(|node| node.layers.clear());
    spec.displays.iter_mut().for_each(|one| one.layers.clear());
    spec
}

impl Folder {
    /// Reads the description of a folder.
    pub fn read(folder: &Path) -> Result<Self, ImageError> {
        let path = folder.join(MACHINE_FILE);
        let text = fs::read(&path).map_err(ImageError::file("read", &path))?;
        let read: Self =
            serde_json::from_slice(&text).map_err(|error| ImageError::damaged(&path, error))?;
        if read.labwright == FORMAT {
            return Ok(read);
        }
        Err(ImageError::damaged(&path, "it is of another version"))
    }

    /// Bytes of its compressed state.
    pub fn state_bytes(&self) -> u64 {
        let state = self.files.iter().find(|file| file.file == self.state.file);
        state.map_or(0, |file| file.bytes)
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Bytes that a page loads until the first prompt, the emulator itself left out.
    pub fn prompt_bytes(&self) -> u64 {
        let parts = self.disk.prompt_parts.len() as u64;
        let whole = [&self.state.file, &self.bios, &self.vga_bios];
        let files = self.files.iter().filter(|file| whole.contains(&&file.file));
        files.map(|file| file.bytes).sum::<u64>() + parts * self.disk.part_bytes
    }
}

/// Copies the BIOSes in.
pub fn copy_bios(from: &Path, folder: &Path) -> Result<(), ImageError> {
    let target = folder.join("bios");
    fs::create_dir_all(&target).map_err(ImageError::file("make", &target))?;
    for (name, file) in BIOS_FILES {
        let source = from.join(name);
        if !source.is_file() {
            return Err(ImageError::MissingProgram {
                program: "seabios",
                package: "seabios",
            });
        }
        fs::copy(&source, folder.join(file)).map_err(ImageError::file("copy", &source))?;
    }
    Ok(())
}

/// Compresses a state.
pub fn compress(state: &Path, target: &Path) -> Result<(), ImageError> {
    let from = fs::File::open(state).map_err(ImageError::file("read", state))?;
    let length = from
        .metadata()
        .map_err(ImageError::file("read", state))?
        .len();
    let write = || -> io::Result<()> {
        let mut encoder = zstd::Encoder::new(fs::File::create(target)?, STATE_LEVEL)?;
        // v86 unpacks it into a buffer of the length that the frame names.
        encoder.set_pledged_src_size(Some(length))?;
        encoder.include_contentsize(true)?;
        io::copy(&mut io::BufReader::new(from), &mut encoder)?;
        encoder.finish()?.sync_data()
    };
    write().map_err(ImageError::file("write", target))
}

/// Licences of what is in the folder.
pub fn write_licences(emulator: &Path, folder: &Path) -> Result<(), ImageError> {
    let target = folder.join("licences");
    fs::create_dir_all(&target).map_err(ImageError::file("make", &target))?;
    let sources = target.join("SOURCES");
    fs::write(&sources, SOURCES).map_err(ImageError::file("write", &sources))?;
    let v86 = emulator.join("LICENSE");
    fs::copy(&v86, target.join("v86")).map_err(ImageError::file("copy", &v86))?;
    Ok(())
}

/// Which emulator the folder of an npm package holds.
pub fn emulator(package: &Path) -> Result<Emulator, ImageError> {
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    let path = package.join("package.json");
    let text = fs::read(&path).map_err(ImageError::file("read", &path))?;
    let read: Package =
        serde_json::from_slice(&text).map_err(|error| ImageError::damaged(&path, error))?;
    Ok(Emulator {
        package: EMULATOR.to_owned(),
        version: read.version,
    })
}

fn list(folder: &Path, below: &str, files: &mut Vec<File>) -> Result<(), ImageError> {
    let here = folder.join(below);
    for entry in fs::read_dir(&here).map_err(ImageError::file("read", &here))? {
        let entry = entry.map_err(ImageError::file("read", &here))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let file = match below {
            "" => name,
            below => format!("{below}/{name}"),
        };
        let path = entry.path();
        if path.is_dir() {
            list(folder, &file, files)?;
        } else {
            let bytes = fs::read(&path).map_err(ImageError::file("read", &path))?;
            files.push(File {
                file,
                bytes: bytes.len() as u64,
                sha256: Digest::of(&bytes).hex().to_owned(),
            });
        }
    }
    Ok(())
}
