//! The pages from outside, over HTTP, with doubles for the services behind them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests may panic")]

mod booth;
mod city;
mod doubles;
mod enclosed_files;
mod html;
mod office;
mod site;

mod account_providers;
mod home;
mod languages;
mod maps;
mod open_data;
mod own_files;
mod participants;
mod previews;
mod processes;
mod proposals;
mod result_documents;
mod results;
mod sessions;
mod shared_pages;
mod sheets;
