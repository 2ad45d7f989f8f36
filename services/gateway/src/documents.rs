//! Documents that the gateway answers itself.

pub mod openapi;

use serde_json::json;

use crate::http::answer::Answer;
use crate::routes::Routes;

/// How long, in seconds, caches may keep the gateway's own documents.
pub const CACHE_SECONDS: u32 = 60;

/// A document at a fixed path.
#[derive(Debug)]
pub struct Document {
    pub path: &'static str,
    pub answer: Answer,
}

/// The entry point of the API and its OpenAPI document.
pub fn all(routes: &Routes) -> [Document; 2] {
    [
        Document { path: "/v1", answer: Answer::public(welcome().to_string()) },
        Document { path: "/openapi.json", answer: Answer::public(openapi::document(routes).to_string()) },
    ]
}

fn welcome() -> serde_json::Value {
    json!({
        "name": "Comitia",
        "version": env!("CARGO_PKG_VERSION"),
        "openapi": "/openapi.json",
        "organization": "/v1/organization",
    })
}
