//! Whether a poll can work: that a ballot exists which keeps all rules, and that every option can be on one.
//!
//! To find such a ballot is hard in general (it contains the subset sum problem), so the search is complete but bounded: a
//! poll whose rules are so entangled that no ballot turns up within the bound is refused as one that has none, because its
//! voters would look in vain too. An option is refused only when it certainly fits on no ballot.

use comitia_platform::error::Violation;
use comitia_proto::voting::v1::{BallotSpecification, BallotType, PollOption};

use super::CompiledPoll;
use super::specification::Limits;

/// Options looked at in the search for one poll, in all.
const WORK: u64 = 4_000_000;
/// Options chosen one upon the other in a search that takes back, which is the depth of its recursion.
const MAX_DEPTH: usize = 500;
/// More options without a ballot than this are not named.
const MAX_NAMED: usize = 20;

/// Finds out whether a poll with sound rules can work.
///
/// # Errors
/// The rules that exclude every ballot, or the options that no ballot can have.
pub fn check(specification: &BallotSpecification, options: &[PollOption]) -> Result<(), Vec<Violation>> {
    // A signature chooses nothing, and nothing limits it.
    if specification.r#type() == BallotType::Signature {
        return Ok(());
    }
    let Ok(poll) = CompiledPoll::new(specification, options) else { return Ok(()) };
    let rules = Rules::of(&poll);
    let mut search = Search { rules: &rules, work: WORK };
    let Found::Ballot(first) = search.ballot_with(None) else {
        return Err(vec![Violation { field: "specification".to_owned(), rule: without_ballot(&rules) }]);
    };
    let mut covered = vec![false; rules.options.len()];
    for option in first {
        covered[option] = true;
    }
    let mut violations = Vec::new();
    for option in 0..rules.options.len() {
        if covered[option] || violations.len() >= MAX_NAMED {
            continue;
        }
        match search.ballot_with(Some(option)) {
            Found::Ballot(ballot) => ballot.into_iter().for_each(|other| covered[other] = true),
            Found::None => violations.push(Violation {
                field: format!("options[{option}]"),
                rule: format!(
                    "must fit on a ballot: with \"{}\" chosen, no ballot keeps the limits of the specification",
                    poll.options[option].id
                ),
            }),
            Found::Unknown => {}
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// Says which single rule stands in the way, if one alone does.
fn without_ballot(rules: &Rules) -> String {
    type Relax = fn(&mut Rules);
    let relaxed: [(&str, Relax); 6] = [
        ("max_total_cost", |rules| rules.cost.max = 0),
        ("min_total_cost", |rules| rules.cost.min = 0),
        ("max_choices", |rules| rules.count.max = u64::MAX),
        ("min_choices", |rules| rules.count.min = 0),
        ("category_limits", |rules| rules.categories.clear()),
        ("exclusion_groups", |rules| rules.groups = 0),
    ];
    let culprit = relaxed.into_iter().find(|(_, relax)| {
        let mut rules = rules.clone();
        relax(&mut rules);
        matches!(Search { rules: &rules, work: WORK / 10 }.ballot_with(None), Found::Ballot(_))
    });
    match culprit {
        Some((name, _)) => {
            format!(
                "must allow a ballot: no choice of options keeps all limits; without {name} there would be one"
            )
        }
        None => "must allow a ballot: no choice of options that keeps all limits was found".to_owned(),
    }
}

/// The rules of a poll as far as they bound what can be chosen together.
#[derive(Clone, Debug)]
struct Rules {
    /// How many options; a maximum of [`u64::MAX`] is none.
    count: Limits<u64>,
    cost: Limits<i128>,
    /// Number and cost of the options of each category.
    categories: Vec<(Limits<u64>, Limits<i128>)>,
    groups: usize,
    options: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    cost: i128,
    categories: Vec<usize>,
    groups: Vec<usize>,
}

impl Rules {
    fn of(poll: &CompiledPoll) -> Self {
        let item = |option: &super::specification::CompiledOption| Item {
            cost: option.cost.into(),
            categories: option.categories.clone(),
            groups: option.groups.clone(),
        };
        let mut count = poll.choices;
        if count.max == 0 {
            count.max = u64::MAX;
        }
        if poll.has_points() {
            by_points(poll, &mut count);
        }
        Self {
            count,
            cost: poll.total_cost,
            categories: poll.categories.iter().map(|limit| (limit.choices, limit.cost)).collect(),
            groups: poll.group_count,
            options: poll.options.iter().map(item).collect(),
        }
    }
}

/// Points bound the number of options: each takes its least, and gives its most.
fn by_points(poll: &CompiledPoll, count: &mut Limits<u64>) {
    let (each, total) = (poll.points, poll.total_points);
    if let Some(most) = total.max.checked_div(each.min).filter(|_| total.max > 0) {
        count.max = count.max.min(most);
    }
    let most_each = match (each.max, total.max) {
        (0, 0) => u64::MAX,
        (0, most) | (most, 0) => most,
        (each, total) => each.min(total),
    };
    // A cumulative ballot whose least total is 0 may be blank.
    count.min = count.min.max(total.min.div_ceil(most_each.max(1)));
}

enum Found {
    /// The positions of the options of a ballot.
    Ballot(Vec<usize>),
    /// There is none.
    None,
    /// None turned up within the bound.
    Unknown,
}

struct Search<'r> {
    rules: &'r Rules,
    work: u64,
}

/// Which options are chosen, and which are left out in this branch.
struct State {
    chosen: Vec<usize>,
    is_chosen: Vec<bool>,
    closed: Vec<bool>,
    cost: i128,
    categories: Vec<(u64, i128)>,
    groups: Vec<bool>,
}

impl Search<'_> {
    fn ballot_with(&mut self, option: Option<usize>) -> Found {
        let rules = self.rules;
        let mut state = State {
            chosen: Vec::new(),
            is_chosen: vec![false; rules.options.len()],
            closed: vec![false; rules.options.len()],
            cost: 0,
            categories: vec![(0, 0); rules.categories.len()],
            groups: vec![false; rules.groups],
        };
        if let Some(option) = option {
            if !state.fits(rules, option) {
                return Found::None;
            }
            state.choose(rules, option);
        }
        let begun = state.chosen.len();
        if self.fill(&mut state) {
            return Found::Ballot(state.chosen);
        }
        while state.chosen.len() > begun
            && let Some(&last) = state.chosen.last()
        {
            state.unchoose(rules, last);
        }
        match self.complete(&mut state) {
            Some(true) => Found::Ballot(state.chosen),
            Some(false) => Found::None,
            None => Found::Unknown,
        }
    }

    /// Adds what serves each minimum best, without ever taking anything back: enough for the rules of most polls.
    fn fill(&mut self, state: &mut State) -> bool {
        let rules = self.rules;
        while let Some(lack) = state.lack(rules) {
            let Some(work) = self.work.checked_sub(rules.options.len() as u64 + 1) else { return false };
            self.work = work;
            let mut missing = lack.missing;
            for option in lack.candidates(rules, state) {
                if missing > 0 && state.fits(rules, option) {
                    missing -= lack.gain(&rules.options[option]);
                    state.choose(rules, option);
                }
            }
            if missing > 0 {
                return false;
            }
        }
        true
    }

    /// Adds options until every minimum is reached. A minimum that is not reached needs at least one more of the options
    /// that count in it, so each of them is tried in turn, and left out in the branches after its own. `None` when the
    /// bound is spent.
    fn complete(&mut self, state: &mut State) -> Option<bool> {
        let rules = self.rules;
        let Some(lack) = state.lack(rules) else { return Some(true) };
        if state.chosen.len() > MAX_DEPTH {
            return None;
        }
        self.work = self.work.checked_sub(rules.options.len() as u64 + 1)?;
        let candidates = lack.candidates(rules, state);
        let within_reach: i128 = candidates.iter().map(|&option| lack.gain(&rules.options[option])).sum();
        if within_reach < lack.missing {
            return Some(false);
        }
        let mut tried = Vec::new();
        let mut found = Some(false);
        for option in candidates {
            state.choose(rules, option);
            found = self.complete(state);
            if found != Some(false) {
                break;
            }
            state.unchoose(rules, option);
            state.closed[option] = true;
            tried.push(option);
        }
        for option in tried {
            state.closed[option] = false;
        }
        found
    }
}

