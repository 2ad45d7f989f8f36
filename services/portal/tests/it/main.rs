//! The pages from outside, over HTTP, with doubles for the services behind them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests may panic")]

mod booth;
mod city;
mod doubles;
mod html;
mod site;

mod home;
mod processes;
mod proposals;
mod results;
mod shared_pages;
