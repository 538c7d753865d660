//! The OpenAPI description: one table of operations, and the schemas of the types they carry.
//!
//! The server's router has the same paths; a test there compares the two.

mod courses;
mod help;
mod line;
mod messages;
mod platforms;
mod results;

use std::collections::BTreeMap;

use serde_json::{Value, json as value};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, schema::Schema};

use crate::{
    Account, AppTicket, Board, Channel, Check, CheckReply, Course, ErrorReply, Invitation, Join,
    MakeInvitation, NewInvitation, OpenTerminal, OperatorSession, Progress, RecordedAttempt, Reset,
    SessionView, SignIn, SignInWays, SignedIn, StartSession, StepView, TaskView, Terminal,
};

/// One operation of the API.
#[derive(Clone)]
pub struct Operation {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// Its name in generated clients.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// It needs a bearer token.
    pub token: bool,
    /// A number in the query.
    query: Option<&'static str>,
    body: Option<Payload>,
    replies: Vec<(u16, Option<Payload>)>,
}

/// A JSON body of some type.
#[derive(Clone)]
struct Payload {
    schema: Value,
    types: fn(&mut Types),
}

type Types = Vec<(String, RefOr<Schema>)>;

/// Every operation in reading order. Paths that are not JSON (assets, health, metrics, the
/// WebSockets) are described too; a WebSocket's messages are among the schemas.
pub fn operations() -> Vec<Operation> {
    let mut all = people();
    all.extend(learning());
    all.extend(session_acts());
    all.extend(channels());
    all.extend(teaching());
    all.extend(courses::operations());
    all.extend(help::operations());
    all.extend(courses::privacy());
    all.extend(platforms::operations());
    all.extend(results::operations());
    all.extend(line::operations());
    all.extend(service());
    all
}

fn people() -> Vec<Operation> {
    vec![
        post(
            "/api/v1/sign-in",
            "signIn",
            "Sign in with name and password",
        )
        .open()
        .body::<SignIn>()
        .reply::<SignedIn>(200),
        get(
            "/api/v1/sign-in/ways",
            "signInWays",
            "How people sign in, beside name and password",
        )
        .open()
        .reply::<SignInWays>(200),
        get(
            "/sign-in/oidc",
            "oidc",
            "Begin a sign-in by the OpenID Connect provider; `next` is a path of the page",
        )
        .open()
        .empty(303),
        get("/sign-in/oidc/back", "oidcBack", "The provider's answer")
            .open()
            .empty(303),
        post("/api/v1/sign-out", "signOut", "Make the token worthless").empty(204),
        get("/api/v1/me", "me", "Who the token belongs to").reply::<Account>(200),
        get(
            "/api/v1/invitations/{code}",
            "invitation",
            "What an invitation link leads to",
        )
        .open()
        .reply::<Invitation>(200),
        post(
            "/api/v1/invitations/{code}",
            "join",
            "Make an account from an invitation, or join the course with the account of the token",
        )
        .open()
        .body::<Join>()
        .reply::<SignedIn>(201),
    ]
}

fn learning() -> Vec<Operation> {
    vec![
        get("/api/v1/courses", "courses", "The person's courses and labs")
            .reply_list::<Course>(200),
        post(
            "/api/v1/sessions",
            "startSession",
            "Start a lab; the session of it that lives, or the sleeping one resumed, if there is one",
        )
        .body::<StartSession>()
        .reply::<SessionView>(200)
        .reply::<SessionView>(201),
        get("/api/v1/sessions/{id}", "session", "A session").reply::<SessionView>(200),
        get("/api/v1/sessions/{id}/steps/{n}", "step", "A page of instructions")
            .reply::<StepView>(200),
        post(
            "/api/v1/sessions/{id}/tasks/{task}/check",
            "check",
            "Check a task",
        )
        .body::<Check>()
        .reply::<CheckReply>(200),
        post(
            "/api/v1/sessions/{id}/tasks/{task}/hint",
            "hint",
            "Reveal the next hint of a task",
        )
        .reply::<TaskView>(200),
        get(
            "/api/v1/sessions/{id}/attempts",
            "attempts",
            "Every check of the session, oldest first",
        )
        .reply_list::<RecordedAttempt>(200),
        get(
            "/api/v1/sessions/{id}/assets/{path}",
            "asset",
            "A picture or download of the lab",
        )
        .empty(200),
    ]
}

