//! Registered platforms with their deployments, and the keys that sign for us.

use sqlx::Row as _;

use crate::db::Row;
use crate::error::{at, is_taken};
use crate::{CourseId, Store, StoreError, UnixMs};

/// A platform: one client id at one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its id here.
    pub id: String,
    /// What operators call it.
    pub name: String,
    /// `iss` of its tokens.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// Where a sign-in is asked for.
    pub auth_url: String,
    /// Where access tokens come from.
    pub token_url: String,
    /// Where its keys are.
    pub keyset_url: String,
    /// `aud` of our assertions, where it is not `token_url`.
    pub token_audience: Option<String>,
    /// More origins of the platform.
    pub origins: Vec<String>,
    /// Ids of our courses whose labs it may link; empty: all.
    pub courses: Vec<String>,
    /// Deployments below it.
    pub deployments: Vec<String>,
    /// When it was made.
    pub created_ms: UnixMs,
    /// The last launch that came through.
    pub launched_ms: Option<UnixMs>,
    /// By how many seconds its clock was ahead of ours then.
    pub skew_s: Option<i64>,
}

/// A key of the tool; its secret is for signing alone.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id.
    pub id: String,
    /// PKCS#1, base64.
    pub secret: String,
    /// When it was made.
    pub created_ms: UnixMs,
    /// Since when it signs no more.
    pub retired_ms: Option<UnixMs>,
}

