//! Accounts, tokens, courses, invitations, settings.

use labwright_store::{AuditEntry, CourseId, CourseRole, Enrolment, Invitation, StoreError};

use crate::{account, filled, open};

#[tokio::test]
async fn accounts_are_found_by_id_name_and_token() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let ann = account("ann");
    assert_eq!(store.account(&ann.id).await.unwrap(), Some(ann.clone()));
    assert_eq!(store.account_named("ann").await.unwrap(), Some(ann.clone()));
    assert_eq!(store.account_named("Ann").await.unwrap(), None);
    let taken = store.add_account(&ann).await.unwrap_err();
    assert!(matches!(taken, StoreError::Taken { .. }));
    store.add_token("h", &ann.id, 100, 200).await.unwrap();
    let of = async |now| {
        store
            .account_of_token("h", now)
            .await
            .unwrap()
            .map(|a| a.name)
    };
    assert_eq!(of(199).await, Some("ann".to_owned()));
    assert_eq!(of(200).await, None, "it has expired");
    assert_eq!(store.remove_tokens(None, 200).await.unwrap(), 1);
    store.remove_token("h").await.unwrap();
    store
        .set_password(&ann.id, Some("$argon2id$…"))
        .await
        .unwrap();
    store.set_profile(&ann.id, "Ann B.", "en").await.unwrap();
    let changed = store.account(&ann.id).await.unwrap().unwrap();
    assert_eq!(
        (changed.display_name.as_str(), changed.language.as_str()),
        ("Ann B.", "en")
    );
    assert_eq!(changed.password.as_deref(), Some("$argon2id$…"));
}

fn invitation(uses_left: i64) -> Invitation {
    Invitation {
        id: "i".to_owned(),
        hint: String::new(),
        account: None,
        hash: "code".to_owned(),
        course: CourseId::new("net"),
        role: CourseRole::Learner,
        created_by: None,
        created_ms: 0,
        expires_ms: 100,
        uses_left,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_lets_in_as_many_as_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store.add_invitation(&invitation(3)).await.unwrap();
    assert_eq!(
        store.invitation("code", 99).await.unwrap(),
        Some(invitation(3))
    );
    assert_eq!(store.invitation("code", 100).await.unwrap(), None);
    let joins = (0..10).map(|n| {
        let store = store.clone();
        async move {
            store
                .join("code", &account(&format!("new{n}")), 1)
                .await
                .unwrap()
        }
    });
    let joined = futures_join(joins).await;
    assert_eq!(joined.iter().flatten().count(), 3);
    let people = store.enrolments_in(&CourseId::new("net")).await.unwrap();
    assert_eq!(people.len(), 3);
    let accounts = store.accounts().await.unwrap();
    assert_eq!(accounts.len(), 2 + 3, "who was not let in has no account");
}

async fn futures_join<T: Send + 'static>(
    futures: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = futures.map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn a_name_that_is_taken_uses_up_no_invitation() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store.add_invitation(&invitation(1)).await.unwrap();
    let taken = store.join("code", &account("ann"), 1).await.unwrap_err();
    assert!(matches!(taken, StoreError::Taken { .. }));
    assert!(store.invitation("code", 1).await.unwrap().is_some());
    // And an invitation takes no role away.
    let (course, ann) = (CourseId::new("net"), account("ann").id);
    let teacher = Enrolment {
        course: course.clone(),
        account: ann.clone(),
        role: CourseRole::Teacher,
    };
    store.enrol(&teacher, 0).await.unwrap();
    store
        .accept_invitation("code", &ann, 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        store.role_in(&course, &ann).await.unwrap(),
        Some(CourseRole::Teacher)
    );
    assert_eq!(store.enrolments_of(&ann).await.unwrap(), [teacher]);
    assert_eq!(
        store.accept_invitation("code", &ann, 1).await.unwrap(),
        None
    );
    store.unenrol(&course, &ann).await.unwrap();
    assert_eq!(store.role_in(&course, &ann).await.unwrap(), None);
}

#[tokio::test]
async fn the_servers_key_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let key = store.server_key().await.unwrap();
    assert_eq!(store.server_key().await.unwrap(), key);
    store.close().await;
    let again = open(dir.path()).await;
    assert_eq!(again.server_key().await.unwrap(), key);
    assert!(!format!("{key:?}").contains("secret: ["));
}

#[tokio::test]
async fn settings_courses_and_the_audit_trail() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store.set_setting("a", "1").await.unwrap();
    store.set_setting("a", "2").await.unwrap();
    assert_eq!(store.setting("a").await.unwrap().as_deref(), Some("2"));
    let mut course = store.courses().await.unwrap().remove(0);
    course.title.insert("fr".to_owned(), "Réseaux".to_owned());
    store.put_course(&course, 9).await.unwrap();
    assert_eq!(store.courses().await.unwrap(), [course]);
    let entry = |at_ms| AuditEntry {
        at_ms,
        actor: "id-ann".to_owned(),
        action: "session.stop".to_owned(),
        object: "s".to_owned(),
        detail: String::new(),
    };
    store.audit(&entry(1)).await.unwrap();
    store.audit(&entry(2)).await.unwrap();
    assert_eq!(store.audit_trail(1).await.unwrap(), [entry(2)]);
}
