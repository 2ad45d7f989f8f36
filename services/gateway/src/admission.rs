//! Who gets in: rate limits, permits by client and by organization, connections, bodies, load shedding.

pub mod address;
pub mod bodies;
pub mod clients;
pub mod connections;
pub mod limits;
pub mod organizations;
pub mod refusals;
