//! A small installation: a fake place, a real store in a temporary folder, one lab.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use labwright_model::{Lab, LabName, NodeName, SessionId, TaskId};
use labwright_place::{FakePlace, Place};
use labwright_session::{Given, Labs, Limits, RunnableLab, Setup, Snapshot, Supervisor};
use labwright_sql::Asker;
use labwright_store::{
    Account, AccountId, AccountRole, Autosaves, Course, CourseId, SessionState, Store,
};
use serde_json::{Value, json};

/// The longest that anything here may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub struct World {
    pub place: FakePlace,
    pub store: Store,
    pub supervisor: Supervisor,
    pub labs: Arc<TestLabs>,
    pub limits: Limits,
    pub dir: Arc<tempfile::TempDir>,
}

#[derive(Default)]
pub struct TestLabs(pub Mutex<BTreeMap<LabName, Arc<RunnableLab>>>);

impl Labs for TestLabs {
    fn find(&self, _course: &CourseId, lab: &LabName) -> Option<Arc<RunnableLab>> {
        self.0.lock().unwrap().get(lab).cloned()
    }
}

impl TestLabs {
    pub fn change(&self, change: impl FnOnce(&mut Lab)) {
        let mut labs = self.0.lock().unwrap();
        let mut lab = (**labs.get(&lab_name()).unwrap()).clone();
        change(&mut lab.lab);
        labs.insert(lab_name(), Arc::new(lab));
    }
}

pub fn lab_name() -> LabName {
    LabName::new("tcp").unwrap()
}

pub fn course() -> CourseId {
    CourseId::new("net")
}

pub fn ann() -> AccountId {
    AccountId::new("ann")
}

pub fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

pub fn task(name: &str) -> TaskId {
    TaskId::new(name).unwrap()
}

pub fn lab() -> Lab {
    let limits = json!({"memory_bytes": 1, "cpu_milli": 1, "pids": 1, "disk_bytes": 1});
    let node = |address: &str, hidden: bool| {
        json!({
            "source": {"packages": []},
            "networks": {"lan": {"mode": "static", "addresses": [address], "mac": null}},
            "routes": [], "user": "root", "services": [], "setup": null, "start": null,
            "env": {}, "sysctl": {}, "hidden": hidden, "limits": limits
        })
    };
    serde_json::from_value(json!({
        "format": 1, "name": "tcp", "title": {"": "TCP"}, "summary": null, "authors": [],
        "license": null, "base": "debian/bookworm",
        "nodes": {
            "client": node("10.0.0.2/24", false),
            "server": node("10.0.0.1/24", false),
            "judge": node("10.0.0.9/24", true)
        },
        "networks": {"lan": {"subnet": "10.0.0.0/24", "shaping":
            {"delay_us": 0, "jitter_us": 0, "loss": 0.0, "rate_bps": 0}}},
        "params": {"port": {"int": [2000, 9000]}},
        "apps": [
            {"kind": "terminal", "node": "client", "title": null},
            {"kind": "terminal", "node": "server", "title": null}
        ],
        "steps": [{"page": {"path": "steps/1.md", "markdown": {"": "# One"}}, "tasks": tasks()}],
        "group": null, "limits": limits, "time": {"session_s": 7200, "idle_s": 1200},
        "internet": "none", "keep": ["/root"], "places": null,
        "budget": {"image_bytes": null, "start_ms": null}
    }))
    .unwrap()
}

fn tasks() -> Value {
    let script = |on: &str, text: &str| {
        json!({"script": {"on": on, "script": {"path": null, "text": text}, "user": "root",
            "timeout_ms": 300}})
    };
    let task = |id: &str, points: f64, check: Value, answer: Value| {
        json!({"id": id, "title": {"": id}, "points": points, "check": check, "answer": answer,
            "hints": [{"": "first"}, {"": "second"}], "solve": null})
    };
    json!([
        task(
            "file",
            3.0,
            script("client", "test -e /root/done"),
            Value::Null
        ),
        task("slow", 1.0, script("client", "sleep 5"), Value::Null),
        task(
            "guarded",
            2.0,
            script("judge", "echo score 0.5\nexit 1"),
            Value::Null
        ),
        task(
            "port",
            1.0,
            json!({"expect":
            {"value": "{{ params.port }}", "exact": false, "tolerance": 0.0}}),
            json!("number")
        ),
    ])
}

