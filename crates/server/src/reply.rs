//! How handlers answer: JSON, or a [`Refusal`] that is told in the request's language.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use labwright_api::{ErrorBody, ErrorReply};
use labwright_store::StoreError;
use serde::de::DeserializeOwned;

use crate::limits::BODY_TIMEOUT;
use crate::words::{Language, Refusal};

/// What a handler returns.
pub(crate) type Reply<T> = Result<T, Refusal>;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.tell(Language::English).status;
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a refused request in a language.
pub(crate) fn tell(mut response: Response, language: Language) -> Response {
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else {
        return response;
    };
    let told = refusal.tell(language);
    let body = ErrorReply {
        error: ErrorBody {
            code: told.code.to_owned(),
            message: told.message,
            hint: told.hint,
        },
    };
    let mut response = (told.status, Json(body)).into_response();
    if let Refusal::TooMany { after_s } = refusal {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(after_s));
    }
    response
}

/// A JSON body; what is wrong with it is told as everything else is. No body is `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if axum::body::HttpBody::is_end_stream(request.body()) {
            let empty = serde_json::Value::Object(serde_json::Map::new());
            return serde_json::from_value(empty)
                .map(Self)
                .map_err(|error| Refusal::BadRequest(error.to_string()));
        }
        let read = tokio::time::timeout(BODY_TIMEOUT, Json::<T>::from_request(request, state));
        match read.await {
            Ok(Ok(Json(value))) => Ok(Self(value)),
            Ok(Err(rejection)) => Err(refuse(&rejection)),
            Err(_) => Err(Refusal::BadRequest(
                "the body did not arrive in time".into(),
            )),
        }
    }
}

fn refuse(rejection: &JsonRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::TooLarge;
    }
    Refusal::BadRequest(rejection.body_text())
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full { .. } => {
                tracing::error!(%error, "the disk is full");
                Self::StorageFull
            }
            StoreError::Busy { .. } => {
                tracing::warn!(%error, "the database is busy");
                Self::Busy
            }
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                Self::Internal
            }
        }
    }
}
