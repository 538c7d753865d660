//! What people are told when a launch does not go on: a small page, since this is no JSON.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use labwright_lti::Refused;

use super::launch::Trouble;
use super::registering::RegisterTrouble;
use crate::origin::Framed;
use crate::words::Language;

/// It shows words, loads nothing and does nothing: it may stand in any frame, also in that of a
/// platform that we do not know.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *";

type Words = (&'static str, &'static str);

/// Why a launch does not go on.
pub(crate) fn trouble(trouble: &Trouble, language: Language) -> Response {
    tracing::warn!(cause = %trouble, "a launch was refused");
    let (status, words) = launch_words(trouble);
    page(status, words, &trouble.to_string(), language)
}

/// Why a platform was not registered.
pub(crate) fn not_registered(trouble: &RegisterTrouble, language: Language) -> Response {
    tracing::warn!(cause = %trouble, "a platform was not registered");
    let words = (
        "The platform was not registered. Ask the operator of Labwright for a new registration link and try again.",
        "La plateforme n’a pas été enregistrée. Demandez un nouveau lien d’enregistrement à l’exploitant de Labwright et réessayez.",
    );
    page(
        StatusCode::BAD_REQUEST,
        words,
        &trouble.to_string(),
        language,
    )
}

/// The platform is registered; its window may close.
pub(crate) fn registered(name: &str, language: Language) -> Response {
    let text = match language {
        Language::English => "Labwright is registered. Now activate the tool in your platform.",
        Language::French => {
            "Labwright est enregistré. Activez maintenant l’outil dans votre plateforme."
        }
    };
    // Dynamic Registration §3.7: tells the platform's window that we are done.
    let script =
        "(window.opener||window.parent).postMessage({subject:'org.imsglobal.lti.close'},'*')";
    let body = format!(
        "<!doctype html><html lang={}><meta charset=utf-8><title>Labwright</title>{STYLE}<main><h1>{text}</h1><p>{}</p></main><script>{script}</script>",
        language.tag(),
        escape(name)
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-4j5n9Fj4PmePn+D42lEG6K8Gr7FWp97THCkrfMIPmU0='; frame-ancestors *";
    send(StatusCode::OK, body, policy)
}

fn launch_words(trouble: &Trouble) -> (StatusCode, Words) {
    use StatusCode as S;
    match trouble {
        Trouble::Unknown => (
            S::FORBIDDEN,
            (
                "This course platform is not registered with Labwright. Its administrator and the operator of Labwright exchange a few addresses first.",
                "Cette plateforme de cours n’est pas enregistrée auprès de Labwright. Son administrateur et l’exploitant de Labwright doivent d’abord échanger quelques adresses.",
            ),
        ),
        Trouble::State => (
            S::BAD_REQUEST,
            (
                "This sign-in is over or was used already. Go back to your course and open the lab again.",
                "Cette connexion a expiré ou a déjà servi. Retournez dans votre cours et ouvrez à nouveau le TP.",
            ),
        ),
        Trouble::Platform => (
            S::BAD_REQUEST,
            (
                "Your course platform did not sign you in. Sign in there again, then open the lab once more.",
                "Votre plateforme de cours ne vous a pas connecté. Reconnectez-vous là-bas, puis ouvrez à nouveau le TP.",
            ),
        ),
        Trouble::NotPicked => (
            S::NOT_FOUND,
            (
                "No lab has been chosen for this link yet. Your teacher opens it once and chooses one.",
                "Aucun TP n’a encore été choisi pour ce lien. Votre enseignant doit l’ouvrir une fois et en choisir un.",
            ),
        ),
        Trouble::NoLab => (
            S::NOT_FOUND,
            (
                "The lab of this link is not on this server. Tell your teacher: the link has to be made again.",
                "Le TP de ce lien n’est pas sur ce serveur. Prévenez votre enseignant : le lien doit être refait.",
            ),
        ),
        Trouble::Refused(refused) => refused_words(refused),
        Trouble::Ours(_) => (
            S::SERVICE_UNAVAILABLE,
            (
                "The server failed at this. It was not your doing. Go back to your course and try again.",
                "Le serveur n’y est pas arrivé. Vous n’y êtes pour rien. Retournez dans votre cours et réessayez.",
            ),
        ),
    }
}

fn refused_words(refused: &Refused) -> (StatusCode, Words) {
    use StatusCode as S;
    match refused {
        Refused::Expired | Refused::FromTheFuture | Refused::TooOld => (
            S::UNAUTHORIZED,
            (
                "The course platform’s message is too old or from the future. Open the lab again; if it happens again, the clocks of the two servers do not agree.",
                "Le message de la plateforme de cours est trop ancien ou vient du futur. Rouvrez le TP ; si cela se répète, les horloges des deux serveurs ne s’accordent pas.",
            ),
        ),
        Refused::NotTeacher => (
            S::FORBIDDEN,
            (
                "Only teachers choose labs for a course.",
                "Seuls les enseignants choisissent les TP d’un cours.",
            ),
        ),
        Refused::Missing(_) | Refused::Malformed(_) => (
            S::BAD_REQUEST,
            (
                "The course platform’s message is not complete. Tell its administrator what stands below.",
                "Le message de la plateforme de cours est incomplet. Transmettez à son administrateur ce qui est écrit ci-dessous.",
            ),
        ),
        _ => (
            S::UNAUTHORIZED,
            (
                "The course platform’s message cannot be trusted. Tell its administrator what stands below.",
                "Le message de la plateforme de cours n’est pas digne de confiance. Transmettez à son administrateur ce qui est écrit ci-dessous.",
            ),
        ),
    }
}

const STYLE: &str = "<meta name=viewport content='width=device-width'><style>:root{color-scheme:light dark}\
    body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:1.5rem}main{max-width:40rem;margin:0 auto}\
    h1{font-size:1.25rem}code{overflow-wrap:anywhere}</style>";

fn page(status: StatusCode, (en, fr): Words, cause: &str, language: Language) -> Response {
    let words = match language {
        Language::English => en,
        Language::French => fr,
    };
    let body = format!(
        "<!doctype html><html lang={}><meta charset=utf-8><title>Labwright</title>{STYLE}<main><h1>{}</h1><p><code lang=en>{}</code></p></main>",
        language.tag(),
        escape(&language.set(words)),
        escape(cause)
    );
    send(status, body, POLICY)
}

fn send(status: StatusCode, body: String, policy: &'static str) -> Response {
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    let mut response = (status, headers, body).into_response();
    response.extensions_mut().insert(Framed);
    response
}

/// Text as it stands in a page, also in an attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
