//! A server with the fake place, a lab, and people.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use labwright_place::fake::FakePlace;
use labwright_server::{
    AccountConfig, BootError, Catalogue, CatalogueCourse, CatalogueLab, Clock, Config,
    CourseConfig, Parts, Server, TitleConfig, boot,
};
use labwright_session::RunnableLab;
use labwright_sql::Asker;
use labwright_store::CourseId;
pub use labwright_testkit::{Browser, Heard};
use tempfile::TempDir;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// A server, its place and its state.
pub struct World {
    pub server: Server,
    pub place: FakePlace,
    state: TempDir,
    clock: Clock,
}

impl World {
    /// Ada and Bob learn in `nets`, Tom teaches it; Uma teaches `other`; Olga operates.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::by_clock(Clock::default(), change).await
    }

    /// With a clock of its own, for what lasts longer than a test.
    pub async fn by_clock(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let state = tempfile::tempdir().unwrap();
        let place = FakePlace::new();
        let mut config = config();
        change(&mut config);
        let server = start(config, state.path(), &place, &clock).await.unwrap();
        Self {
            server,
            place,
            state,
            clock,
        }
    }

    /// Stops the server in order and starts another one on the same state, place and port.
    pub async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    pub async fn restart_with(self, change: impl FnOnce(&mut Config)) -> Self {
        let Self {
            server,
            place,
            state,
            clock,
        } = self;
        let address = server.address;
        server.stop().await;
        let mut config = config();
        config.listen = Some(address);
        change(&mut config);
        let server = start(config, state.path(), &place, &clock).await.unwrap();
        Self {
            server,
            place,
            state,
            clock,
        }
    }

    /// Tries to start one more server on the same state.
    pub async fn second(&self) -> Result<Server, BootError> {
        start(config(), self.state(), &self.place, &self.clock).await
    }

    /// A browser of somebody who is signed in.
    pub async fn browser(&self, name: &str) -> Browser {
        let token = self.server.token_for(name).await.unwrap();
        Browser {
            token: Some(token),
            ..self.stranger()
        }
    }

    /// A browser of nobody.
    pub fn stranger(&self) -> Browser {
        Browser {
            address: self.server.address,
            token: None,
            polled: false,
        }
    }

    pub fn state(&self) -> &Path {
        self.state.path()
    }
}

fn config() -> Config {
    let account = |name: &str| AccountConfig {
        name: name.to_owned(),
        display_name: Some(format!("{name} Somebody")),
        password: Some(PASSWORD.to_owned()),
        password_hash: None,
        operator: name == "olga",
        language: None,
    };
    let course = |id: &str, teacher: &str, learners: &[&str]| CourseConfig {
        id: id.to_owned(),
        title: TitleConfig::One(format!("Course {id}")),
        labs: Vec::new(),
        teachers: vec![teacher.to_owned()],
        rules: BTreeMap::new(),
        ends: None,
        keep_days: None,
        learners: learners.iter().map(|&name| name.to_owned()).collect(),
        exam: false,
    };
    Config {
        listen: Some(([127, 0, 0, 1], 0).into()),
        accounts: ["ada", "bob", "tom", "uma", "olga"].map(account).into(),
        courses: vec![
            course("nets", "tom", &["ada", "bob"]),
            course("other", "uma", &[]),
        ],
        ..Config::default()
    }
}

async fn start(
    config: Config,
    state: &Path,
    place: &FakePlace,
    clock: &Clock,
) -> Result<Server, BootError> {
    let courses = config.courses.iter().map(|course| CatalogueCourse {
        id: CourseId::new(&course.id),
        title: course.title.by_language(),
        labs: vec![lab()],
    });
    let parts = Parts {
        catalogue: Arc::new(Catalogue::new(courses.collect())),
        config,
        state: state.to_owned(),
        place: Arc::new(place.clone()),
        id_prefix: None,
        asker: Asker::new("/nothing", &[]),
        clock: clock.clone(),
    };
    boot(parts).await
}

/// The lab in `tests/data/lab`.
pub fn lab() -> CatalogueLab {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab");
    let loaded = labwright_manifest::load(&folder);
    let lab = loaded
        .lab
        .unwrap_or_else(|| panic!("{:?}", loaded.problems));
    let layers: BTreeMap<_, _> = lab
        .nodes
        .keys()
        .map(|node| (node.clone(), vec![PathBuf::from("/layer")]))
        .collect();
    CatalogueLab {
        runnable: Arc::new(RunnableLab {
            lab,
            layers,
            assets: folder.join("assets"),
            display: vec!["/layers/display".into()],
        }),
    }
}
