//! The line of one organization as this gateway sees it: the shared state, what is not reported
//! yet, and how to continue without the cache. Pure. Times are in microseconds since the epoch.

use std::collections::{BTreeMap, HashSet, VecDeque};

use comitia_cache::{Line, LineState, LineStep};

use super::tokens::Ticket;

const SECOND: i64 = 1_000_000;
/// How far the admission frontier trails the clock while the queue is empty. This admits people
/// whom a dead gateway did not report, or whose gateway's clock is fast.
const TRAIL: i64 = 2 * SECOND;
/// How long a line that nobody knows stays put at first: tickets from before may turn up.
const SETTLE: i64 = 3 * SECOND;
/// How long it stays put if one does: until all who wait have shown their tickets.
const RECOVERY: i64 = 45 * SECOND;
/// The maximum number of such tickets to remember.
const MAX_RECOVERED: usize = 200_000;
/// The window in which the speed of the line is measured.
const WINDOW: i64 = 15 * SECOND;

#[derive(Debug)]
pub struct Queue {
    member: u64,
    /// Everybody who waits, as far as this gateway knows.
    line: Line,
    /// The arrivals at this gateway, reported again if the cache loses them.
    own: Line,
    unreported: BTreeMap<i64, u32>,
    begun: Option<(u64, i64)>,
    members: u32,
    is_alone: bool,
    created: i64,
    /// Whether the frontier is known: from the cache, or because no ticket from before turned up.
    is_settled: bool,
    held_until: i64,
    /// Until when the cache may lack arrivals, because it lost them and gateways are reporting them
    /// again.
    rereporting_until: i64,
    recovered: HashSet<[u8; 16]>,
    last_arrival: i64,
    admitted: VecDeque<(i64, u64)>,
    admitted_in_all: u64,
    touched: i64,
}

impl Queue {
    /// A line that this gateway (`member`) has not seen before.
    pub fn new(member: u64, now: i64) -> Self {
        Self {
            member,
            line: Line::default(),
            own: Line::default(),
            unreported: BTreeMap::new(),
            begun: None,
            members: 1,
            is_alone: false,
            created: now,
            is_settled: false,
            held_until: now + SETTLE,
            rereporting_until: 0,
            recovered: HashSet::new(),
            last_arrival: 0,
            admitted: VecDeque::new(),
            admitted_in_all: 0,
            touched: now,
        }
    }

    /// The next report to the cache, which asks to admit up to `admit` people. [`Queue::reported`]
    /// or [`Queue::alone`] must follow.
    pub fn step(&mut self, now: i64, admit: u32) -> LineStep {
        let held = !self.is_settled && now < self.held_until;
        LineStep {
            member: self.member,
            arrivals: std::mem::take(&mut self.unreported),
            frontier: self.line.frontier(),
            admit: if held { 0 } else { admit },
            until: now,
            // 0 while the cache may know less than the gateways: it would admit everybody it lost.
            when_empty: if held || now < self.rereporting_until || self.waiting(now) > 0 {
                0
            } else {
                now - TRAIL
            },
        }
    }

    /// Takes over the shared state after a report. Returns how many people were admitted.
    pub fn reported(&mut self, step: &LineStep, state: LineState) -> u32 {
        self.is_alone = false;
        if self.begun != Some(state.begun) {
            // The cache has lost earlier reports: repeat all of them but this one.
            if self.begun.replace(state.begun).is_some() {
                self.rereporting_until = step.until + SETTLE;
            }
            self.unreported = self.own.by_second().clone();
            for (second, people) in &step.arrivals {
                if let Some(count) = self.unreported.get_mut(second) {
                    *count = count.saturating_sub(*people);
                }
            }
            self.unreported.retain(|_, people| *people > 0);
        }
        self.members = state.members.max(1);
        self.line = state.line;
        for (second, people) in &self.unreported {
            self.line.arrive(second * SECOND + SECOND - 1, *people);
        }
        self.settle(step.until);
        self.measure(step.until, state.admitted_in_all);
        state.admitted
    }

    /// Continues without the cache, at the combined pace of all gateways. The others do the same,
    /// so all frontiers stay close. Returns how many people this gateway admitted.
    pub fn alone(&mut self, step: LineStep) -> u32 {
        self.is_alone = true;
        for (second, people) in step.arrivals {
            *self.unreported.entry(second).or_default() += people;
        }
        let admitted = self.line.advance(step.admit.saturating_mul(self.members), step.until, 0);
        self.settle(step.until);
        self.measure(step.until, self.admitted_in_all + u64::from(admitted));
        admitted.div_ceil(self.members)
    }

