//! Displays: handed over where the place can, through the agent's channel elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use labwright_model::{Lab, MachineSpec, SessionId};
use labwright_place::{
    AgentChannel, Capabilities, FakePlace, HandsOver, MachineState, Place, PlaceError, Problem,
};
use labwright_session::SessionError;
use labwright_wire::{ClientError, Failure, Open, Reply, frame, handover};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::world::{World, node};

/// What an agent does that is asked to hand over.
#[derive(Clone, Copy)]
enum Agent {
    /// It does.
    Hands,
    /// It knows nothing of it.
    Old,
    /// It refuses, in words.
    Refuses,
}

/// A fake place whose agents have a socket.
struct Here(FakePlace, Agent);

#[async_trait]
impl Place for Here {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn validate(&self, lab: &Lab) -> Vec<Problem> {
        self.0.validate(lab).await
    }

    async fn start(&self, spec: &MachineSpec) -> Result<(), PlaceError> {
        self.0.start(spec).await
    }

    async fn observe(&self) -> Result<Vec<MachineState>, PlaceError> {
        self.0.observe().await
    }

    async fn connect(&self, id: &SessionId) -> Result<AgentChannel, PlaceError> {
        self.0.connect(id).await
    }

    async fn stop(&self, id: &SessionId) -> Result<(), PlaceError> {
        self.0.stop(id).await
    }

    fn hands_over(&self) -> Option<&dyn HandsOver> {
        Some(self)
    }
}

#[async_trait]
impl HandsOver for Here {
    async fn socket(&self, _: &SessionId) -> Result<UnixStream, PlaceError> {
        let (ours, agents) = UnixStream::pair().unwrap();
        tokio::spawn(answer(self.1, agents));
        Ok(ours)
    }
}

async fn answer(agent: Agent, mut socket: UnixStream) {
    assert!(handover::is_asked(&socket).await);
    match agent {
        Agent::Old => {}
        Agent::Refuses => {
            let failure = Failure {
                code: "not_ready".to_owned(),
                message: "it is being made".to_owned(),
            };
            let reply = Reply::Failed(failure);
            frame::write_header(&mut socket, &reply).await.unwrap();
        }
        Agent::Hands => {
            let asked = handover::asked(&mut socket).await.unwrap();
            assert!(matches!(asked, Open::Display { .. }));
            let screen = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let given = TcpStream::connect(screen.local_addr().unwrap())
                .await
                .unwrap();
            let (mut screen, _) = screen.accept().await.unwrap();
            handover::give(socket, given).await.unwrap();
            screen.write_all(b"RFB by hand.").await.unwrap();
            assert_eq!(screen.read_u8().await.unwrap(), b'k');
        }
    }
}

async fn greeted(agent: Option<Agent>) -> Result<[u8; 12], SessionError> {
    let mut world = World::new().await;
    if let Some(agent) = agent {
        let place = Arc::new(Here(world.place.clone(), agent));
        world.supervisor = world.server_on(place).await;
    }
    let id = world.ready().await;
    let display = world
        .supervisor
        .display(&id, node("client"), "app-1".to_owned());
    let mut display = display.await?;
    let mut greeting = [0; 12];
    display.read_exact(&mut greeting).await.unwrap();
    display.write_all(b"k").await.unwrap();
    display.flush().await.unwrap();
    if !matches!(agent, Some(Agent::Hands)) {
        // The fake's screen says what it hears.
        assert_eq!(display.read_u8().await.unwrap(), b'k');
    }
    Ok(greeting)
}

#[tokio::test]
async fn a_display_is_handed_over_or_streamed() {
    assert_eq!(&greeted(Some(Agent::Hands)).await.unwrap(), b"RFB by hand.");
    for streamed in [Some(Agent::Old), None] {
        assert_eq!(&greeted(streamed).await.unwrap(), b"RFB 003.008\n");
    }
    let refused = greeted(Some(Agent::Refuses)).await;
    let Err(SessionError::Agent { source, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(source, ClientError::Refused(failure) if failure.code == "not_ready"));
}
