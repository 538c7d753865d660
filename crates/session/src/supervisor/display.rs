//! Opens displays.

use labwright_model::{NodeName, SessionId};
use labwright_wire::{ClientError, Open, Pipe, Stream};
use tokio::net::TcpStream;
use tokio_util::either::Either;

use super::Supervisor;
use crate::error::SessionError;
use crate::link::{self, JobError};

/// The RFB of a display: its connection itself, or a stream of the agent's channel.
pub type Rfb = Either<TcpStream, Pipe<Stream>>;

impl Supervisor {
    /// Opens a display's RFB: its connection itself where the place hands it over, else a stream. It
    /// forbids nothing: who calls it decides.
    pub async fn display(
        &self,
        id: &SessionId,
        node: NodeName,
        app: String,
    ) -> Result<Rfb, SessionError> {
        let open = Open::Display {
            node,
            app: Some(app),
        };
        if let Some(place) = self.context.place.hands_over() {
            // Only a session that runs has displays.
            self.client(id)?;
            match link::take_over(place, id, &open).await {
                Ok(connection) => return Ok(Rfb::Left(connection)),
                Err(JobError::Client(source @ ClientError::Refused(_))) => {
                    let id = id.clone();
                    return Err(SessionError::Agent { id, source });
                }
                // An agent of an earlier version, or one that is going: its channel knows.
                Err(error) => tracing::debug!(session.id = %id, %error, "nothing was handed over"),
            }
        }
        let (_, stream) = self.open(id, &open).await?;
        Ok(Rfb::Right(Pipe::new(stream)))
    }
}
