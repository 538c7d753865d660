//! The initramfs of a browser machine: busybox, a short list of modules with what they need, and
//! `init`. A cpio archive in the kernel's `newc` format (Documentation/driver-api/early-userspace).

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::ImageError;

/// What finds the disk and carries the agent's channel, then what labs' networks are made of. Every
/// module costs processor time at boot and memory ever after: nothing else.
const MODULES: [&str; 18] = [
    "virtio_pci",
    "virtio_console",
    "ata_piix",
    "sd_mod",
    "squashfs",
    "overlay",
    "af_packet",
    "veth",
    "bridge",
    "8021q",
    "sch_netem",
    "sch_tbf",
    // What connection tracking asks for by another name than its own.
    "crc32c_generic",
    "nf_tables",
    "nft_compat",
    "nf_conntrack",
    "nf_nat",
    "ipv6",
];
const INIT: &str = include_str!("init");
/// Folders that `init` mounts on.
const FOLDERS: [&str; 8] = [
    "bin", "dev", "disk", "modules", "mnt", "proc", "root", "sys",
];

/// The archive, made of the machine's unpacked layers.
pub fn archive(layers: &[PathBuf]) -> Result<Vec<u8>, ImageError> {
    let mut archive = Archive::default();
    for folder in FOLDERS {
        archive.add(folder, 0o040_755, b"");
    }
    archive.add("bin/busybox", 0o100_755, &read(layers, "usr/bin/busybox")?);
    archive.add("init", 0o100_755, INIT.as_bytes());
    let version = version(layers)?;
    let folder = format!("usr/lib/modules/{version}");
    let needs = read(layers, &format!("{folder}/modules.dep"))?;
    let mut order = String::new();
    for module in in_order(&String::from_utf8_lossy(&needs)) {
        let name = module.rsplit('/').next().unwrap_or(&module);
        let bytes = read(layers, &format!("{folder}/{module}"))?;
        archive.add(&format!("modules/{name}"), 0o100_644, &bytes);
        order.push_str(name);
        order.push('\n');
    }
    archive.add("modules/order", 0o100_644, order.as_bytes());
    Ok(archive.finish())
}

/// What decides it, beside the layers.
pub fn texts() -> impl Iterator<Item = &'static str> {
    MODULES.into_iter().chain([INIT])
}

/// The kernel of the machine's layers.
pub fn kernel(layers: &[PathBuf]) -> Result<PathBuf, ImageError> {
    let version = version(layers)?;
    find(layers, &format!("boot/vmlinuz-{version}"))
}

/// Modules and what each needs before it, every one once.
fn in_order(needs: &str) -> Vec<String> {
    // `kernel/…/a.ko: kernel/…/b.ko kernel/…/c.ko`, where c comes before b.
    let lines = needs.lines().filter_map(|line| line.split_once(':'));
    let by_name: HashMap<&str, (&str, &str)> = lines
        .map(|(module, needs)| (name(module), (module, needs)))
        .collect();
    let mut order: Vec<String> = Vec::new();
    for wanted in MODULES {
        // What the kernel has built in is in no list.
        let Some((module, needs)) = by_name.get(wanted) else {
            continue;
        };
        let before = needs.split_whitespace().rev();
        for module in before.chain([*module]) {
            if !order.iter().any(|known| known == module) {
                order.push(module.to_owned());
            }
        }
    }
    order
}

fn name(module: &str) -> &str {
    let file = module.rsplit('/').next().unwrap_or(module);
    file.split('.').next().unwrap_or(file)
}

/// The version of the one kernel that there is.
fn version(layers: &[PathBuf]) -> Result<String, ImageError> {
    for layer in layers.iter().rev() {
        let entries = fs::read_dir(layer.join("usr/lib/modules"));
        if let Some(entry) = entries.into_iter().flatten().flatten().next() {
            return Ok(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Err(missing(layers, "usr/lib/modules"))
}

fn read(layers: &[PathBuf], path: &str) -> Result<Vec<u8>, ImageError> {
    let path = find(layers, path)?;
    fs::read(&path).map_err(ImageError::file("read", &path))
}

fn find(layers: &[PathBuf], path: &str) -> Result<PathBuf, ImageError> {
    let mut found = layers.iter().rev().map(|layer| layer.join(path));
    found
        .find(|path| path.is_file())
        .ok_or_else(|| missing(layers, path))
}

fn missing(layers: &[PathBuf], path: &str) -> ImageError {
    let layer = layers.last().map_or(Path::new("/"), PathBuf::as_path);
    ImageError::damaged(&layer.join(path), "it is not in the layers of the machine")
}

#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let name_length = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        // Inode, mode, owner, group, links, time, length, four device numbers, name's length, sum.
        let fields = [
            self.entries,
            mode,
            0,
            0,
            1,
            0,
            length,
            0,
            0,
            0,
            0,
            name_length,
            0,
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes
                .extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.align();
        self.bytes.extend_from_slice(content);
        self.align();
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, b"");
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_needs_comes_before_it_and_once() {
        let needs = "kernel/net/bridge.ko: kernel/net/stp.ko kernel/net/llc.ko\n\
            kernel/net/stp.ko: kernel/net/llc.ko\nkernel/net/llc.ko:\n\
            kernel/drivers/veth.ko:\nkernel/net/8021q.ko: kernel/net/stp.ko kernel/net/llc.ko\n";
        let order = in_order(needs);
        let names: Vec<&str> = order.iter().map(|module| name(module)).collect();
        assert_eq!(names, ["veth", "llc", "stp", "bridge", "8021q"]);
    }

    #[test]
    fn entries_are_aligned_as_the_kernel_wants_them() {
        let mut archive = Archive::default();
        archive.add("a", 0o100_644, b"12345");
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(&bytes[..14], b"07070100000001");
        assert_eq!(&bytes[112..117], b"12345");
    }
}
