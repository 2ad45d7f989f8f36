//! The `gateway.waiting_room` section of the configuration.

use serde::Deserialize;

use crate::config::Limit;

/// When people wait before they sign in.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum WaitingRoomMode {
    /// While more people want to sign in than there is capacity for.
    #[default]
    Auto,
    /// Everybody takes a ticket first, even if nobody waits.
    Always,
    Off,
}

/// The waiting room. Rates are per gateway; those of several add up.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WaitingRoomConfig {
    /// When people wait before they sign in.
    pub mode: WaitingRoomMode,
    /// The minimum number of people admitted per second, under any load.
    pub admit_floor: u32,
    /// The maximum number of people admitted per second.
    pub admit_ceiling: u32,
    /// The target latency of a sign-in in milliseconds. If more than half are slower, fewer people
    /// are admitted.
    pub latency_target_ms: u64,
    /// How many seconds an admitted visitor has to sign in.
    pub pass_seconds: u32,
    /// How many calls one pass allows: asking for a code by e-mail, mistyping one.
    pub pass_uses: u32,
    /// How many tickets one client address (an IPv6 /64) may take at once, and in how many seconds
    /// that allowance refills. Further tickets get later places, as if their holders had come when
    /// the allowance permitted.
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
