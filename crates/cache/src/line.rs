//! A line of people by the time of their arrival: how many came in each second, and up to which arrival they have been
//! let in. Numbers only: who they are, their tickets say. All times in microseconds since the epoch.

use std::collections::{BTreeMap, HashMap};

/// Arrivals are counted by the second.
const SECOND: i64 = 1_000_000;
/// A member that took no step for so long is gone.
const MEMBER: i64 = 5 * SECOND;

/// Those who wait, by the second of their arrival, and the frontier: everybody who arrived until then is let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    frontier: i64,
    waiting: BTreeMap<i64, u32>,
}

/// What one member (a replica of a service) does to a line at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineStep {
    /// The member: a random number below 2^53.
    pub member: u64,
    /// How many arrived, by second since the epoch.
    pub arrivals: BTreeMap<i64, u32>,
    /// The frontier that the member knows: it never goes back, even if the cache forgot it.
    pub frontier: i64,
    /// How many to let in.
    pub admit: u32,
    /// Now: nobody who arrives later is let in.
    pub until: i64,
    /// Where the frontier goes when nobody waits: a little before now, or 0 to leave it. It lets those in whose arrival a
    /// member that died had no time to tell.
    pub when_empty: i64,
}

/// How a line stands after a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineState {
    /// The line.
    pub line: Line,
    /// How many this step let in.
    pub admitted: u32,
    /// How many all members let in since the line was begun.
    pub admitted_in_all: u64,
    /// The member that began the line, and when: another value than before tells that the cache lost it meanwhile.
    pub begun: (u64, i64),
    /// How many members took a step lately, this one included.
    pub members: u32,
}

impl Line {
    /// A line as the cache holds it.
    pub(crate) fn new(frontier: i64, waiting: BTreeMap<i64, u32>) -> Self {
        Self { frontier, waiting }
    }

    /// Everybody who arrived until then is let in.
    #[must_use]
    pub fn frontier(&self) -> i64 {
        self.frontier
    }

    /// Those who wait, by the second of their arrival.
    #[must_use]
    pub fn by_second(&self) -> &BTreeMap<i64, u32> {
        &self.waiting
    }

    /// `people` more arrived at `arrival`; those before the frontier do not wait.
    pub fn arrive(&mut self, arrival: i64, people: u32) {
        if arrival > self.frontier {
            self.arrive_in(arrival.div_euclid(SECOND), people);
        }
    }

    fn arrive_in(&mut self, second: i64, people: u32) {
        if people > 0 && last_of(second) > self.frontier {
            let waiting = self.waiting.entry(second).or_default();
            *waiting = waiting.saturating_add(people);
        }
    }

    /// How many wait ahead of one of them who arrived at `arrival`. Those of the same second count as spread evenly over
    /// it, over as much of it as has passed at `now`.
    #[must_use]
    pub fn ahead(&self, arrival: i64, now: i64) -> u64 {
        let second = arrival.div_euclid(SECOND);
        let before: u64 = self.waiting.range(..second).map(|(_, people)| u64::from(*people)).sum();
        let first = (second * SECOND).max(self.frontier + 1);
        let end = last_of(second).min(now.max(arrival)) + 1;
        let others = self.waiting.get(&second).map_or(0, |people| people.saturating_sub(1));
        before + u64::from(others - part(others, end - arrival, end - first))
    }

    /// How many wait of those who arrived until `until`.
    #[must_use]
    pub fn waiting(&self, until: i64) -> u64 {
        self.waiting.range(..=until.div_euclid(SECOND)).map(|(_, people)| u64::from(*people)).sum()
    }

    /// Lets everybody in who arrived until `frontier`. It never goes back.
    pub fn pass(&mut self, frontier: i64) {
        if frontier <= self.frontier {
            return;
        }
        let second = frontier.div_euclid(SECOND);
        let later = self.waiting.split_off(&second);
        let first = (second * SECOND).max(self.frontier + 1);
        self.frontier = frontier;
        self.waiting = later;
        let last = last_of(second);
        if let Some(people) = self.waiting.remove(&second) {
            let left = part(people, last - frontier, last - first + 1);
            if left > 0 {
                self.waiting.insert(second, left);
            }
        }
    }

    /// Lets the first `people` in of those who arrived until `until`; how many there were. When nobody of them waits
    /// any more, the frontier goes to `when_empty` (if that is later).
    pub fn advance(&mut self, people: u32, until: i64, when_empty: i64) -> u32 {
        let mut left = people;
        while left > 0 {
            let Some((&second, &waiting)) = self.waiting.first_key_value() else { break };
            let first = (second * SECOND).max(self.frontier + 1);
            let last = last_of(second).min(until);
            if first > last {
                break;
            }
            if waiting <= left {
                self.waiting.remove(&second);
                self.frontier = last;
                left -= waiting;
            } else {
                let span = (last - first + 1) * i64::from(left) / i64::from(waiting);
                self.waiting.insert(second, waiting - left);
                self.frontier = first - 1 + span;
                left = 0;
            }
        }
        if self.waiting(until) == 0 {
            self.pass(when_empty);
        }
        people - left
    }
}

