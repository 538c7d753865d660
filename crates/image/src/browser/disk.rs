//! The disk of a browser machine: one squashfs with the layers of its nodes and of itself, the
//! agent and its spec, in parts of one size, so that a page loads what is read and no more.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use labwright_model::MachineSpec;

use crate::pack::EPOCH;
use crate::process::{confined, run};
use crate::{ImageError, LabImage, apt, kernel};

/// Bytes of a part; the last one is padded.
pub const PART_BYTES: u64 = 1 << 20;
/// Where the disk is mounted in the machine.
const MOUNTED: &str = "/mnt";
const START: &str = include_str!("start");
/// Of the kernel's package: it is booted from outside, and its modules are in the initramfs.
const LEFT_OUT: [&str; 2] = ["boot", "usr/lib/modules"];

/// Makes the file system at `target`. Mounts in the calling thread's own mount namespace.
pub fn make(
    image: &LabImage,
    spec: &MachineSpec,
    agent: &Path,
    work: &Path,
    target: &Path,
) -> Result<(), ImageError> {
    let tree = work.join("tree");
    let layers = tree.join("layers");
    fs::create_dir_all(&layers).map_err(ImageError::file("make", &layers))?;
    let mut places = HashMap::new();
    let nodes = spec.nodes.iter().flat_map(|node| &node.layers);
    let displays = spec.displays.iter().flat_map(|display| &display.layers);
    for layer in nodes.chain(displays).chain(&image.machine) {
        let number = places.len();
        places.entry(layer.clone()).or_insert(number);
    }
    for (layer, number) in &places {
        let folder = layers.join(number.to_string());
        fs::create_dir(&folder).map_err(ImageError::file("make", &folder))?;
        kernel::bind(layer, &folder)?;
    }
    write_files(image, spec, agent, &tree, &places)?;
    let left_out: Vec<String> = image
        .machine
        .iter()
        .filter_map(|layer| places.get(layer))
        .flat_map(|number| LEFT_OUT.map(|path| format!("layers/{number}/{path}")))
        .collect();
    squash(&tree, &left_out, target)
}

/// What decides it, beside the layers, the agent and the spec.
pub fn texts() -> impl Iterator<Item = &'static str> {
    LEFT_OUT.into_iter().chain([START])
}

/// What is in the tree beside the layers.
fn write_files(
    image: &LabImage,
    spec: &MachineSpec,
    agent: &Path,
    tree: &Path,
    places: &HashMap<PathBuf, usize>,
) -> Result<(), ImageError> {
    let inside = |layer: &PathBuf| {
        let number = places.get(layer).copied().unwrap_or_default();
        PathBuf::from(format!("{MOUNTED}/layers/{number}"))
    };
    let mut spec = spec.clone();
    for node in &mut spec.nodes {
        node.layers = node.layers.iter().map(inside).collect();
    }
    for display in &mut spec.displays {
        display.layers = display.layers.iter().map(inside).collect();
    }
    let spec = serde_json::to_vec(&spec).map_err(|error| ImageError::damaged(tree, error))?;
    // As the initramfs sees it, the topmost first.
    let machine: Vec<String> = image
        .machine
        .iter()
        .rev()
        .filter_map(|layer| places.get(layer))
        .map(|number| format!("/disk/layers/{number}"))
        .collect();
    let write = |name: &str, bytes: &[u8], mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        let path = tree.join(name);
        fs::write(&path, bytes)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .map_err(ImageError::file("write", &path))
    };
    let program = fs::read(agent).map_err(ImageError::file("read", agent))?;
    write("labwright-agent", &program, 0o755)?;
    write("spec.json", &spec, 0o644)?;
    write("start", START.as_bytes(), 0o755)?;
    write("machine", machine.join(":").as_bytes(), 0o644)
}

fn squash(tree: &Path, left_out: &[String], target: &Path) -> Result<(), ImageError> {
    let mut command = confined("mksquashfs");
    command.arg(tree).arg(target);
    command.args(["-noappend", "-no-progress", "-no-exports", "-quiet"]);
    command.args(["-comp", "zstd", "-Xcompression-level", "15", "-b", "131072"]);
    command.arg("-e").args(left_out);
    command.env("SOURCE_DATE_EPOCH", EPOCH.to_string());
    let finished = run(&mut command, None, &mut |_| {})?;
    if finished.status.success() {
        return Ok(());
    }
    Err(ImageError::Export {
        what: "the machine's disk",
        words: apt::last(&finished.lines, 12),
    })
}

/// Cuts the disk into parts named as v86 asks for them. Returns its length, padded.
pub fn split(disk: &Path, folder: &Path, name: &str) -> Result<u64, ImageError> {
    let mut file = File::open(disk).map_err(ImageError::file("read", disk))?;
    let mut from = 0;
    loop {
        let mut part = Vec::new();
        let read = (&mut file).take(PART_BYTES).read_to_end(&mut part);
        if read.map_err(ImageError::file("read", disk))? == 0 {
            return Ok(from);
        }
        part.resize(PART_BYTES as usize, 0);
        let path = folder.join(format!("{name}-{from}-{}.img", from + PART_BYTES));
        let write = |part: &[u8]| -> io::Result<()> { File::create(&path)?.write_all(part) };
        write(&part).map_err(ImageError::file("write", &path))?;
        from += PART_BYTES;
    }
}
