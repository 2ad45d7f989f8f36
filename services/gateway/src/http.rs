//! HTTP itself: heads, hosts, answers, errors, headers and the telemetry of requests.

pub mod answer;
pub mod error;
pub mod head;
pub mod headers;
pub mod host;
pub mod paths;
pub mod telemetry;
