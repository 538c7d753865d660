//! The people and courses of a configuration, brought into the store.

use labwright_store::{
    Account, AccountId, AccountRole, Course, CourseId, CourseRole, Enrolment, Store, StoreError,
    random_id,
};

use crate::accounts;
use crate::boot::BootError;
use crate::clock::now;
use crate::config::{AccountConfig, Config, CourseConfig};
use crate::passwords::Passwords;
use crate::rules;

/// A password of the configuration that may be another one than the stored one. To find out takes
/// as long as a sign-in, so it is found out while the server already works.
pub(crate) struct Doubt {
    account: Account,
    password: String,
}

/// What follows from bringing a configuration in.
pub(crate) struct Put {
    pub(crate) doubts: Vec<Doubt>,
    /// The rules of labs are others than before: scores are to be counted anew.
    pub(crate) changed: bool,
}

/// Makes accounts and courses, and brings those that are there up to date.
pub(crate) async fn put(
    store: &Store,
    passwords: &Passwords,
    config: &Config,
) -> Result<Put, BootError> {
    let mut doubts = Vec::new();
    for account in &config.accounts {
        if !accounts::is_name(&account.name) {
            return Err(refused(account, "use 2 to 64 letters, digits and . - _ @"));
        }
        match store.account_named(&account.name).await? {
            Some(known) => doubts.extend(update_account(store, account, known).await?),
            None => add_account(store, passwords, account).await?,
        }
    }
    for course in &config.courses {
        put_course(store, course).await?;
    }
    let rules = rules::configured(&config.courses);
    let changed = store.set_configured_rules(&rules).await?;
    Ok(Put { doubts, changed })
}

/// Settles doubts about passwords. Whoever signed in with the old one has to sign in again.
pub(crate) async fn settle(store: &Store, passwords: &Passwords, doubts: Vec<Doubt>) {
    for Doubt { account, password } in doubts {
        let stored = account.password.as_deref();
        if let Ok(true) = passwords.verify(password.clone(), stored).await {
            continue;
        }
        let changed = match passwords.hash(password).await {
            Ok(hash) => change_password(store, &account, &hash).await.is_ok(),
            Err(_) => false,
        };
        if !changed {
            tracing::error!(account.id = %account.id, "the configured password could not be set");
        }
    }
}

fn refused(config: &AccountConfig, cause: &str) -> BootError {
    BootError::Account {
        name: config.name.clone(),
        cause: cause.to_owned(),
    }
}

fn role(config: &AccountConfig) -> AccountRole {
    if config.operator {
        AccountRole::Operator
    } else {
        AccountRole::Member
    }
}

fn display_name(config: &AccountConfig) -> String {
    let given = config.display_name.clone();
    given.unwrap_or_else(|| config.name.clone())
}

async fn add_account(
    store: &Store,
    passwords: &Passwords,
    config: &AccountConfig,
) -> Result<(), BootError> {
    let password = match &config.password {
        Some(password) => {
            let hashed = passwords.hash(password.clone()).await;
            Some(
                hashed
                    .map_err(|_| refused(config, "the password is shorter than 10 characters"))?,
            )
        }
        None => config.password_hash.clone(),
    };
    let account = Account {
        id: AccountId::new(random_id()?),
        name: config.name.clone(),
        display_name: display_name(config),
        password,
        role: role(config),
        language: config.language.clone().unwrap_or_default(),
        created_ms: now(),
    };
    store.add_account(&account).await?;
    Ok(())
}

async fn update_account(
    store: &Store,
    config: &AccountConfig,
    known: Account,
) -> Result<Option<Doubt>, BootError> {
    let display_name = display_name(config);
    let language = config
        .language
        .clone()
        .unwrap_or_else(|| known.language.clone());
    if (&display_name, &language) != (&known.display_name, &known.language) {
        store
            .set_profile(&known.id, &display_name, &language)
            .await?;
    }
    if role(config) != known.role {
        store.set_role(&known.id, role(config)).await?;
    }
    if let Some(hash) = &config.password_hash
        && known.password.as_ref() != Some(hash)
    {
        change_password(store, &known, hash).await?;
    }
    let password = config.password.clone();
    Ok(password.map(|password| Doubt {
        account: known,
        password,
    }))
}

async fn change_password(store: &Store, account: &Account, hash: &str) -> Result<(), StoreError> {
    store.set_password(&account.id, Some(hash)).await?;
    store.remove_tokens(Some(&account.id), now()).await?;
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
        if let Some(account) = store.account_named(name).await?
            && store.role_in(&id, &account.id).await? != Some(role)
        {
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
