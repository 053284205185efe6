//! How errors of the runtime become answers over HTTP.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use duramen::Error;
use serde::{Deserialize, Serialize};

/// What is told of an error.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) error: String,
}

/// An error of the runtime, as the answer to a request.
pub(crate) struct Problem(Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl Problem {
    fn status(&self) -> StatusCode {
        let Self(error) = self;
        if error.is_not_found() {
            StatusCode::NOT_FOUND
        } else if error.is_conflict() {
            StatusCode::CONFLICT
        } else if error.is_too_large() {
            StatusCode::PAYLOAD_TOO_LARGE
        } else if error.is_overloaded() || error.is_shutting_down() || error.is_interrupted() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let error = if status == StatusCode::INTERNAL_SERVER_ERROR {
            // What is wrong inside is for the one who runs the service, not for the one who calls it.
            eprintln!("axum_embed: {}", self.0);
            "the service failed".to_owned()
        } else {
            self.0.to_string()
        };
        let mut response = (status, Json(Told { error })).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            // In seconds.
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}
