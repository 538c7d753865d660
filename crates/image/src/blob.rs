//! A packed folder becomes a compressed blob of the store and an unpacked layer beside it.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::digest::Hashing;
use crate::pack::{PackOptions, pack};
use crate::plan::ASSETS;
use crate::scratch::make_folder;
use crate::unpack::unpack;
use crate::{Digest, ImageError, LayerPlan, Record, Store};

/// zstd's level: 3 is as quick as a disk here, and half as large again as the slow ones.
const LEVEL: i32 = 3;

/// Packs `root`, stores the blob, unpacks it into the layers, and records what the key gave.
pub fn store_layer(
    store: &Store,
    plan: &LayerPlan,
    below: Vec<Digest>,
    root: &Path,
    options: PackOptions,
) -> Result<Record, ImageError> {
    let temporary = store.work().join("blob");
    let failed = || ImageError::file("write", &temporary);
    let file = File::create(&temporary).map_err(failed())?;
    let zstd = zstd::Encoder::new(Hashing::new(BufWriter::new(file)), LEVEL).map_err(failed())?;
    let mut tar = Hashing::new(zstd);
    let file_bytes = pack(root, options, &mut tar)?;
    let (zstd, diff_id, _) = tar.finish();
    let (file, blob, blob_bytes) = zstd.finish().map_err(failed())?.finish();
    let mut file = file;
    file.flush().map_err(failed())?;
    let path = store.blob(&blob);
    fs::rename(&temporary, &path).map_err(ImageError::file("write", &path))?;
    let record = Record {
        key: plan.key.clone(),
        title: plan.title.clone(),
        below,
        diff_id,
        blob,
        blob_bytes,
        file_bytes,
    };
    unpack_layer(store, &record)?;
    store.write_record(&record)?;
    Ok(record)
}

/// Makes the unpacked folder of a layer from its blob, if it is not there.
pub fn unpack_layer(store: &Store, record: &Record) -> Result<(), ImageError> {
    let target = store.layer(&record.diff_id);
    if target.is_dir() {
        return hide(record, &target);
    }
    let blob = store.blob(&record.blob);
    let file = File::open(&blob).map_err(ImageError::file("open", &blob))?;
    let data = zstd::Decoder::new(BufReader::new(file)).map_err(ImageError::file("read", &blob))?;
    let temporary = store.work().join("layer");
    let _ = fs::remove_dir_all(&temporary);
    make_folder(&temporary)?;
    unpack(&record.title, data, &temporary)?;
    hide(record, &temporary)?;
    // Its name says that it is whole, so all of it must be on the disk before it gets the name.
    let folder = File::open(&temporary).map_err(ImageError::file("open", &temporary))?;
    rustix::fs::syncfs(&folder).map_err(ImageError::kernel("write the layer to the disk"))?;
    fs::rename(&temporary, &target).map_err(ImageError::file("make", &target))
}

/// A node's layer is for root alone: it holds set-id programs of the lab's author, with true
/// owners, which no user of the host may run, and what hidden nodes hide. In an overlay the
/// folder's own mode is that of the upper folder.
fn hide(record: &Record, folder: &Path) -> Result<(), ImageError> {
    if record.title == ASSETS || record.file_bytes == 0 {
        return Ok(());
    }
    let mode = fs::Permissions::from_mode(0o700);
    fs::set_permissions(folder, mode).map_err(ImageError::file("protect", folder))
}
