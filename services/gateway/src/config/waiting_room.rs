//! The `gateway.waiting_room` section of the configuration.

use serde::Deserialize;

use crate::config::Limit;

/// When people wait before they sign in.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum WaitingRoomMode {
    /// While more want to sign in than capacity takes.
    #[default]
    Auto,
    /// Everybody takes a ticket first, also when nobody waits.
    Always,
    /// Never.
    Off,
}

/// The waiting room. Rates are those of one gateway; several add up.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WaitingRoomConfig {
    /// When people wait before they sign in.
    pub mode: WaitingRoomMode,
    /// The least people a second that are let in, however strained it is.
    pub admit_floor: u32,
    /// The most people a second that are let in.
    pub admit_ceiling: u32,
    /// Milliseconds that a sign-in may take: when more than half take longer, fewer people are let in.
    pub latency_target_ms: u64,
    /// Seconds that a visitor has to sign in, once let in.
    pub pass_seconds: u32,
    /// How often one pass is good for a call: a code by e-mail, a code typed wrong.
    pub pass_uses: u32,
    /// How many tickets one client address (IPv6: one /64) may take at once, and in how many seconds so many come back.
    /// Who comes beyond gets a ticket too, with a later place: as if they had come when one more was free.
    pub tickets_per_address: Limit,
}

impl Default for WaitingRoomConfig {
    fn default() -> Self {
        Self {
            mode: WaitingRoomMode::Auto,
            admit_floor: 5,
            admit_ceiling: 2_000,
            latency_target_ms: 2_000,
            pass_seconds: 600,
            pass_uses: 8,
            tickets_per_address: Limit { burst: 200, per_seconds: 600 },
        }
    }
}
