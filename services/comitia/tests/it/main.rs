//! Whole journeys through the gateway, over real services, PostgreSQL, RabbitMQ and Redis. One binary, because
//! linking is what costs.

mod bad_input;
mod city;
mod cluster;
mod commands;
mod faults;
mod journeys;
mod officers;
mod tracing;