fn session_acts() -> Vec<Operation> {
    vec![
        post(
            "/api/v1/sessions/{id}/extend",
            "extend",
            "More time for a session",
        )
        .reply::<SessionView>(200),
        post(
            "/api/v1/sessions/{id}/reset",
            "reset",
            "Start a node, or all of them, afresh",
        )
        .body::<Reset>()
        .reply::<SessionView>(200),
        post(
            "/api/v1/sessions/{id}/end",
            "end",
            "End a session; its files are saved",
        )
        .reply::<SessionView>(200),
        post(
            "/api/v1/sessions/{id}/apps/{app}/ticket",
            "openApp",
            "The address that opens a web or page tab, once",
        )
        .reply::<AppTicket>(200),
        post(
            "/api/v1/sessions/{id}/terminals",
            "openTerminal",
            "One more terminal",
        )
        .body::<OpenTerminal>()
        .reply::<Terminal>(201),
        delete(
            "/api/v1/sessions/{id}/terminals/{terminal}",
            "closeTerminal",
            "End a terminal",
        )
        .empty(204),
        get(
            "/api/v1/sessions/{id}/events",
            "events",
            "WebSocket: EventsHello, then EventsClient and ServerEvent",
        )
        .open()
        .empty(101),
        get(
            "/api/v1/sessions/{id}/terminals/{terminal}",
            "terminal",
            "WebSocket: TerminalHello, then TerminalClient and TerminalServer; bytes in binary messages",
        )
        .open()
        .empty(101),
        get(
            "/api/v1/sessions/{id}/captures/{source}",
            "capture",
            "WebSocket: packets of a network, or of `node:network`; CaptureHello, then CaptureClient and CaptureServer; pcapng in binary messages",
        )
        .open()
        .empty(101),
        get(
            "/api/v1/sessions/{id}/displays/{app}",
            "display",
            "WebSocket: DisplayHello, then DisplayServer; RFB in binary messages",
        )
        .open()
        .empty(101),
    ]
}

fn channels() -> Vec<Operation> {
    let channel = "/api/v1/sessions/{id}/channels/{channel}";
    vec![
        post(
            "/api/v1/sessions/{id}/channels",
            "openChannel",
            "A channel that carries a page's sockets by long polling, where WebSockets are blocked",
        )
        .reply::<Channel>(201),
        get(
            channel,
            "channelNews",
            "The batch of records after batch `after`, as soon as there is one (octets; see Channel)",
        )
        .query("after")
        .empty(200),
        post(
            channel,
            "channelTake",
            "Sends the page's batch `seq` of records (octets; see Channel)",
        )
        .query("seq")
        .empty(204),
        delete(channel, "closeChannel", "End a channel and its sockets").empty(204),
    ]
}

fn teaching() -> Vec<Operation> {
    vec![
        post(
            "/api/v1/courses/{course}/invitations",
            "makeInvitation",
            "Make an invitation link",
        )
        .body::<MakeInvitation>()
        .reply::<NewInvitation>(201),
        get(
            "/api/v1/courses/{course}/progress",
            "progress",
            "The progress of everyone in a course",
        )
        .reply::<Progress>(200),
        get(
            "/api/v1/courses/{course}/labs/{lab}/board",
            "board",
            "A lab of a course, everybody at once: all with `after` 0, else what changed since \
             that stamp, waiting up to 20 s for something to change",
        )
        .query("after")
        .reply::<Board>(200),
        get(
            "/api/v1/operator/sessions",
            "operatorSessions",
            "Every living session",
        )
        .reply_list::<OperatorSession>(200),
        post(
            "/api/v1/operator/sessions/{id}/stop",
            "operatorStop",
            "Stop a session; its files are saved",
        )
        .empty(204),
    ]
}

fn service() -> Vec<Operation> {
    vec![
        get("/healthz", "healthz", "The server answers")
            .open()
            .empty(200),
        get("/readyz", "readyz", "The server can start labs")
            .open()
            .empty(200),
        get("/metrics", "metrics", "Figures for Prometheus")
            .open()
            .empty(200),
        get(
            "/bundles/wireshark/{file}",
            "bundle",
            "Wireshark's dissectors, where the server has them",
        )
        .open()
        .empty(200),
        get("/api/openapi.json", "openapi", "This description")
            .open()
            .empty(200),
    ]
}

fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    operation("GET", path, id, summary)
}

fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    operation("POST", path, id, summary)
}

fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    operation("DELETE", path, id, summary)
}

fn operation(
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        method,
        path,
        id,
        summary,
        token: true,
        query: None,
        body: None,
        replies: Vec::new(),
    }
}

impl Operation {
    fn open(mut self) -> Self {
        self.token = false;
        self
    }

    fn query(mut self, name: &'static str) -> Self {
        self.query = Some(name);
        self
    }

    fn body<T: ToSchema>(mut self) -> Self {
        self.body = Some(payload::<T>());
        self
    }

    fn reply<T: ToSchema>(mut self, status: u16) -> Self {
        self.replies.push((status, Some(payload::<T>())));
        self
    }

    fn reply_list<T: ToSchema>(mut self, status: u16) -> Self {
        let Payload { schema, types } = payload::<T>();
        let schema = value!({ "type": "array", "items": schema });
        self.replies.push((status, Some(Payload { schema, types })));
        self
    }

    fn empty(mut self, status: u16) -> Self {
        self.replies.push((status, None));
        self
    }

    fn describe(&self) -> Value {
        let mut parameters: Vec<Value> = parameters(self.path)
            .map(|name| parameter(name, "path", true))
            .collect();
        parameters.extend(self.query.map(|name| parameter(name, "query", true)));
        if self.replies.iter().any(|(_, payload)| payload.is_some()) {
            parameters.push(parameter("lang", "query", false));
        }
        let mut responses: BTreeMap<String, Value> = self
            .replies
            .iter()
            .map(|(status, payload)| (status.to_string(), response(payload.as_ref())))
            .collect();
        responses.insert("default".into(), response(Some(&payload::<ErrorReply>())));
        let mut described = value!({
            "operationId": self.id,
            "summary": self.summary,
            "parameters": parameters,
            "responses": responses,
            "security": if self.token { value!([{ "token": [] }]) } else { value!([]) },
        });
        if let (Some(body), Some(object)) = (&self.body, described.as_object_mut()) {
            let content = value!({ "application/json": { "schema": body.schema } });
            object.insert(
                "requestBody".into(),
                value!({ "required": true, "content": content }),
            );
        }
        described
    }
}

fn payload<T: ToSchema>() -> Payload {
    Payload {
        schema: value!({ "$ref": format!("#/components/schemas/{}", T::name()) }),
        types: collect::<T>,
    }
}

fn collect<T: ToSchema>(types: &mut Types) {
    types.push((T::name().into_owned(), T::schema()));
    T::schemas(types);
}

fn parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn parameter(name: &str, place: &str, required: bool) -> Value {
    let kind = if matches!(name, "n" | "after" | "seq") {
        "integer"
    } else {
        "string"
    };
    value!({ "name": name, "in": place, "required": required, "schema": { "type": kind } })
}

fn response(payload: Option<&Payload>) -> Value {
    match payload {
        Some(payload) => value!({
            "description": "",
            "content": { "application/json": { "schema": payload.schema } },
        }),
        None => value!({ "description": "" }),
    }
}

/// The whole description.
pub fn openapi() -> Value {
    let mut paths: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    let mut types = Types::new();
    for operation in operations() {
        for payload in operation
            .replies
            .iter()
            .filter_map(|(_, payload)| payload.as_ref())
        {
            (payload.types)(&mut types);
        }
        if let Some(body) = &operation.body {
            (body.types)(&mut types);
        }
        paths
            .entry(operation.path)
            .or_default()
            .insert(operation.method.to_lowercase(), operation.describe());
    }
    collect::<ErrorReply>(&mut types);
    messages::collect_all(&mut types);
    let schemas: BTreeMap<String, RefOr<Schema>> = types.into_iter().collect();
    value!({
        "openapi": "3.1.0",
        "info": {
            "title": "Labwright",
            "version": "1",
            "description": "Times are Unix time in milliseconds. Any request may say `?lang=fr`.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

/// The whole description as the text of `docs/openapi.json`.
pub fn json() -> String {
    let mut text = serde_json::to_string_pretty(&openapi()).unwrap_or_default();
    text.push('\n');
    text
}
