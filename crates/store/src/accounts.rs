//! Accounts and the tokens that stand for them.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Row as _, Transaction};

use crate::db::{Db, Row};
use crate::error::{at, is_taken};
use crate::{AccountId, Store, StoreError, UnixMs};

/// Tokens that one query looks for.
const TOKENS_AT_ONCE: usize = 500;

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What is typed at sign-in; unique.
    pub name: String,
    /// What others see.
    pub display_name: String,
    /// Argon2 PHC string; `None`: no password opens it.
    pub password: Option<String>,
    /// What it may do beyond its courses.
    pub role: AccountRole,
    /// Language tag.
    pub language: String,
    /// When it was made.
    pub created_ms: UnixMs,
}

/// What an account may do beyond its courses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    /// Nothing more.
    Member,
    /// Runs the installation.
    Operator,
}

impl AccountRole {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Operator => "operator",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "member" => Ok(Self::Member),
            "operator" => Ok(Self::Operator),
            _ => Err(StoreError::Unknown {
                what: "account role",
                text: text.to_owned(),
            }),
        }
    }
}

impl Store {
    /// Adds an account; [`StoreError::Taken`] when its name or id exists.
    pub async fn add_account(&self, account: &Account) -> Result<(), StoreError> {
        let mut tx = self.begin("adding an account").await?;
        add_account(account, &mut tx).await?;
        tx.commit().await.map_err(at("adding an account"))
    }

    /// The account of this id.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading an account"))?;
        row.as_ref().map(read_account).transpose()
    }

    /// The account that signs in with this name.
    pub async fn account_named(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading an account"))?;
        row.as_ref().map(read_account).transpose()
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let rows = sqlx::query("SELECT * FROM accounts ORDER BY name")
            .fetch_all(&self.reader)
            .await
            .map_err(at("listing accounts"))?;
        rows.iter().map(read_account).collect()
    }

    /// Changes an account's password hash.
    pub async fn set_password(
        &self,
        id: &AccountId,
        password: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts SET password = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(password)
            .execute(&self.writer)
            .await
            .map_err(at("changing a password"))?;
        Ok(())
    }

    /// Changes what an account may do beyond its courses.
    pub async fn set_role(&self, id: &AccountId, role: AccountRole) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts SET role = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(role.as_str())
            .execute(&self.writer)
            .await
            .map_err(at("changing a role"))?;
        Ok(())
    }

    /// Changes what others see of an account, and its language.
    pub async fn set_profile(
        &self,
        id: &AccountId,
        display_name: &str,
        language: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE accounts SET display_name = $2, language = $3 WHERE id = $1")
            .bind(id.as_str())
            .bind(display_name)
            .bind(language)
            .execute(&self.writer)
            .await
            .map_err(at("changing an account"))?;
        Ok(())
    }

    /// Remembers the hash of a token.
    pub async fn add_token(
        &self,
        hash: &str,
        account: &AccountId,
        now: UnixMs,
        expires_ms: UnixMs,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO tokens (hash, account, created_ms, expires_ms) VALUES ($1, $2, $3, $4)",
        )
        .bind(hash)
        .bind(account.as_str())
        .bind(now)
        .bind(expires_ms)
        .execute(&self.writer)
        .await
        .map_err(at("storing a token"))?;
        Ok(())
    }

    /// The account that an unexpired token stands for.
    pub async fn account_of_token(
        &self,
        hash: &str,
        now: UnixMs,
    ) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(
            "SELECT accounts.* FROM tokens JOIN accounts ON accounts.id = tokens.account \
             WHERE tokens.hash = $1 AND tokens.expires_ms > $2",
        )
        .bind(hash)
        .bind(now)
        .fetch_optional(&self.reader)
        .await
        .map_err(at("reading a token"))?;
        row.as_ref().map(read_account).transpose()
    }

    /// Those of these tokens that are known and have not expired.
    pub async fn living_tokens(
        &self,
        hashes: &[String],
        now: UnixMs,
    ) -> Result<HashSet<String>, StoreError> {
        let mut living = HashSet::new();
        for some in hashes.chunks(TOKENS_AT_ONCE) {
            let mut query = QueryBuilder::new("SELECT hash FROM tokens WHERE expires_ms > ");
            query.push_bind(now).push(" AND hash IN (");
            let mut list = query.separated(", ");
            some.iter().for_each(|hash| {
                list.push_bind(hash);
            });
            query.push(")");
            let found = query.build_query_scalar::<String>().fetch_all(&self.reader);
            living.extend(found.await.map_err(at("reading tokens"))?);
        }
        Ok(living)
    }

    /// Forgets a token; forgetting an unknown one is no error.
    pub async fn remove_token(&self, hash: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM tokens WHERE hash = $1")
            .bind(hash)
            .execute(&self.writer)
            .await
            .map_err(at("removing a token"))?;
        Ok(())
    }

    /// Forgets all tokens of an account, or `None`: all that have expired. Says how many.
    pub async fn remove_tokens(
        &self,
        account: Option<&AccountId>,
        now: UnixMs,
    ) -> Result<u64, StoreError> {
        let removed = match account {
            Some(id) => sqlx::query("DELETE FROM tokens WHERE account = $1").bind(id.as_str()),
            None => sqlx::query("DELETE FROM tokens WHERE expires_ms <= $1").bind(now),
        }
        .execute(&self.writer)
        .await
        .map_err(at("removing tokens"))?;
        Ok(removed.rows_affected())
    }
}

/// Adds an account inside a transaction.
pub(crate) async fn add_account(
    account: &Account,
    tx: &mut Transaction<'static, Db>,
) -> Result<(), StoreError> {
    let added = sqlx::query(
        "INSERT INTO accounts (id, name, display_name, password, role, language, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(account.id.as_str())
    .bind(&account.name)
    .bind(&account.display_name)
    .bind(&account.password)
    .bind(account.role.as_str())
    .bind(&account.language)
    .bind(account.created_ms)
    .execute(&mut **tx)
    .await;
    match added {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => Err(StoreError::Taken {
            what: "account",
            name: account.name.clone(),
        }),
        Err(error) => Err(at("adding an account")(error)),
    }
}

pub(crate) fn read_account(row: &Row) -> Result<Account, StoreError> {
    let read = || -> Result<(Account, String), sqlx::Error> {
        let account = Account {
            id: AccountId::new(row.try_get::<String, _>("id")?),
            name: row.try_get("name")?,
            display_name: row.try_get("display_name")?,
            password: row.try_get("password")?,
            role: AccountRole::Member,
            language: row.try_get("language")?,
            created_ms: row.try_get("created_ms")?,
        };
        Ok((account, row.try_get("role")?))
    };
    let (account, role) = read().map_err(at("reading an account"))?;
    Ok(Account {
        role: AccountRole::parse(&role)?,
        ..account
    })
}
