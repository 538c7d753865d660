//! A session's good days: start, work, sleep, wake, reset, end.

use std::sync::Arc;

use labwright_place::Place as _;
use labwright_session::{Ending, Limits, Notice, StageState};
use labwright_store::SessionState;
use labwright_wire::frame::{self, Kind};
use labwright_wire::{DisplayReport, Event, Exit, Reply};

use crate::world::{PATIENCE, World, ann, course, lab_name, node};

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_becomes_ready_with_its_tabs_open() {
    let world = World::new().await;
    let launched = world
        .supervisor
        .launch(&ann(), &course(), &lab_name())
        .await
        .unwrap();
    assert!(launched.created);
    let id = launched.snapshot.id.clone();
    let ready = world.until(&id, |s| s.state == SessionState::Ready).await;
    assert!(
        ready
            .stages
            .iter()
            .all(|stage| stage.state == StageState::Done)
    );
    assert!(ready.stages.iter().all(|stage| stage.took_ms.is_some()));
    assert_eq!(ready.progress.points, 7.0);
    assert!(ready.ends_at.is_some());
    let titles: Vec<_> = ready.terminals.iter().map(|t| t.title.as_str()).collect();
    assert_eq!(titles, ["client", "server"]);
    let names: Vec<_> = ready.nodes.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["client", "server"], "hidden nodes stay hidden");
    // The same lab again is the same session.
    let again = world
        .supervisor
        .launch(&ann(), &course(), &lab_name())
        .await
        .unwrap();
    assert!(!again.created);
    assert_eq!(again.snapshot.id, id);
    assert_eq!(world.place.starts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_launches_at_once_are_one_session() {
    let world = World::new().await;
    let launches = (0..20).map(|_| world.launch());
    let ids = futures::future::join_all(launches).await;
    assert!(ids.iter().all(|id| *id == ids[0]));
    world
        .until(&ids[0], |s| s.state == SessionState::Ready)
        .await;
    assert_eq!(world.place.starts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn terminals_are_opened_used_and_closed() {
    let world = World::new().await;
    let id = world.ready().await;
    let supervisor = &world.supervisor;
    let extra = supervisor.add_terminal(&id, &node("client")).await.unwrap();
    assert_eq!(extra.title, "client 2");
    supervisor
        .add_terminal(&id, &node("judge"))
        .await
        .unwrap_err();
    let (reply, mut stream) = supervisor
        .open_terminal(&id, &extra.id, 100, 30, None)
        .await
        .unwrap();
    assert!(matches!(reply, Reply::Terminal { .. }));
    frame::write_frame(&mut stream, Kind::Data, b"touch /root/typed\r")
        .await
        .unwrap();
    while !world.has_file(&id, "/root/typed") {
        tokio::task::yield_now().await;
    }
    supervisor.close_terminal(&id, &extra.id).await.unwrap();
    world.until(&id, |s| s.terminals.len() == 2).await;
    let gone = supervisor.open_terminal(&id, &extra.id, 80, 24, None).await;
    assert_eq!(gone.err().unwrap().code(), "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn sleep_keeps_the_files_and_a_launch_wakes_it() {
    let world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    world.supervisor.sleep(&id).await.unwrap();
    let asleep = world.until(&id, |s| s.state == SessionState::Asleep).await;
    assert!(asleep.saved_at.is_some() && asleep.kept_until.is_some());
    assert_eq!(world.place.observe().await.unwrap(), []);
    assert_eq!(world.launch().await, id);
    world.until(&id, |s| s.state == SessionState::Ready).await;
    assert!(world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_sleeps_wakes_after_a_restart_of_the_server() {
    let mut world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    world.supervisor.sleep(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    world.restart().await;
    world.supervisor.converge().await.unwrap();
    let seen = world.supervisor.view(&id).await.unwrap();
    assert_eq!(seen.state, SessionState::Asleep);
    assert_eq!(world.launch().await, id);
    world.until(&id, |s| s.state == SessionState::Ready).await;
    assert!(world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_has_a_way_back() {
    let world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    world.supervisor.end(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Ended).await;
    let over = world.supervisor.extend(&id).await.unwrap_err();
    assert_eq!(over.code(), "over");
    let next = world.launch().await;
    assert_ne!(next, id);
    world.until(&next, |s| s.state == SessionState::Ready).await;
    assert!(world.has_file(&next, "/root/work"));
    // And once more: the files go from session to session.
    world.write(&next, "/root/more");
    world.supervisor.end(&next).await.unwrap();
    world.until(&next, |s| s.state == SessionState::Ended).await;
    let third = world.launch().await;
    world
        .until(&third, |s| s.state == SessionState::Ready)
        .await;
    assert!(world.has_file(&third, "/root/work") && world.has_file(&third, "/root/more"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_throws_files_and_autosave_away_and_opens_the_tabs_again() {
    let world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    world.supervisor.sleep(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    world.launch().await;
    world.until(&id, |s| s.state == SessionState::Ready).await;
    let unknown = world.supervisor.reset(&id, Some(node("judge"))).await;
    assert_eq!(unknown.unwrap_err().code(), "not_found");
    world.supervisor.reset(&id, None).await.unwrap();
    world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.saved_at.is_none() && s.terminals.len() == 2
        })
        .await;
    assert!(!world.has_file(&id, "/root/work"));
    world.place.kill(&id);
    world.until(&id, |s| s.problem.is_some()).await;
    world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.problem.is_none()
        })
        .await;
    assert!(!world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_while_it_ends_gets_it_back() {
    let world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    for end in [true, false] {
        // The end takes a while: the launch meets it on its way, however slow this machine is.
        world.place.behave(|b| b.fail_stops = 1);
        if end {
            world.supervisor.end(&id).await.unwrap();
        } else {
            world.supervisor.sleep(&id).await.unwrap();
        }
        assert_eq!(world.launch().await, id);
        world
            .until(&id, |s| {
                s.state == SessionState::Ready && s.terminals.len() == 2
            })
            .await;
        assert!(world.has_file(&id, "/root/work"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_of_one_node_leaves_the_learner_in_the_lab() {
    let world = World::new().await;
    let id = world.ready().await;
    let before = world.supervisor.view(&id).await.unwrap().terminals.clone();
    let mut snapshots = world.supervisor.watch(&id).unwrap();
    world
        .supervisor
        .reset(&id, Some(node("client")))
        .await
        .unwrap();
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        assert_eq!(snapshot.state, SessionState::Ready);
        if snapshot.terminals.len() == 2 && snapshot.terminals != before {
            break;
        }
        tokio::time::timeout(PATIENCE, snapshots.changed())
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reset_threw_away_stays_away_even_if_the_machine_is_lost() {
    let limits = Limits {
        autosave_ms: 3_600_000,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    world.supervisor.sleep(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    world.launch().await;
    let awake = world.until(&id, |s| s.state == SessionState::Ready).await;
    world
        .supervisor
        .reset(&id, Some(node("client")))
        .await
        .unwrap();
    world
        .until(&id, |s| {
            s.terminals.len() == 2 && s.terminals != awake.terminals
        })
        .await;
    world.place.stop(&id).await.unwrap();
    world.until(&id, |s| s.problem.is_some()).await;
    world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.problem.is_none()
        })
        .await;
    assert!(!world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_up_and_the_lab_sleeps() {
    let world = World::new().await;
    world.labs.change(|lab| lab.time.session_s = 1);
    let id = world.launch().await;
    let mut notices = world.supervisor.notices(&id).unwrap();
    world.until(&id, |s| s.state == SessionState::Ready).await;
    world.write(&id, "/root/work");
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    assert_eq!(
        notices.recv().await.unwrap(),
        Notice::Warning { minutes: 1 }
    );
    world.launch().await;
    world.until(&id, |s| s.state == SessionState::Ready).await;
    assert!(world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_sleeps_and_activity_keeps_awake() {
    let world = World::new().await;
    world.labs.change(|lab| lab.time.idle_s = 1);
    let id = world.ready().await;
    world.until(&id, |s| s.state == SessionState::Asleep).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_saved_now_and_then() {
    let limits = Limits {
        autosave_ms: 100,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    let first = world.until(&id, |s| s.saved_at.is_some()).await.saved_at;
    world.until(&id, |s| s.saved_at > first).await;
    // All is lost, layers too; the autosave is not.
    world.place.stop(&id).await.unwrap();
    world.until(&id, |s| s.problem.is_some()).await;
    world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.problem.is_none()
        })
        .await;
    assert!(world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_moves_the_end_and_runs_out() {
    let world = World::new().await;
    let id = world.launch().await;
    let before = world.until(&id, |s| s.state == SessionState::Ready).await;
    for left in (0..before.extensions_left).rev() {
        let after = world.supervisor.extend(&id).await.unwrap();
        assert_eq!(after.extensions_left, left);
        assert!(after.ends_at > before.ends_at);
    }
    let refused = world.supervisor.extend(&id).await.unwrap_err();
    assert_eq!(refused.code(), "no_more_time");
    // After a rest it has its whole time again, and so have the extensions.
    world.supervisor.sleep(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    world.launch().await;
    let again = world.until(&id, |s| s.state == SessionState::Ready).await;
    assert_eq!(again.extensions_left, before.extensions_left);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_stops_when_asked() {
    let world = World::new().await;
    let id = world.ready().await;
    assert_eq!(world.supervisor.stop_all().await, []);
    assert_eq!(world.place.observe().await.unwrap(), []);
    let snapshot = world.supervisor.view(&id).await.unwrap();
    assert_eq!(Arc::as_ref(&snapshot).state, SessionState::Ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desktop_program_that_ends_is_told_with_the_reason() {
    let world = World::new().await;
    let id = world.ready().await;
    let killed = DisplayReport {
        app: "app-1".to_owned(),
        node: node("client"),
        running: false,
        restarts: 1,
        exit: Some(Exit::Signal(9)),
        out_of_memory: false,
        words: "no more".to_owned(),
    };
    let told_by_a_shell = DisplayReport {
        exit: Some(Exit::Code(139)),
        ..killed.clone()
    };
    let starved = DisplayReport {
        out_of_memory: true,
        ..killed.clone()
    };
    for (report, ending) in [
        (killed, Ending::Signal(9)),
        (told_by_a_shell, Ending::Signal(11)),
        (starved, Ending::OutOfMemory),
    ] {
        world.place.tell(&id, Event::Display(report));
        let told = world
            .until(&id, |s| {
                let program = s.programs.get("app-1");
                program.is_some_and(|program| program.ending == Some(ending))
            })
            .await;
        let program = told.programs.get("app-1").unwrap();
        assert!(!program.running);
        assert_eq!(program.words, "no more");
    }
}
