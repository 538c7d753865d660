//! A machine's life as the host sees it, with an agent that says nothing: what is promised here
//! must not depend on an agent that behaves.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use labwright_local::cgroup::Cgroups;
use labwright_model::SessionId;
use labwright_place::{MachineStatus, PlaceError};

use crate::ground::{Ground, machine, session};

fn agent_pid(ground: &Ground, id: &SessionId) -> i32 {
    let cgroup = ground.installation.session_cgroup(id);
    let found = Cgroups::discover().unwrap().agent_processes(&cgroup);
    assert_eq!(found.len(), 1, "{found:?}");
    *found.first().unwrap()
}

async fn until_status(ground: &Ground, id: &SessionId, wanted: MachineStatus) {
    for _ in 0..100 {
        let found = ground.host().observe().await.unwrap();
        if found.iter().any(|m| m.id == *id && m.status == wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} did not become {wanted:?}");
}

#[tokio::test]
async fn an_agent_has_namespaces_of_its_own_and_nothing_of_ours() {
    let ground = Ground::with_silent_agent();
    let host = ground.host();
    let id = session("a");
    host.start(&machine(&id, &[])).await.unwrap();
    let pid = agent_pid(&ground, &id);
    let process = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    // The shell that it begins as holds its script open.
    while process("comm").trim() != "sleep" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for namespace in ["pid", "mnt", "net", "ipc", "uts"] {
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).unwrap();
        assert_ne!(of(&pid.to_string()), of("self"), "{namespace}");
    }
    let own = fs::read_to_string("/proc/self/stat").unwrap();
    let session_of = |stat: &str| {
        stat.rsplit(')')
            .next()
            .unwrap()
            .split(' ')
            .nth(4)
            .unwrap()
            .to_owned()
    };
    assert_ne!(session_of(&process("stat")), session_of(&own));
    let open: Vec<_> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .collect();
    assert_eq!(
        open.len(),
        4,
        "stdin, stdout, stderr and the socket: {open:?}"
    );
    assert!(host.connect(&id).await.is_ok());
    let spec = ground.installation.session_state(&id).join("spec.json");
    assert_eq!(fs::metadata(spec).unwrap().mode() & 0o777, 0o600);
    host.stop(&id).await.unwrap();
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn an_agent_listens_for_the_owner_alone() {
    let mut ground = Ground::with_silent_agent();
    ground.installation.owner = Some((65534, 65533));
    let id = session("a");
    ground.host().start(&machine(&id, &[])).await.unwrap();
    let socket = fs::metadata(ground.installation.agent_socket(&id)).unwrap();
    assert_eq!((socket.uid(), socket.gid()), (65534, 65533));
    assert_eq!(socket.mode() & 0o777, 0o600);
    ground.host().stop(&id).await.unwrap();
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn a_killed_agent_is_cleaned_up_and_can_start_again() {
    let ground = Ground::with_silent_agent();
    let host = ground.host();
    let id = session("a");
    let spec = machine(&id, &[]);
    host.start(&spec).await.unwrap();
    let pid = agent_pid(&ground, &id);
    host.start(&spec).await.unwrap();
    assert_eq!(agent_pid(&ground, &id), pid, "started twice");
    let layer = ground.installation.session_state(&id).join("layer");
    fs::write(&layer, "written by the learner").unwrap();

    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    until_status(&ground, &id, MachineStatus::Dead).await;
    assert!(matches!(
        host.connect(&id).await,
        Err(PlaceError::NoMachine { .. })
    ));
    for _ in 0..100 {
        if !ground
            .leftovers()
            .iter()
            .any(|left| left.starts_with("cgroup"))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let left = ground.leftovers();
    assert!(
        left.iter().all(|left| left.starts_with("state")),
        "only the writable layers wait: {left:#?}"
    );

    host.start(&spec).await.unwrap();
    assert_ne!(agent_pid(&ground, &id), pid);
    assert!(layer.exists());
    host.stop(&id).await.unwrap();
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn stopping_what_is_not_there_and_half_made_ones_succeeds() {
    let ground = Ground::with_silent_agent();
    let host = ground.host();
    host.stop(&session("never")).await.unwrap();
    ground.expect_nothing_left().await;
    // As after a crash at any point: one piece each.
    let installation = &ground.installation;
    fs::create_dir_all(installation.session_state(&session("disk"))).unwrap();
    fs::create_dir_all(installation.session_run(&session("socket"))).unwrap();
    for hierarchy in Cgroups::discover().unwrap().hierarchies() {
        let cgroup = installation.session_cgroup(&session("group"));
        fs::create_dir_all(hierarchy.mount.join(cgroup).join("nodes/client")).unwrap();
    }
    let found = host.observe().await.unwrap();
    let ids: Vec<&str> = found.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids, ["disk", "group", "socket"]);
    assert!(found.iter().all(|m| m.status == MachineStatus::Dead));
    for machine in found {
        host.stop(&machine.id).await.unwrap();
    }
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn the_reaper_takes_what_nobody_will_claim() {
    let ground = Ground::with_silent_agent();
    let host = ground.host();
    let installation = &ground.installation;
    fs::create_dir_all(installation.session_state(&session("disk"))).unwrap();
    fs::create_dir_all(installation.session_run(&session("socket"))).unwrap();
    for hierarchy in Cgroups::discover().unwrap().hierarchies() {
        let cgroup = installation.session_cgroup(&session("group"));
        fs::create_dir_all(hierarchy.mount.join(cgroup).join("nodes/client")).unwrap();
    }
    let id = session("old");
    host.start(&machine(&id, &[])).await.unwrap();
    host.observe().await.unwrap();
    until_status(&ground, &id, MachineStatus::Running).await;

    let pid = rustix::process::Pid::from_raw(agent_pid(&ground, &id)).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    until_status(&ground, &id, MachineStatus::Dead).await;
    let record = installation.session_state(&id).join("place.json");
    let read =
        || -> serde_json::Value { serde_json::from_slice(&fs::read(&record).unwrap()).unwrap() };
    let mut old = read();
    // Either this reaper or the one that watched the agent writes it down.
    for _ in 0..100 {
        host.observe().await.unwrap();
        old = read();
        if old["dead_since_s"].is_u64() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(old["dead_since_s"].is_u64(), "{old}");
    old["dead_since_s"] = 1.into();
    fs::write(&record, old.to_string()).unwrap();
    host.observe().await.unwrap();
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn no_two_sessions_share_user_ids() {
    let ground = Ground::with_silent_agent();
    let host = ground.host();
    let ids: Vec<SessionId> = (0..4).map(|n| session(&format!("s{n}"))).collect();
    let starts = ids.iter().map(|id| {
        let (host, spec) = (host.clone(), machine(id, &[]));
        tokio::spawn(async move { host.start(&spec).await })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
    let mut bases = Vec::new();
    for id in &ids {
        let record = ground.installation.session_state(id).join("place.json");
        let record: serde_json::Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
        bases.push(record["slot"].to_string());
    }
    bases.sort();
    bases.dedup();
    assert_eq!(bases.len(), ids.len());
    for id in &ids {
        host.stop(id).await.unwrap();
    }
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn a_missing_agent_is_named_and_leaves_nothing_behind() {
    let mut ground = Ground::new();
    ground.installation.agent = "/nowhere/labwright-agent".into();
    let host = ground.host();
    let id = session("a");
    let error = host
        .start(&machine(&id, &[]))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("/nowhere/labwright-agent"), "{error}");
    ground.installation.agent = "/etc/passwd".into();
    let error = ground.host().start(&machine(&id, &[])).await.unwrap_err();
    assert!(error.to_string().contains("executing the agent"), "{error}");
    host.stop(&id).await.unwrap();
    ground.expect_nothing_left().await;
}

/// A file system of 64 kB on the state directory, until dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(on: &'a Path) -> Self {
        fs::create_dir_all(on).unwrap();
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k,mode=0711", "none"])
            .arg(on)
            .status();
        assert!(status.unwrap().success());
        Self(on)
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_next_start_works() {
    let ground = Ground::with_silent_agent();
    let disk = SmallDisk::mount(&ground.installation.state);
    let host = ground.host();
    let id = session("a");
    let filler = ground.installation.state.join("filler");
    fs::write(&filler, vec![1; 1 << 20]).unwrap_err();
    let error = host
        .start(&machine(&id, &[]))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("No space left"), "{error}");
    fs::remove_file(&filler).unwrap();
    host.start(&machine(&id, &[])).await.unwrap();
    until_status(&ground, &id, MachineStatus::Running).await;
    host.stop(&id).await.unwrap();
    drop(disk);
    ground.expect_nothing_left().await;
}