/// A minimum that is not reached.
struct Lack {
    /// Of one category, or of the whole ballot.
    category: Option<usize>,
    of_cost: bool,
    missing: i128,
}

impl Lack {
    /// The options that could be added for it, the best first: cheap ones leave room for others, and a least cost is
    /// reached soonest by dear ones.
    fn candidates(&self, rules: &Rules, state: &State) -> Vec<usize> {
        let mut candidates: Vec<usize> = (0..rules.options.len())
            .filter(|&option| self.counts(&rules.options[option]) && state.fits(rules, option))
            .collect();
        candidates.sort_by_key(|&option| rules.options[option].cost * if self.of_cost { -1 } else { 1 });
        candidates
    }

    fn counts(&self, item: &Item) -> bool {
        self.category.is_none_or(|category| item.categories.contains(&category)) && self.gain(item) > 0
    }

    fn gain(&self, item: &Item) -> i128 {
        if self.of_cost { item.cost } else { 1 }
    }
}

impl State {
    fn lack(&self, rules: &Rules) -> Option<Lack> {
        for (category, ((count, cost), (chosen, spent))) in
            rules.categories.iter().zip(&self.categories).enumerate()
        {
            if *chosen < count.min {
                let missing = i128::from(count.min - chosen);
                return Some(Lack { category: Some(category), of_cost: false, missing });
            }
            if *spent < cost.min {
                return Some(Lack { category: Some(category), of_cost: true, missing: cost.min - spent });
            }
        }
        if self.cost < rules.cost.min {
            return Some(Lack { category: None, of_cost: true, missing: rules.cost.min - self.cost });
        }
        let chosen = self.chosen.len() as u64;
        let missing = rules.count.min.checked_sub(chosen).filter(|missing| *missing > 0)?;
        Some(Lack { category: None, of_cost: false, missing: missing.into() })
    }

