//! Who people of an OpenID Connect provider are here. They are known by issuer and subject, never by
//! an address that somebody may have typed.

use crate::accounts::add_account;
use crate::error::at;
use crate::{Account, AccountId, Store, StoreError};

impl Store {
    /// The account of somebody of a provider; made from `fresh` when they come for the first time.
    /// The name that others see follows the provider.
    pub async fn oidc_account(
        &self,
        issuer: &str,
        subject: &str,
        fresh: &Account,
    ) -> Result<Account, StoreError> {
        let action = "finding somebody of a provider";
        let mut tx = self.begin(action).await?;
        let known: Option<String> =
            sqlx::query_scalar("SELECT account FROM oidc_users WHERE issuer = $1 AND subject = $2")
                .bind(issuer)
                .bind(subject)
                .fetch_optional(&mut *tx)
                .await
                .map_err(at(action))?;
        let Some(id) = known else {
            add_account(fresh, &mut tx).await?;
            sqlx::query("INSERT INTO oidc_users (issuer, subject, account) VALUES ($1, $2, $3)")
                .bind(issuer)
                .bind(subject)
                .bind(fresh.id.as_str())
                .execute(&mut *tx)
                .await
                .map_err(at(action))?;
            tx.commit().await.map_err(at(action))?;
            return Ok(fresh.clone());
        };
        sqlx::query("UPDATE accounts SET display_name = $2 WHERE id = $1 AND $2 <> ''")
            .bind(&id)
            .bind(&fresh.display_name)
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        tx.commit().await.map_err(at(action))?;
        let found = self.account(&AccountId::new(&id)).await?;
        found.ok_or(StoreError::Unknown {
            what: "account",
            text: id,
        })
    }
}