/// The last microsecond of a second.
fn last_of(second: i64) -> i64 {
    second * SECOND + SECOND - 1
}

/// `people * share / whole`, rounded down, within 0 and `people`.
fn part(people: u32, share: i64, whole: i64) -> u32 {
    if whole <= 0 {
        return 0;
    }
    u32::try_from(i64::from(people) * share.clamp(0, whole) / whole).unwrap_or(people)
}

/// A line as all members share it.
#[derive(Clone, Debug)]
pub(crate) struct SharedLine {
    line: Line,
    admitted: u64,
    begun: (u64, i64),
    members: HashMap<u64, i64>,
}

impl SharedLine {
    /// A line that this step begins.
    pub(crate) fn begun_by(step: &LineStep) -> Self {
        Self { line: Line::default(), admitted: 0, begun: (step.member, step.until), members: HashMap::new() }
    }

    /// Takes a step. The order matters: what the member knows, who arrived, who is let in.
    pub(crate) fn take(&mut self, step: &LineStep) -> LineState {
        self.members.insert(step.member, step.until);
        self.members.retain(|_, last| *last > step.until - MEMBER);
        self.line.pass(step.frontier);
        for (&second, &people) in &step.arrivals {
            self.line.arrive_in(second, people);
        }
        let admitted = self.line.advance(step.admit, step.until, step.when_empty);
        self.admitted += u64::from(admitted);
        LineState {
            line: self.line.clone(),
            admitted,
            admitted_in_all: self.admitted,
            begun: self.begun,
            members: u32::try_from(self.members.len()).unwrap_or(u32::MAX),
        }
    }
}

/// [`SharedLine::take`] in one step on Redis. `KEYS[1]` is a hash: `frontier`, `admitted`, `begun`, a field `m...` a member
/// and a field a second. `ARGV`: member, frontier, admit, until, when_empty, time to live in milliseconds, then
/// second and people of each arrival. The contract suite holds the two to the same answers.
pub(crate) const STEP: &str = r"
local SECOND, MEMBER = 1000000, 5000000
local member, known, admit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now, when_empty = tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('HSETNX', KEYS[1], 'begun', ARGV[1] .. ':' .. ARGV[4])

local frontier, total, begun, members, waiting, changed = 0, 0, '', 1, {}, {}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if name == 'frontier' then frontier = tonumber(value)
  elseif name == 'admitted' then total = tonumber(value)
  elseif name == 'begun' then begun = value
  elseif string.sub(name, 1, 1) == 'm' then
    if tonumber(value) <= now - MEMBER then redis.call('HDEL', KEYS[1], name)
    elseif name ~= 'm' .. member then members = members + 1 end
  else waiting[tonumber(name)] = tonumber(value) end
end

local function set(second, people)
  if people == 0 then people = nil end
  waiting[second], changed[second] = people, true
end
local function last_of(second) return second * SECOND + SECOND - 1 end
local function pass(to)
  if to <= frontier then return end
  local second = math.floor(to / SECOND)
  local first, last = math.max(second * SECOND, frontier + 1), last_of(second)
  frontier = to
  for other, people in pairs(waiting) do
    if other < second then changed[other] = true end
  end
  for other in pairs(changed) do
    if other < second then waiting[other] = nil end
  end
  local people = waiting[second]
  if people then set(second, math.floor(people * math.min(last - to, last - first + 1) / (last - first + 1))) end
end

pass(known)
for i = 7, #ARGV, 2 do
  local second = tonumber(ARGV[i])
  if last_of(second) > frontier then set(second, (waiting[second] or 0) + tonumber(ARGV[i + 1])) end
end