    fn settle(&mut self, now: i64) {
        self.own.pass(self.line.frontier());
        if self.line.frontier() > 0 || now >= self.held_until {
            self.is_settled = true;
            self.recovered = HashSet::new();
        }
    }

    /// Adds an arrival, `delay` after now, and returns its place: behind the frontier and all
    /// earlier arrivals.
    pub fn arrive(&mut self, now: i64, delay: i64) -> i64 {
        self.touched = now;
        let arrival = now.max(self.line.frontier() + 1).max(self.last_arrival + 1);
        self.last_arrival = arrival;
        let arrival = arrival + delay;
        *self.unreported.entry(arrival.div_euclid(SECOND)).or_default() += 1;
        self.own.arrive(arrival, 1);
        // Without the cache, assume as many arrivals at each other gateway.
        self.line.arrive(arrival, if self.is_alone { self.members } else { 1 });
        arrival
    }

    /// Notes a ticket. If the cache and all gateways have lost its line, it is counted again.
    pub fn see(&mut self, ticket: &Ticket, now: i64) {
        self.touched = now;
        let from_before = ticket.issued < self.created - TRAIL;
        if self.is_settled
            || !from_before
            || self.is_admitted(ticket.arrival)
            || self.recovered.len() >= MAX_RECOVERED
        {
            return;
        }
        if self.recovered.insert(ticket.nonce) {
            self.held_until = self.created + RECOVERY;
            *self.unreported.entry(ticket.arrival.div_euclid(SECOND)).or_default() += 1;
            self.own.arrive(ticket.arrival, 1);
            self.line.arrive(ticket.arrival, 1);
        }
    }

    pub fn is_admitted(&self, arrival: i64) -> bool {
        arrival <= self.line.frontier()
    }

    /// Whether people wait, so that nobody passes without a ticket.
    pub fn is_open(&self, now: i64) -> bool {
        self.line.waiting(now) > 0
    }

    /// How many people wait before this arrival.
    pub fn ahead(&self, arrival: i64, now: i64) -> u64 {
        self.line.ahead(arrival, now)
    }

    pub fn waiting(&self, now: i64) -> u64 {
        self.line.waiting(now)
    }

    /// How many thousandths of a person per second all gateways admitted lately. `None` if unknown.
    pub fn speed(&self) -> Option<u64> {
        let ((first, then), (last, now)) = (self.admitted.front()?, self.admitted.back()?);
        let micros = u64::try_from(last - first).ok().filter(|micros| *micros > 0)?;
        Some(now.saturating_sub(*then).saturating_mul(1_000_000_000) / micros).filter(|speed| *speed > 0)
    }

    /// The number of gateways.
    pub fn members(&self) -> u32 {
        self.members
    }

    /// Whether it can be dropped: nobody waits, and nobody came for a minute. The cache keeps the
    /// frontier.
    pub fn is_idle(&self, now: i64) -> bool {
        self.line.by_second().is_empty() && self.unreported.is_empty() && now - self.touched > 60 * SECOND
    }

    /// Notes that somebody wants to sign in.
    pub fn touch(&mut self, now: i64) {
        self.touched = now;
    }

