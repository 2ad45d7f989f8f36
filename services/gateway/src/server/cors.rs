//! Cross-origin rules.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::CorsConfig;
use crate::gateway::StartError;
use crate::http::headers::{IDEMPOTENCY_KEY, REQUEST_ID};
use crate::waiting_room;

/// The cross-origin layer; none if no origin is allowed.
///
/// # Errors
/// [`StartError::Origin`]
pub fn layer(config: &CorsConfig) -> Result<Option<CorsLayer>, StartError> {
    if config.allowed_origins.is_empty() {
        return Ok(None);
    }
    let origins = if config.allowed_origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        let origins = config
            .allowed_origins
            .iter()
            .map(|origin| origin.parse().map_err(|_| StartError::Origin(origin.clone())))
            .collect::<Result<Vec<HeaderValue>, _>>()?;
        AllowOrigin::list(origins)
    };
    let idempotency_key = HeaderName::from_static(IDEMPOTENCY_KEY);
    let traceparent = HeaderName::from_static("traceparent");
    Ok(Some(
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_NONE_MATCH,
                idempotency_key,
                traceparent,
                waiting_room::TICKET,
                waiting_room::PASS,
                REQUEST_ID,
            ])
            .expose_headers([
                header::ETAG,
                header::LINK,
                header::RETRY_AFTER,
                waiting_room::TICKET,
                waiting_room::PASS,
                REQUEST_ID,
            ])
            .max_age(Duration::from_secs(3600)),
    ))
}
