//! Argon2 hashes. Hashing is slow on purpose, so it runs off the request threads and only a few
//! at a time: a crowd that signs in waits in line and does not stop the terminals.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use crate::limits::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS};
use crate::words::Refusal;

/// The line in front of the hash function.
#[derive(Clone)]
pub(crate) struct Passwords {
    running: Arc<Semaphore>,
    /// Verified when there is no account: both cases take the same time.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, Refusal> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            running: Arc::new(Semaphore::new(threads.div_ceil(2))),
            nobody: hash_now("nobody has this password")
                .ok_or(Refusal::Internal)?
                .into(),
        })
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Refusal> {
        if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
            return Err(Refusal::BadPassword);
        }
        self.run(move || hash_now(&password))
            .await?
            .ok_or(Refusal::Internal)
    }

    /// Whether a password opens a stored hash; never when there is none.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<&str>,
    ) -> Result<bool, Refusal> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Ok(false);
        }
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        let opens = self.run(move || verify_now(&password, &stored)).await?;
        Ok(known && opens)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _turn = self.running.acquire().await.map_err(|_| Refusal::Busy)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Refusal::Internal)
    }
}

/// The PHC string of a password, on this thread; `None` when the kernel gives no salt.
pub fn hash_now(password: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

fn verify_now(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|stored| {
        Argon2::default()
            .verify_password(password.as_bytes(), &stored)
            .is_ok()
    })
}