/// A check that may be asked for again.
pub fn named(attempt: &str) -> Given {
    Given {
        attempt_id: Some(attempt.to_owned()),
        ..Given::default()
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        Self::at(Arc::new(tempfile::tempdir().unwrap()), limits).await
    }

    pub async fn at(dir: Arc<tempfile::TempDir>, limits: Limits) -> Self {
        let store = Store::open(&dir.path().join("labwright.db")).await.unwrap();
        for name in ["ann", "bob", "cy"] {
            let account = Account {
                id: AccountId::new(name),
                name: name.to_owned(),
                display_name: name.to_owned(),
                password: None,
                role: AccountRole::Member,
                language: "en".to_owned(),
                created_ms: 0,
            };
            store.add_account(&account).await.unwrap();
        }
        let course = Course {
            id: course(),
            title: BTreeMap::from([(String::new(), "Networks".to_owned())]),
        };
        store.put_course(&course, 0).await.unwrap();
        let labs = Arc::new(TestLabs::default());
        let lab = lab();
        let layers = lab
            .nodes
            .keys()
            .map(|name| (name.clone(), vec![PathBuf::from("/base")]))
            .collect();
        let runnable = Arc::new(RunnableLab {
            lab,
            layers,
            assets: dir.path().join("assets"),
            display: Vec::new(),
        });
        labs.0.lock().unwrap().insert(lab_name(), runnable);
        let place = FakePlace::new();
        let supervisor = supervisor(Arc::new(place.clone()), &store, &labs, &limits, &dir).await;
        Self {
            place,
            store,
            supervisor,
            labs,
            limits,
            dir,
        }
    }

    /// Another server on the same place and store. The old one's tasks go on unless they were
    /// shut down: a killed server is acted by [`World::kill_server`].
    pub async fn restart(&mut self) {
        self.supervisor.shutdown().await;
        self.fresh_server().await;
    }

    pub async fn fresh_server(&mut self) {
        self.supervisor = self.server_on(Arc::new(self.place.clone())).await;
    }

    /// A server whose place is another one, such as this world's in a wrapping.
    pub async fn server_on(&self, place: Arc<dyn Place>) -> Supervisor {
        supervisor(place, &self.store, &self.labs, &self.limits, &self.dir).await
    }

    pub async fn launch(&self) -> SessionId {
        self.launch_as(&ann()).await
    }

    pub async fn launch_as(&self, account: &AccountId) -> SessionId {
        let launched = self
            .supervisor
            .launch(account, &course(), &lab_name())
            .await
            .unwrap();
        launched.snapshot.id.clone()
    }

    pub async fn ready(&self) -> SessionId {
        let id = self.launch().await;
        self.until(&id, |s| s.state == SessionState::Ready).await;
        id
    }

    pub async fn until(&self, id: &SessionId, until: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let waited = tokio::time::timeout(PATIENCE, self.supervisor.wait(id, &until)).await;
        match waited {
            Ok(snapshot) => {
                let snapshot = snapshot.unwrap();
                assert!(until(&snapshot), "it went another way: {snapshot:#?}");
                snapshot
            }
            Err(_) => panic!("never: {:#?}", self.supervisor.all()),
        }
    }

    pub fn has_file(&self, id: &SessionId, path: &str) -> bool {
        let files = self.place.files(id, &node("client")).unwrap_or_default();
        files.contains_key(path)
    }

    pub fn write(&self, id: &SessionId, path: &str) {
        self.place.write_file(id, &node("client"), path, b"x");
    }
}

async fn supervisor(
    place: Arc<dyn Place>,
    store: &Store,
    labs: &Arc<TestLabs>,
    limits: &Limits,
    dir: &tempfile::TempDir,
) -> Supervisor {
    let labs: Arc<dyn Labs> = Arc::<TestLabs>::clone(labs);
    Supervisor::new(Setup {
        place,
        store: store.clone(),
        autosaves: Autosaves::new(dir.path().join("autosaves")),
        labs,
        limits: limits.clone(),
        id_prefix: "t".to_owned(),
        asker: Asker::new("/nothing", &[]),
    })
    .await
    .unwrap()
}

/// Holds the database's write lock, as another process would, until it is rolled back.
pub async fn hold_database(world: &World) -> sqlx::SqliteConnection {
    use sqlx::Connection as _;
    let path = world.dir.path().join("labwright.db");
    let url = format!("sqlite://{}", path.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}
