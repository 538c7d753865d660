//! `--as scorm`: the folder of `--as web` as a SCORM package, a zip file. Made beside its place and moved there whole; the same
//! lab, seed and version give the same bytes. docs/scorm.md.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::Path;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use labwright_model::Lab;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::web::{self, INDEX, Made, Order, WithPath as _};
use crate::context::Context;
use crate::failure::{Explain as _, Failure, Outcome};

const MANIFEST: &str = "imsmanifest.xml";
/// What the page's start file says of where it stands, and what is added for a course.
const STANDS: &str = "data-stands=\"folder\"";
/// A course gives its files out itself, each time anew.
const NOT_IN_A_COURSE: [&str; 1] = ["sw.js"];
/// What every zip file begins with.
const ZIP_MARK: [u8; 4] = *b"PK\x03\x04";
/// Deflating these again gains nothing.
const PACKED: [&str; 7] = ["zst", "gz", "png", "jpg", "jpeg", "webp", "woff2"];
/// Names that a platform on another system could not unpack.
const UNSAFE: [char; 9] = ['\\', ':', '*', '?', '"', '<', '>', '|', '\u{7f}'];
/// Bytes that are packed between two looks at the bar.
const PART_BYTES: usize = 1 << 16;

/// What `imsmanifest.xml` refers to; the specification wants them in the package. `schemas/README.md` says whose they are.
const SCHEMAS_12: [(&str, &str); 4] = [
    (
        "adlcp_rootv1p2.xsd",
        include_str!("schemas/1.2/adlcp_rootv1p2.xsd"),
    ),
    ("ims_xml.xsd", include_str!("schemas/1.2/ims_xml.xsd")),
    (
        "imscp_rootv1p1p2.xsd",
        include_str!("schemas/1.2/imscp_rootv1p1p2.xsd"),
    ),
    (
        "imsmd_rootv1p2p1.xsd",
        include_str!("schemas/1.2/imsmd_rootv1p2p1.xsd"),
    ),
];
const SCHEMAS_2004: [(&str, &str); 17] = [
    ("XMLSchema.dtd", include_str!("schemas/2004/XMLSchema.dtd")),
    (
        "adlcp_v1p3.xsd",
        include_str!("schemas/2004/adlcp_v1p3.xsd"),
    ),
    (
        "adlnav_v1p3.xsd",
        include_str!("schemas/2004/adlnav_v1p3.xsd"),
    ),
    (
        "adlseq_v1p3.xsd",
        include_str!("schemas/2004/adlseq_v1p3.xsd"),
    ),
    ("datatypes.dtd", include_str!("schemas/2004/datatypes.dtd")),
    (
        "imscp_v1p1.xsd",
        include_str!("schemas/2004/imscp_v1p1.xsd"),
    ),
    (
        "imsss_v1p0.xsd",
        include_str!("schemas/2004/imsss_v1p0.xsd"),
    ),
    (
        "imsss_v1p0auxresource.xsd",
        include_str!("schemas/2004/imsss_v1p0auxresource.xsd"),
    ),
    (
        "imsss_v1p0control.xsd",
        include_str!("schemas/2004/imsss_v1p0control.xsd"),
    ),
    (
        "imsss_v1p0delivery.xsd",
        include_str!("schemas/2004/imsss_v1p0delivery.xsd"),
    ),
    (
        "imsss_v1p0limit.xsd",
        include_str!("schemas/2004/imsss_v1p0limit.xsd"),
    ),
    (
        "imsss_v1p0objective.xsd",
        include_str!("schemas/2004/imsss_v1p0objective.xsd"),
    ),
    (
        "imsss_v1p0random.xsd",
        include_str!("schemas/2004/imsss_v1p0random.xsd"),
    ),
    (
        "imsss_v1p0rollup.xsd",
        include_str!("schemas/2004/imsss_v1p0rollup.xsd"),
    ),
    (
        "imsss_v1p0seqrule.xsd",
        include_str!("schemas/2004/imsss_v1p0seqrule.xsd"),
    ),
    (
        "imsss_v1p0util.xsd",
        include_str!("schemas/2004/imsss_v1p0util.xsd"),
    ),
    ("xml.xsd", include_str!("schemas/2004/xml.xsd")),
];

/// The versions of SCORM that there are packages for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Version {
    /// SCORM 1.2
    #[value(name = "1.2")]
    One,
    /// SCORM 2004, 4th Edition
    #[default]
    #[value(name = "2004")]
    Two,
}

impl Version {
    /// As the page knows it.
    fn tag(self) -> &'static str {
        match self {
            Self::One => "1.2",
            Self::Two => "2004",
        }
    }

    fn schemas(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::One => &SCHEMAS_12,
            Self::Two => &SCHEMAS_2004,
        }
    }
}

