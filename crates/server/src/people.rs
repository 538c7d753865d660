//! The people and courses of a configuration, brought into the store.

use labwright_store::{
    Account, AccountId, AccountRole, Course, CourseId, CourseRole, Enrolment, Store, random_id,
};

use crate::boot::BootError;
use crate::clock::now;
use crate::config::{AccountConfig, Config, CourseConfig};
use crate::passwords::Passwords;

/// Makes accounts and courses, and brings those that are there up to date.
pub(crate) async fn put(
    store: &Store,
    passwords: &Passwords,
    config: &Config,
) -> Result<(), BootError> {
    for account in &config.accounts {
        put_account(store, passwords, account).await?;
    }
    for course in &config.courses {
        put_course(store, course).await?;
    }
    Ok(())
}

/// Makes an account, or brings the password of the one that is there up to date.
async fn put_account(
    store: &Store,
    passwords: &Passwords,
    config: &AccountConfig,
) -> Result<(), BootError> {
    let refused = |cause: &str| BootError::Account {
        name: config.name.clone(),
        cause: cause.into(),
    };
    if !crate::accounts::is_name(&config.name) {
        return Err(refused("use 2 to 64 letters, digits and . - _ @"));
    }
    let known = store.account_named(&config.name).await?;
    let stored = known.as_ref().and_then(|account| account.password.clone());
    let password = match (&config.password, &config.password_hash) {
        (Some(password), _) => {
            let same = passwords.verify(password.clone(), stored.as_deref()).await;
            match same {
                Ok(true) => stored,
                _ => Some(
                    passwords
                        .hash(password.clone())
                        .await
                        .map_err(|_| refused("the password is shorter than 10 characters"))?,
                ),
            }
        }
        (None, Some(hash)) => Some(hash.clone()),
        (None, None) => stored,
    };
    let display_name = config
        .display_name
        .clone()
        .unwrap_or_else(|| config.name.clone());
    let language = config.language.clone().unwrap_or_default();
    if let Some(account) = known {
        if account.password != password {
            store.set_password(&account.id, password.as_deref()).await?;
        }
        store
            .set_profile(&account.id, &display_name, &language)
            .await?;
        return Ok(());
    }
    let account = Account {
        id: AccountId::new(random_id()?),
        name: config.name.clone(),
        display_name,
        password,
        role: if config.operator {
            AccountRole::Operator
        } else {
            AccountRole::Member
        },
        language,
        created_ms: now(),
    };
    store.add_account(&account).await?;
    Ok(())
}

async fn put_course(store: &Store, config: &CourseConfig) -> Result<(), BootError> {
    let id = CourseId::new(&config.id);
    let course = Course {
        id: id.clone(),
        title: config.title.by_language(),
    };
    store.put_course(&course, now()).await?;
    let learners = config
        .learners
        .iter()
        .map(|name| (name, CourseRole::Learner));
    let teachers = config
        .teachers
        .iter()
        .map(|name| (name, CourseRole::Teacher));
    for (name, role) in learners.chain(teachers) {
        if let Some(account) = store.account_named(name).await? {
            let enrolment = Enrolment {
                course: id.clone(),
                account: account.id,
                role,
            };
            store.enrol(&enrolment, now()).await?;
        }
    }
    Ok(())
}
