//! Whole journeys through the gateway, over real services, PostgreSQL, RabbitMQ and Redis. One binary, because
//! linking is what costs.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

mod acts;
mod areas;
mod bad_input;
mod bulk;
mod city;
mod cluster;
mod commands;
mod corrections;
mod desk;
mod faults;
mod found;
mod journeys;
mod links;
mod officers;
mod participants;
mod passwords;
mod privacy;
mod revocation;
mod rolling;
mod rolls;
mod signatures;
mod tables;
mod tls;
mod tracing;
mod unlinkability;
