//! An author's previews: a server of one lab and one account, where its state is, and clearing up
//! after one that was killed.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use labwright_image::LabImage;
use labwright_model::SessionId;
use labwright_place::Place;
use labwright_server::{
    AccountConfig, Catalogue, CatalogueCourse, Clock, Config, CourseConfig, Parts, Server,
    TitleConfig, boot,
};
use labwright_store::CourseId;
use tempfile::TempDir;

use crate::context::Context;
use crate::failure::{Explain, Outcome};
use crate::serving;

/// The one course of a preview.
pub const COURSE: &str = "preview";
/// Its one account.
const AUTHOR: &str = "author";

/// A server of one lab.
pub struct Preview {
    /// The lab.
    pub image: LabImage,
    /// Where its machines are started.
    pub place: Arc<dyn Place>,
    /// A folder for its database.
    pub state: PathBuf,
    /// The port on this host; 0 is any free one.
    pub port: u16,
    /// Language of the page.
    pub language: Option<String>,
}

impl Preview {
    /// Starts the server; also a token that signs its account in.
    pub async fn boot(self) -> Outcome<(Server, String)> {
        let language = self.language.as_deref().unwrap_or("en");
        let title = self.image.lab.title.get(language).to_owned();
        let config = config(self.port, self.language, title.clone());
        let course = CatalogueCourse {
            id: CourseId::new(COURSE),
            title: TitleConfig::One(title).by_language(),
            labs: vec![serving::served(self.image, self.place.name())],
        };
        let parts = Parts {
            config,
            state: self.state,
            place: self.place,
            catalogue: Arc::new(Catalogue::new(vec![course])),
            id_prefix: Some(id_prefix(std::process::id())),
            asker: serving::asker(),
            clock: Clock::default(),
        };
        let server = boot(parts).await?;
        let token = server.token_for(AUTHOR).await?;
        Ok((server, token))
    }
}

fn config(port: u16, language: Option<String>, title: String) -> Config {
    Config {
        listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        accounts: vec![AccountConfig {
            name: AUTHOR.to_owned(),
            display_name: None,
            password: None,
            password_hash: None,
            operator: false,
            language,
        }],
        courses: vec![CourseConfig {
            id: COURSE.to_owned(),
            title: TitleConfig::One(title),
            labs: Vec::new(),
            teachers: vec![AUTHOR.to_owned()],
            rules: BTreeMap::new(),
            ends: None,
            keep_days: None,
            learners: Vec::new(),
            exam: false,
        }],
        ..Config::default()
    }
}

/// What the session ids of previews begin with; the process id follows.
const PREFIX: char = 'r';

/// What the session ids of a process's preview begin with.
fn id_prefix(process: u32) -> String {
    format!("{PREFIX}{process}")
}

/// A folder for one preview's database, removed with it.
pub fn state(context: &Context) -> Outcome<TempDir> {
    let folder = context.state.join("previews");
    std::fs::create_dir_all(&folder).context(format!("making {}", folder.display()))?;
    let prefix = format!("{}-", std::process::id());
    let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(&folder);
    made.context(format!("making a folder in {}", folder.display()))
}

/// Removes what previews that were killed have left; what fails now is tried the next time.
pub async fn sweep(place: &dyn Place, context: &Context) {
    for machine in place.observe().await.unwrap_or_default() {
        if owner(&machine.id).is_some_and(|process| !lives(process)) {
            let _ = place.stop(&machine.id).await;
        }
    }
    let folders = std::fs::read_dir(context.state.join("previews"));
    for folder in folders.into_iter().flatten().flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let process = name.split('-').next().and_then(|text| text.parse().ok());
        if process.is_some_and(|process| !lives(process)) {
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }
}

/// The process whose preview a session belongs to.
fn owner(id: &SessionId) -> Option<u32> {
    let (prefix, _) = id.as_str().split_once('-')?;
    prefix.strip_prefix(PREFIX)?.parse().ok()
}

/// Whether a process is a `labwright` that lives.
pub fn lives(process: u32) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm"));
    name.is_ok_and(|name| name.trim() == "labwright")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_previews_session_tells_its_process() {
        let id = |text: &str| SessionId::new(text).unwrap();
        assert_eq!(owner(&id("r4194304-abcdefgh")), Some(4_194_304));
        assert_eq!(owner(&id("rx7k2q-abcdefgh")), None);
        assert_eq!(owner(&id("test-1-2")), None);
        assert_eq!(id_prefix(7), "r7");
    }
}