/// Makes the package.
pub fn export(order: &Order<'_>, version: Version, context: &Context) -> Outcome {
    must_be_free(order.out)?;
    let made = Made::beside(order.out)?;
    let lab = web::fill(order, &made, context)?;
    for file in NOT_IN_A_COURSE {
        let path = made.path().join(file);
        if path.exists() {
            fs::remove_file(&path).with_path("removing", &path)?;
        }
    }
    mark(&made, version)?;
    let mut files = Vec::new();
    list(made.path(), "", &mut files)?;
    files.sort();
    must_be_safe(&files, version)?;
    let manifest = manifest(&lab, version, &files);
    let bytes = pack(&made, version, &manifest, &files, order.out)?;
    println!(
        "{} ({}, SCORM {})",
        order.out.display(),
        HumanBytes(bytes),
        version.tag()
    );
    Ok(())
}

/// Only a package, or what is not there, is written over.
fn must_be_free(out: &Path) -> Outcome {
    if out.is_dir() {
        return Err(Failure::new(format!("{} is a folder", out.display()))
            .hint("give the name of a zip file: -o LAB.zip"));
    }
    let mut begins = [0; ZIP_MARK.len()];
    let is_zip = match File::open(out) {
        Ok(mut file) => file.read_exact(&mut begins).is_ok() && begins == ZIP_MARK,
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error).with_path("reading", out),
    };
    if is_zip {
        return Ok(());
    }
    Err(
        Failure::new(format!("{} holds something else", out.display()))
            .hint("give a file that does not exist yet, or an earlier package"),
    )
}

/// Says in the page's start file that it is made for a course.
fn mark(made: &Made, version: Version) -> Outcome {
    let path = made.path().join(INDEX);
    let start = fs::read_to_string(&path).with_path("reading", &path)?;
    if !start.contains(STANDS) {
        return Err(Failure::new("the page in this program knows of no courses")
            .hint("make build builds both"));
    }
    let marked = format!("{STANDS} data-course=\"{}\"", version.tag());
    made.write(INDEX, start.replacen(STANDS, &marked, 1).as_bytes())
}

fn list(folder: &Path, below: &str, files: &mut Vec<String>) -> Outcome {
    for entry in fs::read_dir(folder).with_path("reading", folder)? {
        let entry = entry.with_path("reading", folder)?;
        let path = entry.path();
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            let why = format!("{} has no name in UTF-8", path.display());
            return Err(Failure::new(why).hint("name it otherwise"));
        };
        if path.is_dir() {
            list(&path, &format!("{below}{name}/"), files)?;
        } else {
            files.push(format!("{below}{name}"));
        }
    }
    Ok(())
}

/// A platform may unpack it on any system.
fn must_be_safe(files: &[String], version: Version) -> Outcome {
    let ours = version
        .schemas()
        .iter()
        .map(|(name, _)| *name)
        .chain([MANIFEST]);
    let mut known: BTreeSet<String> = ours.map(str::to_lowercase).collect();
    for file in files {
        if file
            .chars()
            .any(|it| it.is_control() || UNSAFE.contains(&it))
        {
            return Err(Failure::new(format!(
                "{file:?} has a name that not every course platform can unpack"
            ))
            .hint("name it with letters, digits, `-`, `_` and `.`"));
        }
        if !known.insert(file.to_lowercase()) {
            return Err(Failure::new(format!(
                "{file} has the same name as another but for capitals; a course platform may take them for one"
            ))
            .hint("name one of them otherwise"));
        }
    }
    Ok(())
}

/// `imsmanifest.xml`: one lab, one page, every file.
fn manifest(lab: &Lab, version: Version, files: &[String]) -> String {
    let title = xml(lab.title.get("en"));
    let listed = files.iter().fold(String::new(), |mut all, file| {
        let _ = writeln!(all, "      <file href=\"{}\"/>", address(file));
        all
    });
    let (head, schema_version, organization, sequencing, kind) = match version {
        Version::One => (
            r#"xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.imsproject.org/xsd/imscp_rootv1p1p2 imscp_rootv1p1p2.xsd
    http://www.imsglobal.org/xsd/imsmd_rootv1p2p1 imsmd_rootv1p2p1.xsd
    http://www.adlnet.org/xsd/adlcp_rootv1p2 adlcp_rootv1p2.xsd""#,
            "1.2",
            "",
            "",
            "adlcp:scormtype",
        ),
        Version::Two => (
            r#"xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"
  xmlns:imsss="http://www.imsglobal.org/xsd/imsss"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.imsglobal.org/xsd/imscp_v1p1 imscp_v1p1.xsd
    http://www.adlnet.org/xsd/adlcp_v1p3 adlcp_v1p3.xsd
    http://www.imsglobal.org/xsd/imsss imsss_v1p0.xsd""#,
            "2004 4th Edition",
            "
      <imsss:sequencing>
        <imsss:controlMode choice=\"true\" flow=\"true\"/>
      </imsss:sequencing>",
            "
        <imsss:sequencing>
          <imsss:deliveryControls completionSetByContent=\"true\" objectiveSetByContent=\"true\"/>
        </imsss:sequencing>",
            "adlcp:scormType",
        ),
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="labwright-{name}" version="1"
  {head}>
  <metadata>
    <schema>ADL SCORM</schema>
    <schemaversion>{schema_version}</schemaversion>
  </metadata>
  <organizations default="course">
    <organization identifier="course">
      <title>{title}</title>
      <item identifier="lab" identifierref="page" isvisible="true">
        <title>{title}</title>{sequencing}
      </item>{organization}
    </organization>
  </organizations>
  <resources>
    <resource identifier="page" type="webcontent" {kind}="sco" href="{INDEX}">
{listed}    </resource>
  </resources>
</manifest>
"#,
        name = lab.name,
    )
}

fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has no word for these.
            it if it.is_control() => safe.push(' '),
            it => safe.push(it),
        }
    }
    safe
}

/// A file's name as a relative address, safe in XML, too.
fn address(file: &str) -> String {
    let mut address = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            _ => {
                let _ = write!(address, "%{byte:02X}");
            }
        }
    }
    address
}

/// Writes the zip file and moves it to its place.
fn pack(
    made: &Made,
    version: Version,
    manifest: &str,
    files: &[String],
    out: &Path,
) -> Outcome<u64> {
    let above = web::above(out);
    let file = tempfile::NamedTempFile::new_in(above).with_path("making a file in", above)?;
    let mut zip = ZipWriter::new(io::BufWriter::new(file));
    let writing = || format!("writing {}", out.display());
    let texts = [(MANIFEST, manifest)];
    for (name, text) in texts.iter().chain(version.schemas()) {
        zip.start_file(*name, options(name, 0)).context(writing())?;
        zip.write_all(text.as_bytes()).context(writing())?;
    }
    let bar = Bar::new(made, files)?;
    for name in files {
        let path = made.path().join(name);
        let mut content = File::open(&path).with_path("reading", &path)?;
        let bytes = content.metadata().with_path("reading", &path)?.len();
        zip.start_file(name.as_str(), options(name, bytes))
            .context(writing())?;
        let mut part = vec![0; PART_BYTES];
        loop {
            let read = content.read(&mut part).with_path("reading", &path)?;
            if read == 0 {
                break;
            }
            zip.write_all(part.get(..read).unwrap_or_default())
                .context(writing())?;
            bar.0.inc(read as u64);
        }
    }
    bar.0.finish_and_clear();
    let file = zip.finish().context(writing())?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error);
    let file = file.context(writing())?;
    file.as_file().sync_all().context(writing())?;
    let bytes = file.as_file().metadata().context(writing())?.len();
    open_to_all(file.path())?;
    file.persist(out)
        .map_err(|error| error.error)
        .context(writing())?;
    Ok(bytes)
}

/// Fixed times and rights, so that the same content gives the same bytes.
fn options(name: &str, bytes: u64) -> SimpleFileOptions {
    let is_packed = name
        .rsplit_once('.')
        .is_some_and(|(_, end)| PACKED.contains(&end));
    let method = if is_packed {
        CompressionMethod::Stored
    } else {
        CompressionMethod::Deflated
    };
    SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(bytes >= u64::from(u32::MAX))
}

/// How much is packed, on a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new(made: &Made, files: &[String]) -> Outcome<Self> {
        if !io::stderr().is_terminal() {
            return Ok(Self(ProgressBar::hidden()));
        }
        let mut all = 0;
        for file in files {
            let path = made.path().join(file);
            all += fs::metadata(&path).with_path("reading", &path)?.len();
        }
        let bar = ProgressBar::new(all);
        if let Ok(style) =
            ProgressStyle::with_template("packing  [{bar:20}] {bytes} of {total_bytes}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Ok(Self(bar))
    }
}

/// Temporary files are for their owner alone; this one is to be handed on.
fn open_to_all(file: &Path) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).with_path("opening", file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_are_addresses_and_words_are_xml() {
        assert_eq!(
            address("lab/assets/a b&c#1 é.txt"),
            "lab/assets/a%20b%26c%231%20%C3%A9.txt"
        );
        assert_eq!(xml("a <b> & \"c\"\n"), "a &lt;b&gt; &amp; &quot;c&quot; ");
    }

    #[test]
    fn names_that_do_not_unpack_everywhere_are_refused() {
        let refused = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            must_be_safe(&names, Version::Two).is_err()
        };
        assert!(!refused(&["a", "b/a", "é.txt"]));
        assert!(refused(&["a\\b"]));
        assert!(refused(&["a:b"]));
        assert!(refused(&["a\nb"]));
        assert!(refused(&["a", "A"]));
        assert!(refused(&["IMSmanifest.xml"]));
    }
}