    /// Whether an option can be added without breaking a maximum.
    fn fits(&self, rules: &Rules, option: usize) -> bool {
        let item = &rules.options[option];
        let below = |value: i128, max: i128| max == 0 || value <= max;
        !self.closed[option]
            && !self.is_chosen[option]
            && (self.chosen.len() as u64) < rules.count.max
            && below(self.cost + item.cost, rules.cost.max)
            && (rules.groups == 0 || item.groups.iter().all(|group| !self.groups[*group]))
            && (rules.categories.is_empty()
                || item.categories.iter().all(|category| {
                    let (count, cost) = &rules.categories[*category];
                    let (chosen, spent) = self.categories[*category];
                    (count.max == 0 || chosen < count.max) && below(spent + item.cost, cost.max)
                }))
    }

    fn choose(&mut self, rules: &Rules, option: usize) {
        self.chosen.push(option);
        self.account(rules, option, 1);
    }

    fn unchoose(&mut self, rules: &Rules, option: usize) {
        self.chosen.pop();
        self.account(rules, option, -1);
    }

    fn account(&mut self, rules: &Rules, option: usize, sign: i128) {
        let item = &rules.options[option];
        self.is_chosen[option] = sign > 0;
        self.cost += sign * item.cost;
        if rules.groups > 0 {
            for group in &item.groups {
                self.groups[*group] = sign > 0;
            }
        }
        if !rules.categories.is_empty() {
            for category in &item.categories {
                let (chosen, spent) = &mut self.categories[*category];
                *chosen = chosen.saturating_add_signed(if sign > 0 { 1 } else { -1 });
                *spent += sign * item.cost;
            }
        }
    }
}

#[cfg(test)]
#[path = "feasibility_tests.rs"]
mod tests;