    fn measure(&mut self, now: i64, admitted_in_all: u64) {
        if admitted_in_all < self.admitted_in_all || self.line.waiting(now) == 0 {
            self.admitted.clear();
        }
        self.admitted_in_all = admitted_in_all;
        self.admitted.push_back((now, admitted_in_all));
        while self.admitted.front().is_some_and(|(time, _)| now - time > WINDOW) {
            self.admitted.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use comitia_cache::{Cache, InProcess};
    use comitia_core::Clock;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const START: i64 = 1_800_000_000 * SECOND;

    fn ticket(arrival: i64, nonce: u8) -> Ticket {
        Ticket { organization: Uuid::nil(), arrival, issued: arrival, nonce: [nonce; 16] }
    }

    /// One step with the line in `cache`, or without a cache.
    fn tick(queue: &mut Queue, cache: Option<&InProcess>, now: i64, admit: u32) -> u32 {
        let step = queue.step(now, admit);
        match cache {
            Some(cache) => {
                let state = cache.line("line", &step, Duration::from_secs(3_600));
                let state = futures_util::FutureExt::now_or_never(state).unwrap().unwrap();
                queue.reported(&step, state)
            }
            None => queue.alone(step),
        }
    }

    fn cache() -> InProcess {
        InProcess::new(Clock::system())
    }

    /// A gateway that has run for a while.
    fn settled(member: u64, cache: &InProcess, now: i64) -> Queue {
        let mut queue = Queue::new(member, now - 2 * SETTLE);
        tick(&mut queue, Some(cache), now, 1);
        queue
    }

    #[test]
    fn a_new_gateway_finds_the_line_where_the_others_are() {
        let cache = cache();
        let mut first = settled(1, &cache, START);
        let places: Vec<_> = (0..10).map(|number| first.arrive(START + number, 0)).collect();
        tick(&mut first, Some(&cache), START + 2 * SECOND, 4);
        let mut second = Queue::new(2, START + 2 * SECOND);
        tick(&mut second, Some(&cache), START + 2 * SECOND, 0);
        assert_eq!((second.waiting(START + 2 * SECOND), second.members()), (6, 2));
        for place in places {
            assert_eq!(first.is_admitted(place), second.is_admitted(place));
        }
        second.see(&ticket(START + SECOND / 2, 1), START + 2 * SECOND);
        assert_eq!(second.waiting(START + 2 * SECOND), 6, "nobody is counted twice");
    }

    #[test]
    fn the_line_is_told_again_when_the_cache_has_lost_it() {
        let lost = cache();
        let (mut one, mut two) = (settled(1, &lost, START), settled(2, &lost, START));
        (0..6).for_each(|number| _ = one.arrive(START + number, 0));
        (0..4).for_each(|number| _ = two.arrive(START + 2 * SECOND + number, 0));
        tick(&mut one, Some(&lost), START + 3 * SECOND, 2);
        tick(&mut two, Some(&lost), START + 3 * SECOND, 0);
        let frontier = two.line.frontier();
        let empty = cache();
        for _ in 0..2 {
            tick(&mut one, Some(&empty), START + 4 * SECOND, 0);
            tick(&mut two, Some(&empty), START + 4 * SECOND, 0);
        }
        tick(&mut one, Some(&empty), START + 4 * SECOND, 0);
        assert_eq!((one.waiting(START + 4 * SECOND), two.waiting(START + 4 * SECOND)), (8, 8));
        assert_eq!((one.line.frontier(), two.line.frontier()), (frontier, frontier));
    }

    #[test]
    fn a_gateway_without_tickets_does_not_open_a_line_that_the_cache_has_lost() {
        let lost = cache();
        let (mut one, mut two) = (settled(1, &lost, START), settled(2, &lost, START));
        let place = one.arrive(START, 0);
        (1..6).for_each(|number| _ = one.arrive(START + number, 0));
        tick(&mut one, Some(&lost), START + SECOND, 0);
        tick(&mut two, Some(&lost), START + SECOND, 0);
        let empty = cache();
        for half in 0..5 {
            tick(&mut two, Some(&empty), START + 4 * SECOND + half * SECOND / 2, 0);
        }
        assert!(!two.is_admitted(place), "the other gateway has had no time to tell");
        tick(&mut one, Some(&empty), START + 6 * SECOND, 0);
        tick(&mut one, Some(&empty), START + 7 * SECOND, 0);
        tick(&mut two, Some(&empty), START + 8 * SECOND, 0);
        assert_eq!(two.waiting(START + 8 * SECOND), 6);
    }

    #[test]
    fn without_the_cache_gateways_go_on_at_the_same_pace() {
        let cache = cache();
        let (mut one, mut two) = (settled(1, &cache, START), settled(2, &cache, START));
        for second in 0..10 {
            (0..10).for_each(|number| _ = one.arrive(START + second * SECOND + number, 0));
        }
        tick(&mut one, Some(&cache), START + 10 * SECOND, 0);
        tick(&mut two, Some(&cache), START + 10 * SECOND, 0);
        tick(&mut one, Some(&cache), START + 10 * SECOND, 0);
        for later in 0..4 {
            let now = START + (11 + later) * SECOND;
            let admitted = [&mut one, &mut two].map(|queue| tick(queue, None, now, 5));
            assert_eq!(admitted, [5, 5], "each its own five of ten");
            assert_eq!(one.line.frontier(), two.line.frontier());
        }
        assert_eq!(one.waiting(START + 20 * SECOND), 60);
        tick(&mut two, Some(&cache), START + 20 * SECOND, 0);
        assert_eq!(two.waiting(START + 20 * SECOND), 60, "the cache learns how far they went");
    }

    #[test]
    fn when_all_is_lost_the_line_comes_back_from_the_tickets() {
        let empty = cache();
        let mut queue = Queue::new(1, START);
        // New visitors arrive before old tickets turn up.
        let new = queue.arrive(START, 0);
        tick(&mut queue, Some(&empty), START + SECOND, 100);
        assert!(!queue.is_admitted(new), "nobody yet: others may have waited before");
        for nonce in 0..50 {
            let old = ticket(START - 600 * SECOND + i64::from(nonce) * SECOND, nonce);
            queue.see(&old, START + SECOND);
            queue.see(&old, START + 2 * SECOND);
        }
        let soon = START + SETTLE + SECOND;
        tick(&mut queue, Some(&empty), soon, 100);
        assert_eq!((queue.waiting(soon), queue.is_admitted(new)), (51, false));
        let later = START + RECOVERY + SECOND;
        assert_eq!(tick(&mut queue, Some(&empty), later, 50), 50);
        assert!(!queue.is_admitted(new), "still behind those who came before");
        tick(&mut queue, Some(&empty), later, 1);
        assert!(queue.is_admitted(new));
    }

    #[test]
    fn who_nobody_counted_gets_in_when_nobody_waits() {
        let cache = cache();
        let mut queue = settled(1, &cache, START);
        // Issued by a gateway that died before it reported.
        let uncounted = ticket(START + SECOND, 1);
        queue.see(&uncounted, START + 2 * SECOND);
        tick(&mut queue, Some(&cache), START + 2 * SECOND, 1);
        assert!(!queue.is_admitted(uncounted.arrival));
        tick(&mut queue, Some(&cache), START + 4 * SECOND, 1);
        assert!(queue.is_admitted(uncounted.arrival));
    }

    #[test]
    fn the_speed_is_that_of_all_gateways() {
        let cache = cache();
        let (mut one, mut two) = (settled(1, &cache, START), settled(2, &cache, START));
        (0..1_000).for_each(|number| _ = one.arrive(START + number, 0));
        for second in 1..10 {
            tick(&mut one, Some(&cache), START + second * SECOND, 10);
            tick(&mut two, Some(&cache), START + second * SECOND, 30);
        }
        let speed = two.speed().unwrap();
        assert!((38_000..=44_000).contains(&speed), "{speed}");
    }

    proptest! {
        /// Whatever the gateways, arrivals, outages and losses of the cache: on each gateway the
        /// admitted are a prefix of the line, nobody is sent back, and in the end everybody is
        /// admitted.
        #[test]
        fn nobody_jumps_ahead_and_nobody_is_forgotten(
            steps in prop::collection::vec((0_usize..3, 0_u32..6, 0_u32..4, 0_u8..20), 1..150),
        ) {
            let mut shared = cache();
            let mut queues: Vec<_> = (1..=3).map(|member| settled(member, &shared, START)).collect();
            let (mut now, mut places): (i64, Vec<i64>) = (START, Vec::new());
            for (turn, arrivals, admit, fate) in steps {
                now += SECOND / 3;
                if fate == 0 {
                    shared = cache();
                }
                let queue = &mut queues[turn];
                let before: Vec<bool> = places.iter().map(|place| queue.is_admitted(*place)).collect();
                for _ in 0..arrivals {
                    let place = queue.arrive(now, 0);
                    prop_assert!(!queue.is_admitted(place));
                    places.push(place);
                }
                let admitted = tick(queue, (fate % 4 != 1).then_some(&shared), now, admit);
                prop_assert!(admitted <= admit);
                prop_assert!(before.iter().zip(&places).all(|(before, place)| !before || queue.is_admitted(*place)));
                prop_assert!(queue.line.frontier() <= now.max(queue.last_arrival));
            }
            for _ in 0..3 {
                for queue in &mut queues {
                    now += SECOND;
                    tick(queue, Some(&shared), now, 10_000);
                }
            }
            for queue in &queues {
                prop_assert!(places.iter().all(|place| queue.is_admitted(*place)), "{:?}", queue.line);
            }
        }
    }
}
