//! The smallest host: serves the local place over its socket. `labwright host` is this with
//! options; tests run this one, to kill it.
//!
//! Usage: host STATE RUN AGENT

use labwright_local::{Daemon, Host, HostError, Installation};

#[tokio::main]
async fn main() -> Result<(), HostError> {
    let mut words = std::env::args().skip(1);
    let mut word = || words.next().unwrap_or_default();
    let mut installation = Installation::new(word(), word());
    installation.agent = word().into();
    let host = Host::new(installation)?;
    Daemon::bind(host).await?.serve().await;
    Ok(())
}