local order = {}
for second in pairs(waiting) do order[#order + 1] = second end
table.sort(order)
local left = admit
for _, second in ipairs(order) do
  local first, last = math.max(second * SECOND, frontier + 1), math.min(last_of(second), now)
  if left == 0 or first > last then break end
  local people = waiting[second]
  if people <= left then
    set(second, 0)
    frontier, left = last, left - people
  else
    set(second, people - left)
    frontier, left = first - 1 + math.floor((last - first + 1) * left / people), 0
  end
end
local today = math.floor(now / SECOND)
local empty = true
for _, second in ipairs(order) do
  if second <= today and waiting[second] then empty = false break end
end
if empty then pass(when_empty) end
total = total + admit - left

for second in pairs(changed) do
  if waiting[second] then redis.call('HSET', KEYS[1], string.format('%.0f', second), string.format('%.0f', waiting[second]))
  else redis.call('HDEL', KEYS[1], string.format('%.0f', second)) end
end
redis.call('HSET', KEYS[1], 'frontier', string.format('%.0f', frontier), 'admitted', string.format('%.0f', total),
  'm' .. member, ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[6])

local answer = {}
for _, second in ipairs(order) do
  if waiting[second] then
    answer[#answer + 1] = second
    answer[#answer + 1] = waiting[second]
  end
end
return {begun, {frontier, admit - left, total, members}, answer}
";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000 * SECOND;

    fn line(arrivals: &[(i64, u32)]) -> Line {
        let mut line = Line::default();
        for (arrival, people) in arrivals {
            line.arrive(NOW + arrival, *people);
        }
        line
    }

    #[test]
    fn those_who_came_first_go_first() {
        let mut line = line(&[(0, 10), (SECOND, 10)]);
        assert_eq!(line.advance(5, NOW + 5 * SECOND, 0), 5);
        assert_eq!(line.frontier(), NOW + SECOND / 2 - 1);
        assert_eq!(line.advance(10, NOW + 5 * SECOND, 0), 10);
        assert_eq!(line.frontier(), NOW + SECOND + SECOND / 2 - 1);
        assert_eq!(line.advance(10, NOW + 5 * SECOND, 0), 5);
        assert_eq!(line.frontier(), NOW + 2 * SECOND - 1);
        assert_eq!(line.waiting(NOW + 5 * SECOND), 0);
    }

    #[test]
    fn the_frontier_does_not_pass_what_is_not_counted() {
        let mut line = line(&[(0, 1)]);
        line.advance(100, NOW + 30 * SECOND, 0);
        assert_eq!(line.frontier(), NOW + SECOND - 1, "only through counted seconds");
        line.advance(100, NOW + 30 * SECOND, NOW + 28 * SECOND);
        assert_eq!(line.frontier(), NOW + 28 * SECOND, "unless the caller says so");
    }

    #[test]
    fn nobody_is_let_in_before_they_arrive() {
        let mut line = line(&[(0, 4), (10 * SECOND, 4)]);
        assert_eq!(line.advance(100, NOW + SECOND / 4, NOW), 4);
        assert_eq!(line.frontier(), NOW + SECOND / 4);
        assert_eq!(line.waiting(NOW + SECOND), 0);
        assert_eq!(line.waiting(NOW + 10 * SECOND), 4);
        assert_eq!(line.ahead(NOW + 20 * SECOND, NOW + 20 * SECOND), 4);
    }

    #[test]
    fn a_forgotten_line_goes_on_where_a_member_knows_it_to_be() {
        let step = LineStep { member: 1, frontier: NOW, until: NOW + SECOND, ..LineStep::default() };
        let mut shared = SharedLine::begun_by(&step);
        assert_eq!(shared.take(&step).line.frontier(), NOW);
        let behind =
            LineStep { member: 2, frontier: NOW - 9 * SECOND, until: NOW + SECOND, ..LineStep::default() };
        let state = shared.take(&behind);
        assert_eq!((state.line.frontier(), state.members), (NOW, 2));
        let later = LineStep { member: 2, until: NOW + 7 * SECOND, ..LineStep::default() };
        assert_eq!(shared.take(&later).members, 1, "the other one is gone");
    }

    proptest! {
        /// Whatever happens, the frontier never goes back or beyond now, nobody is lost from the count, and no
        /// more are let in than was asked for.
        #[test]
        fn people_are_conserved(steps in prop::collection::vec((0_i64..3_000_000, 0_u32..20, 0_u32..15), 1..120)) {
            let (mut line, mut now, mut arrived, mut admitted) = (Line::default(), NOW, 0_u64, 0_u64);
            for (pause, people, admit) in steps {
                now += pause + 1;
                line.arrive(now, people);
                arrived += u64::from(people);
                let before = line.frontier();
                let in_now = line.advance(admit, now, 0);
                prop_assert!(in_now <= admit);
                admitted += u64::from(in_now);
                prop_assert!(line.frontier() >= before && line.frontier() <= now);
                prop_assert_eq!(line.waiting(now), arrived - admitted);
                prop_assert!(line.ahead(now, now) <= line.waiting(now));
            }
        }

        /// Who arrived earlier never has more people ahead.
        #[test]
        fn places_follow_arrival(arrivals in prop::collection::vec(0_i64..20_000_000, 1..80), admit in 0_u32..60) {
            let mut line = line(&arrivals.iter().map(|arrival| (*arrival, 1)).collect::<Vec<_>>());
            let end = NOW + 20 * SECOND;
            line.advance(admit, end, 0);
            let mut sorted = arrivals;
            sorted.sort_unstable();
            for pair in sorted.windows(2) {
                prop_assert!(line.ahead(NOW + pair[0], end) <= line.ahead(NOW + pair[1], end));
            }
        }
    }
}
