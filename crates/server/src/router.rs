//! Every route of the server with its access rule. There is no other list.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Extensions, HeaderMap, Method, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, delete, get, post};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};

use crate::access::{self, Access};
use crate::app::App;
use crate::limits::MAX_BODY_BYTES;
use crate::routes::{
    apps, assets, board, bundles, captures, channels, class, courses, displays, events, help, kept,
    line, looks, lti, oidc, operator, people, platforms, privacy, results, rules, scores, service,
    sessions, tab, tasks, teach, terminals,
};
use crate::words::Refusal;
use crate::{language, origin, page, socket};

/// A route: method, path, who may, what answers.
type Row = (Method, &'static str, Access, MethodRouter<Arc<App>>);

/// What a page measures its line with: open, small and bounded.
#[rustfmt::skip]
fn measuring() -> Vec<Row> {
    use Access::Anyone;
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    vec![
        (GET,    "/api/v1/line/bytes",                            Anyone,               get(line::down)),
        (POST,   "/api/v1/line/bytes",                            Anyone,               post(line::up)),
        (GET,    "/api/v1/line/held",                             Anyone,               get(line::held)),
        (GET,    "/api/v1/line/socket",                           Anyone,               socket::route(line::echo)),
    ]
}

fn rows() -> Vec<Row> {
    let mut rows = course_rows();
    rows.extend(lab_rows());
    rows
}

/// People and courses.
#[rustfmt::skip]
fn course_rows() -> Vec<Row> {
    use Access::{Anyone, CourseTeacher, Operator, SignedIn};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const DELETE: Method = Method::DELETE;
    vec![
        (POST,   "/api/v1/sign-in",                               Anyone,               post(people::sign_in)),
        (GET,    "/api/v1/sign-in/ways",                          Anyone,               get(oidc::ways)),
        (GET,    "/sign-in/oidc",                                 Anyone,               get(oidc::begin)),
        (GET,    "/sign-in/oidc/back",                            Anyone,               get(oidc::back)),
        (POST,   "/api/v1/sign-out",                              SignedIn,             post(people::sign_out)),
        (GET,    "/api/v1/me",                                    SignedIn,             get(people::me)),
        (GET,    "/api/v1/privacy",                               Anyone,               get(privacy::notice)),
        (GET,    "/api/v1/me/data",                               SignedIn,             get(privacy::data)),
        (GET,    "/api/v1/me/erasure",                            SignedIn,             get(privacy::erasure)),
        (POST,   "/api/v1/me/erasure",                            SignedIn,             post(privacy::ask)),
        (DELETE, "/api/v1/me/erasure",                            SignedIn,             delete(privacy::keep)),
        (GET,    "/api/v1/operator/privacy",                      Operator,             get(privacy::view)),
        (GET,    "/api/v1/invitations/{code}",                    Anyone,               get(people::invitation)),
        (POST,   "/api/v1/invitations/{code}",                    Anyone,               post(people::join)),
        (GET,    "/api/v1/courses",                               SignedIn,             get(courses::list)),
        (POST,   "/api/v1/courses/{course}/invitations",          CourseTeacher,        post(teach::invite)),
        (DELETE, "/api/v1/courses/{course}/invitations/{invitation}", CourseTeacher,    delete(class::revoke)),
        (GET,    "/api/v1/courses/{course}/people",               CourseTeacher,        get(class::people)),
        (POST,   "/api/v1/courses/{course}/class-list",           CourseTeacher,        class::roster()),
        (POST,   "/api/v1/courses/{course}/class-list/undo",      CourseTeacher,        post(class::undo)),
        (GET,    "/api/v1/courses/{course}/progress",             CourseTeacher,        get(teach::progress)),
        (GET,    "/api/v1/courses/{course}/scores",               CourseTeacher,        get(scores::scores)),
        (GET,    "/api/v1/courses/{course}/scores/history",       CourseTeacher,        get(scores::history)),
        (POST,   "/api/v1/courses/{course}/scores/resend",        CourseTeacher,        post(scores::resend)),
        (GET,    "/api/v1/courses/{course}/scores/comparison",    CourseTeacher,        get(scores::comparison)),
        (POST,   "/api/v1/courses/{course}/labs/{lab}/rule",      CourseTeacher,        post(rules::set)),
        (DELETE, "/api/v1/courses/{course}/labs/{lab}/rule",      CourseTeacher,        delete(rules::unset)),
        (POST,   "/api/v1/courses/{course}/labs/{lab}/extensions", CourseTeacher,       post(rules::extend)),
        (GET,    "/api/v1/courses/{course}/labs/{lab}/board",     CourseTeacher,        get(board::board)),
    ]
}

/// Labs, platforms, and the server itself.
#[rustfmt::skip]
fn lab_rows() -> Vec<Row> {
    use Access::{Anyone, CourseTeacher, Operator, SessionFile, SessionOwner, SessionOwnerInSocket, SignedIn};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const DELETE: Method = Method::DELETE;
    vec![
        (POST,   "/api/v1/sessions",                              SignedIn,             post(sessions::start)),
        (GET,    "/api/v1/sessions/{id}",                         SessionOwner,         get(sessions::get)),
        (POST,   "/api/v1/sessions/{id}/extend",                  SessionOwner,         post(sessions::extend)),
        (POST,   "/api/v1/sessions/{id}/reset",                   SessionOwner,         post(sessions::reset)),
        (POST,   "/api/v1/sessions/{id}/end",                     SessionOwner,         post(sessions::end)),
        (GET,    "/api/v1/sessions/{id}/steps/{n}",               SessionOwner,         get(tasks::step)),
        (POST,   "/api/v1/sessions/{id}/tasks/{task}/check",      SessionOwner,         post(tasks::check)),
        (POST,   "/api/v1/sessions/{id}/tasks/{task}/hint",       SessionOwner,         post(tasks::hint)),
        (GET,    "/api/v1/sessions/{id}/attempts",                SessionOwner,         get(tasks::attempts)),
        (GET,    "/api/v1/sessions/{id}/assets/{*path}",          SessionFile,          get(assets::get)),
        (POST,   "/api/v1/sessions/{id}/apps/{app}/ticket",       SessionOwner,         post(apps::ticket)),
        (POST,   "/api/v1/sessions/{id}/terminals",               SessionOwner,         post(terminals::open)),
        (DELETE, "/api/v1/sessions/{id}/terminals/{terminal}",    SessionOwner,         delete(terminals::close)),
        (GET,    "/api/v1/sessions/{id}/terminals/{terminal}",    SessionOwnerInSocket, socket::route(terminals::run)),
        (GET,    "/api/v1/sessions/{id}/captures/{source}",       SessionOwnerInSocket, socket::route(captures::run)),
        (GET,    "/api/v1/sessions/{id}/displays/{app}",          SessionOwnerInSocket, socket::route(displays::run)),
        (GET,    "/api/v1/sessions/{id}/events",                  SessionOwnerInSocket, socket::route(events::run)),
        (POST,   "/api/v1/sessions/{id}/channels",                SessionOwner,         post(channels::open)),
        (GET,    "/api/v1/sessions/{id}/channels/{channel}",      SessionOwner,         get(channels::news)),
        (POST,   "/api/v1/sessions/{id}/channels/{channel}",      SessionOwner,         channels::post()),
        (DELETE, "/api/v1/sessions/{id}/channels/{channel}",      SessionOwner,         delete(channels::close)),
        (GET,    "/api/v1/operator/sessions",                     Operator,             get(operator::sessions)),
        (POST,   "/api/v1/operator/sessions/{id}/stop",           Operator,             post(operator::stop)),
        (GET,    "/api/v1/operator/platforms",                    Operator,             get(platforms::list)),
        (POST,   "/api/v1/operator/platforms",                    Operator,             post(platforms::add)),
        (POST,   "/api/v1/operator/platforms/links",              Operator,             post(platforms::link)),
        (DELETE, "/api/v1/operator/platforms/{platform}",         Operator,             delete(platforms::remove)),
        (POST,   "/api/v1/operator/platforms/{platform}",         Operator,             post(platforms::change)),
        (POST,   "/api/v1/operator/platforms/{platform}/deployments", Operator,         post(platforms::deploy)),
        (POST,   "/api/v1/operator/platforms/{platform}/test",    Operator,             post(platforms::test)),
        (POST,   "/api/v1/courses/{course}/roster",               CourseTeacher,        post(platforms::roster)),
        (POST,   "/api/v1/lti/launches",                          Anyone,               post(lti::redeem)),
        (POST,   "/api/v1/lti/choices",                           Anyone,               post(lti::choices)),
        (POST,   "/api/v1/lti/picks",                             Anyone,               post(lti::pick)),
        (GET,    "/lti/login",                                    Anyone,               get(lti::login)),
        (POST,   "/lti/login",                                    Anyone,               post(lti::login_form)),
        (POST,   "/lti/launch",                                   Anyone,               post(lti::launch)),
        (GET,    "/lti/jwks",                                     Anyone,               get(lti::jwks)),
        (GET,    "/lti/register/{code}",                          Anyone,               get(lti::register)),
        (GET,    "/in/{registration}/{*path}",                    Anyone,               get(lti::framed)),
        (GET,    "/api/openapi.json",                             Anyone,               get(service::openapi)),
        (GET,    "/bundles/wireshark/{file}",                     Anyone,               get(bundles::wireshark)),
        (GET,    "/healthz",                                      Anyone,               get(service::health)),
        (GET,    "/readyz",                                       Anyone,               get(service::ready)),
        (GET,    "/metrics",                                      Anyone,               get(service::metrics)),
    ]
}

fn all() -> Vec<Row> {
    let mut all = rows();
    all.extend(help_rows());
    all.extend(browser_rows());
    all.extend(measuring());
    all
}

/// Labs that run in the learner's own browser.
#[rustfmt::skip]
fn browser_rows() -> Vec<Row> {
    use Access::{Anyone, CourseMember};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    vec![
        (GET,    "/api/v1/courses/{course}/labs/{lab}/results",   CourseMember,         get(results::carried)),
        (POST,   "/api/v1/courses/{course}/labs/{lab}/results",   CourseMember,         post(results::hand_in)),
        (GET,    "/api/v1/courses/{course}/labs/{lab}/kept",      CourseMember,         get(kept::list)),
        (POST,   "/api/v1/courses/{course}/labs/{lab}/kept",      CourseMember,         kept::post()),
        (GET,    "/api/v1/courses/{course}/labs/{lab}/kept/{node}", CourseMember,       get(kept::get)),
        (GET,    "/tab/{course}/{lab}",                           Anyone,               get(tab::bare)),
        (GET,    "/tab/{course}/{lab}/",                          Anyone,               get(tab::index)),
        (GET,    "/tab/{course}/{lab}/{*path}",                   Anyone,               get(tab::file)),
    ]
}

/// Hands and looks.
#[rustfmt::skip]
fn help_rows() -> Vec<Row> {
    use Access::{CourseTeacher, Looker, LookerInSocket, SessionOwner};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const DELETE: Method = Method::DELETE;
    vec![
        (GET,    "/api/v1/sessions/{id}/help",                    SessionOwner,         get(help::help)),
        (POST,   "/api/v1/sessions/{id}/hand",                    SessionOwner,         post(help::raise)),
        (DELETE, "/api/v1/sessions/{id}/hand",                    SessionOwner,         delete(help::lower)),
        (POST,   "/api/v1/sessions/{id}/hand/words",              SessionOwner,         post(help::say_more)),
        (GET,    "/api/v1/sessions/{id}/looks",                   SessionOwner,         get(help::log)),
        (POST,   "/api/v1/sessions/{id}/looks/{look}",            SessionOwner,         post(help::answer_look)),
        (GET,    "/api/v1/courses/{course}/help",                 CourseTeacher,        get(help::queue)),
        (POST,   "/api/v1/courses/{course}/hands/{hand}/take",    CourseTeacher,        post(help::take)),
        (POST,   "/api/v1/courses/{course}/hands/{hand}/answer",  CourseTeacher,        post(help::answer)),
        (POST,   "/api/v1/courses/{course}/hands/{hand}/close",   CourseTeacher,        post(help::close)),
        (POST,   "/api/v1/courses/{course}/answers",              CourseTeacher,        post(help::answer_task)),
        (POST,   "/api/v1/courses/{course}/looks",                CourseTeacher,        post(looks::ask)),
        (GET,    "/api/v1/looks/{look}",                          Looker,               get(looks::view)),
        (POST,   "/api/v1/looks/{look}",                          Looker,               post(looks::change)),
        (GET,    "/api/v1/looks/{look}/terminals/{terminal}",     LookerInSocket,       socket::route(looks::terminal)),
        (GET,    "/api/v1/looks/{look}/displays/{app}",           LookerInSocket,       socket::route(looks::display)),
        (POST,   "/api/v1/looks/{look}/channels",                 Looker,               post(channels::open)),
        (GET,    "/api/v1/looks/{look}/channels/{channel}",       Looker,               get(channels::news)),
        (POST,   "/api/v1/looks/{look}/channels/{channel}",       Looker,               channels::post()),
        (DELETE, "/api/v1/looks/{look}/channels/{channel}",       Looker,               delete(channels::close)),
    ]
}

/// Every route's method, path and rule; for the test that tries them all.
pub fn routes() -> Vec<(Method, &'static str, Access)> {
    all()
        .into_iter()
        .map(|(method, path, access, _)| (method, path, access))
        .collect()
}

/// What is worth packing; the middleware itself leaves alone what has an encoding.
fn is_packable(_: StatusCode, _: Version, _: &HeaderMap, marks: &Extensions) -> bool {
    marks.get::<tab::Packed>().is_none()
}

/// The router of an application.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let policy = origin::page_policy(app.apps_domain.as_ref());
    let packable = DefaultPredicate::new().and(is_packable);
    let mut router = Router::new();
    for (_, path, access, handler) in all() {
        let guard = from_fn_with_state((app.clone(), access), access::guard);
        router = router.route(path, handler.route_layer(guard));
    }
    router
        .method_not_allowed_fallback(|| async { Refusal::NoSuchMethod.into_response() })
        .fallback(page::fallback)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), origin::same_origin))
        .layer(from_fn(language::speak))
        .layer(CompressionLayer::new().compress_when(packable))
        .layer(from_fn_with_state(policy, origin::secure))
        .with_state(app.clone())
}
