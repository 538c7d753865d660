//! Wireshark's part of the page in an exported folder: a part of its own, under a licence of its own, which goes with it.

use std::fs;

use labwright_server::wireshark_files;
use serde_json::{Value, json};

use super::web::{Made, WithPath as _};
use crate::failure::{Explain as _, Failure, Outcome};

/// Where the page looks for it.
const PART: &str = "bundles/wireshark";
/// What says what it holds.
const ABOUT: &str = "bundle.json";
/// Without these nobody may pass it on.
const TERMS: [&str; 2] = ["LICENSE", "SOURCE.md"];
/// What is compressed keeps so: the page unpacks it. A web server that knows the usual ending might do that on the way, and
/// the bytes would not be those that were listed.
const PACKED: &str = "packed";

/// Puts it there.
pub(super) fn put(made: &Made) -> Outcome {
    let folder = wireshark_files().ok_or_else(|| {
        Failure::new("Wireshark's part of the page is not beside this program")
            .hint("make wireshark builds it from source")
    })?;
    if let Some(missing) = TERMS.iter().find(|name| !folder.join(name).is_file()) {
        return Err(Failure::new(format!(
            "{} has no {missing}, and may not be passed on without",
            folder.display()
        )));
    }
    let path = folder.join(ABOUT);
    let json = fs::read(&path).with_path("reading", &path)?;
    let mut about: Value = serde_json::from_slice(&json).with_path("reading", &path)?;
    let mut packed = Vec::new();
    for entry in fs::read_dir(&folder).with_path("reading", &folder)? {
        let entry = entry.with_path("reading", &folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == ABOUT || !entry.path().is_file() {
            continue;
        }
        let bytes = fs::read(entry.path()).with_path("reading", &entry.path())?;
        let to = match name.strip_suffix(".gz") {
            Some(plain) => {
                packed.push(plain.to_owned());
                format!("{PART}/{plain}.{PACKED}")
            }
            None => format!("{PART}/{name}"),
        };
        made.write(&to, &bytes)?;
    }
    packed.sort();
    if let Some(about) = about.as_object_mut() {
        about.insert(PACKED.to_owned(), json!(packed));
    }
    let json = serde_json::to_vec_pretty(&about).context("writing what Wireshark's part holds")?;
    made.write(&format!("{PART}/{ABOUT}"), &json)
}