// A secret does not get into logs by way of `{:?}`.
impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds a platform; [`StoreError::Taken`] when its issuer has this client id already.
    pub async fn add_registration(&self, new: &Registration) -> Result<(), StoreError> {
        let action = "adding a platform";
        let mut tx = self.begin(action).await?;
        let added = sqlx::query(
            "INSERT INTO lti_registrations (id, name, issuer, client_id, auth_url, token_url, \
             keyset_url, token_audience, origins, courses, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&new.id)
        .bind(&new.name)
        .bind(&new.issuer)
        .bind(&new.client_id)
        .bind(&new.auth_url)
        .bind(&new.token_url)
        .bind(&new.keyset_url)
        .bind(&new.token_audience)
        .bind(list(&new.origins))
        .bind(list(&new.courses))
        .bind(new.created_ms)
        .execute(&mut *tx)
        .await;
        match added {
            Ok(_) => {}
            Err(error) if is_taken(&error) => {
                return Err(StoreError::Taken {
                    what: "client id",
                    name: new.client_id.clone(),
                });
            }
            Err(error) => return Err(at(action)(error)),
        }
        for deployment in &new.deployments {
            sqlx::query(DEPLOY)
                .bind(&new.id)
                .bind(deployment)
                .execute(&mut *tx)
                .await
                .map_err(at(action))?;
        }
        tx.commit().await.map_err(at(action))
    }

    /// Changes a platform; what it has launched stays. `false`: there is none of this id.
    pub async fn change_registration(&self, new: &Registration) -> Result<bool, StoreError> {
        let action = "changing a platform";
        let mut tx = self.begin(action).await?;
        let changed = sqlx::query(
            "UPDATE lti_registrations SET name = $2, issuer = $3, client_id = $4, auth_url = $5, \
             token_url = $6, keyset_url = $7, token_audience = $8, origins = $9, courses = $10 \
             WHERE id = $1",
        )
        .bind(&new.id)
        .bind(&new.name)
        .bind(&new.issuer)
        .bind(&new.client_id)
        .bind(&new.auth_url)
        .bind(&new.token_url)
        .bind(&new.keyset_url)
        .bind(&new.token_audience)
        .bind(list(&new.origins))
        .bind(list(&new.courses))
        .execute(&mut *tx)
        .await;
        match changed {
            Ok(changed) if changed.rows_affected() == 0 => return Ok(false),
            Ok(_) => {}
            Err(error) if is_taken(&error) => {
                return Err(StoreError::Taken {
                    what: "client id",
                    name: new.client_id.clone(),
                });
            }
            Err(error) => return Err(at(action)(error)),
        }
        sqlx::query("DELETE FROM lti_deployments WHERE registration = $1")
            .bind(&new.id)
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        for deployment in &new.deployments {
            sqlx::query(DEPLOY)
                .bind(&new.id)
                .bind(deployment)
                .execute(&mut *tx)
                .await
                .map_err(at(action))?;
        }
        tx.commit().await.map_err(at(action))?;
        Ok(true)
    }

    /// Writes down that somebody was launched, and what the platform's clock said.
    pub async fn launched(&self, id: &str, now: UnixMs, skew_s: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE lti_registrations SET launched_ms = $2, skew_s = $3 WHERE id = $1")
            .bind(id)
            .bind(now)
            .bind(skew_s)
            .execute(&self.writer)
            .await
            .map_err(at("writing down a launch"))?;
        Ok(())
    }

    /// Adds a deployment to a platform; one that is there stays.
    pub async fn add_deployment(&self, id: &str, deployment: &str) -> Result<(), StoreError> {
        sqlx::query(DEPLOY)
            .bind(id)
            .bind(deployment)
            .execute(&self.writer)
            .await
            .map_err(at("adding a deployment"))?;
        Ok(())
    }

    /// Removes a platform with its links and what waits to be sent to it. `false`: there was none.
    pub async fn remove_registration(&self, id: &str) -> Result<bool, StoreError> {
        let removed = sqlx::query("DELETE FROM lti_registrations WHERE id = $1")
            .bind(id)
            .execute(&self.writer)
            .await
            .map_err(at("removing a platform"))?;
        Ok(removed.rows_affected() == 1)
    }

    /// All platforms, by name.
    pub async fn registrations(&self) -> Result<Vec<Registration>, StoreError> {
        self.read_registrations("SELECT * FROM lti_registrations ORDER BY name, id", None)
            .await
    }

    /// The platform of this id.
    pub async fn registration(&self, id: &str) -> Result<Option<Registration>, StoreError> {
        let one = "SELECT * FROM lti_registrations WHERE id = $1";
        Ok(self.read_registrations(one, Some(id)).await?.pop())
    }

    /// The platforms of an issuer; one per client id.
    pub async fn registrations_of(&self, issuer: &str) -> Result<Vec<Registration>, StoreError> {
        let of = "SELECT * FROM lti_registrations WHERE issuer = $1 ORDER BY id";
        self.read_registrations(of, Some(issuer)).await
    }

    /// The platforms that have a link to a lab of this course.
    pub async fn registrations_at(
        &self,
        course: &CourseId,
    ) -> Result<Vec<Registration>, StoreError> {
        let at = "SELECT * FROM lti_registrations WHERE id IN \
                  (SELECT registration FROM lti_links WHERE course = $1) ORDER BY id";
        self.read_registrations(at, Some(course.as_str())).await
    }

    async fn read_registrations(
        &self,
        query: &'static str,
        key: Option<&str>,
    ) -> Result<Vec<Registration>, StoreError> {
        let action = "reading platforms";
        let mut query = sqlx::query(query);
        if let Some(key) = key {
            query = query.bind(key);
        }
        let rows = query.fetch_all(&self.reader).await.map_err(at(action))?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut registration = read(row)?;
            registration.deployments = sqlx::query_scalar(
                "SELECT deployment FROM lti_deployments WHERE registration = $1 ORDER BY deployment",
            )
            .bind(&registration.id)
            .fetch_all(&self.reader)
            .await
            .map_err(at(action))?;
            all.push(registration);
        }
        Ok(all)
    }

    /// Keeps a key.
    pub async fn add_lti_key(&self, key: &StoredKey) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO lti_keys (id, secret, created_ms, retired_ms) VALUES ($1, $2, $3, $4)",
        )
        .bind(&key.id)
        .bind(&key.secret)
        .bind(key.created_ms)
        .bind(key.retired_ms)
        .execute(&self.writer)
        .await
        .map_err(at("storing a key"))?;
        Ok(())
    }

    /// Retires every key that was made before `before_ms`, and forgets those that were retired
    /// before `forget_ms`.
    pub async fn retire_lti_keys(
        &self,
        before_ms: UnixMs,
        forget_ms: UnixMs,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let action = "retiring a key";
        let mut tx = self.begin(action).await?;
        sqlx::query(
            "UPDATE lti_keys SET retired_ms = $1 WHERE retired_ms IS NULL AND created_ms < $2",
        )
        .bind(now)
        .bind(before_ms)
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        sqlx::query("DELETE FROM lti_keys WHERE retired_ms < $1")
            .bind(forget_ms)
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        tx.commit().await.map_err(at(action))
    }

    /// All keys, newest first.
    pub async fn lti_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let rows = sqlx::query("SELECT * FROM lti_keys ORDER BY created_ms DESC, id")
            .fetch_all(&self.reader)
            .await
            .map_err(at("reading keys"))?;
        rows.iter()
            .map(|row| {
                Ok(StoredKey {
                    id: row.try_get("id")?,
                    secret: row.try_get("secret")?,
                    created_ms: row.try_get("created_ms")?,
                    retired_ms: row.try_get("retired_ms")?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(at("reading keys"))
    }
}

const DEPLOY: &str = "INSERT INTO lti_deployments (registration, deployment) VALUES ($1, $2) \
                      ON CONFLICT (registration, deployment) DO NOTHING";

pub(super) fn list(texts: &[String]) -> String {
    serde_json::to_string(texts).unwrap_or_default()
}

pub(super) fn unlist(what: &'static str, text: String) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(&text).map_err(|_| StoreError::Unknown { what, text })
}

fn read(row: &Row) -> Result<Registration, StoreError> {
    let text = |column: &str| {
        row.try_get::<String, _>(column)
            .map_err(at("reading platforms"))
    };
    Ok(Registration {
        id: text("id")?,
        name: text("name")?,
        issuer: text("issuer")?,
        client_id: text("client_id")?,
        auth_url: text("auth_url")?,
        token_url: text("token_url")?,
        keyset_url: text("keyset_url")?,
        token_audience: row
            .try_get("token_audience")
            .map_err(at("reading platforms"))?,
        origins: unlist("origins", text("origins")?)?,
        courses: unlist("courses", text("courses")?)?,
        deployments: Vec::new(),
        created_ms: row.try_get("created_ms").map_err(at("reading platforms"))?,
        launched_ms: row
            .try_get("launched_ms")
            .map_err(at("reading platforms"))?,
        skew_s: row.try_get("skew_s").map_err(at("reading platforms"))?,
    })
}
