//! What a bus must do, on both adapters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

mod common;
#[path = "contract/dead_letters.rs"]
mod dead_letters;
#[path = "contract/delivery.rs"]
mod delivery;
#[path = "contract/lifecycle.rs"]
mod lifecycle;
#[path = "contract/metadata.rs"]
mod metadata;

use std::sync::Arc;

use comitia_bus::{InProcess, RabbitMq};
use comitia_core::Clock;

use common::Bench;

async fn in_process() -> Bench {
    Bench::new(Arc::new(InProcess::new(Clock::system())))
}

async fn rabbitmq() -> Bench {
    let url = comitia_testkit::test_amqp_url().await.unwrap();
    let bus = RabbitMq::connect(&url, Clock::system(), "comitia-bus-contract").unwrap();
    bus.wait_until_up().await;
    Bench::new(Arc::new(bus))
}

macro_rules! contract {
    ($($room:ident::$name:ident),+ $(,)?) => {
        mod on_in_process {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$room::$name(super::in_process().await).await; })+
        }
        mod on_rabbitmq {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$room::$name(super::rabbitmq().await).await; })+
        }
    };
}

contract!(
    delivery::each_queue_gets_the_events_of_its_keys,
    delivery::a_declared_queue_collects_before_its_first_consumer,
    delivery::consumers_of_one_queue_share_its_events,
    delivery::a_prefetch_of_one_keeps_the_order,
    delivery::no_more_handlers_run_than_the_prefetch_says,
    delivery::a_failure_is_tried_again_after_each_delay,
    delivery::a_poisoned_event_does_not_hold_up_the_others,
    delivery::a_panic_is_a_failure_like_another,
    dead_letters::an_event_is_given_up_after_its_last_attempt,
    dead_letters::a_permanent_failure_is_given_up_at_once,
    dead_letters::they_are_listed_replayed_and_discarded,
    dead_letters::a_replay_concerns_its_queue_alone_and_starts_afresh,
    dead_letters::unknown_queues_are_named,
    metadata::everything_about_an_event_arrives,
    metadata::the_trace_goes_on_in_the_handler,
    lifecycle::stopping_waits_for_the_handler_and_leaves_the_rest,
    lifecycle::a_dropped_handle_stops_its_consumer,
    lifecycle::names_that_cannot_work_are_refused,
    lifecycle::a_closed_bus_takes_nothing,
);
