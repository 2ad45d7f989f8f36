"""The rules of comitia's engine as pabutools 1.2.3 computes them, in exact fractions.

pabutools is licensed under the GPL: it is installed into a throw-away environment by the scripts that use this module,
and nothing of it is linked or copied.

A rule is the JSON that comitia-allocation reads, for example
{"name": "equal-shares", "satisfaction": "cost", "completion": "add1", "stop": "overspend"}; amounts such as "increment"
are in minor units of the file. Where pabutools has no such rule, it is put together from pabutools' own parts:

* "by votes" of cities is pabutools' greedy with cost satisfaction, "votes per cost" is its greedy with cardinality;
* Add1 that stops before it overspends is pabutools' method of equal shares, run anew with a larger budget each time
  (its own increment also stops as soon as the outcome is exhaustive: that is "stop": "exhaustive");
* scores of ordinal ballots are those of Pabulib's files (of k projects the first has k, the last 1), one more than
  pabutools' Borda scores; scores times cost has no class there, either.

As a program: `reference.py FILE RULE [--ties CHAIN]` runs one rule in a process of its own and prints one JSON object
with seconds, parse_seconds, peak_rss_bytes and selected.
"""

import argparse
import json
import resource
import sys
import time

import pabutools.fractions
from pabutools.election import AbstractApprovalProfile, AbstractOrdinalProfile, total_cost
from pabutools.election.pabulib import parse_pabulib
from pabutools.election.satisfaction import AdditiveSatisfaction, Cardinality_Sat, Cost_Sat
from pabutools.fractions import frac, str_as_frac
from pabutools.rules import (
    greedy_utilitarian_welfare,
    method_of_equal_shares,
    popularity_comparison,
    sequential_phragmen,
)
from pabutools.tiebreaking import TieBreakingRule

pabutools.fractions.FRACTION = "gmpy2"
DEFAULT_TIES = "most-votes,lowest-cost,id"


class Election:
    """A file with its profile, the satisfaction classes for its kind of ballot, and its smallest unit of money."""

    def __init__(self, path):
        self.instance, profile = parse_pabulib(path)
        # Identical ballots grouped where there are many of them: pabutools is faster so, and counts the same.
        grouped = profile.as_multiprofile()
        self.profile = grouped if 2 * len(grouped) < len(profile) else profile
        self.approval = isinstance(profile, AbstractApprovalProfile)
        amounts = [self.instance.budget_limit] + [project.cost for project in self.instance]
        self.minor_per_unit = 1
        while any((amount * self.minor_per_unit).denominator != 1 for amount in amounts):
            self.minor_per_unit *= 10
        if self.approval:
            self.cardinality, self.cost = Cardinality_Sat, Cost_Sat

            def score(ballot, project):
                return int(project in ballot)

        else:
            default = str_as_frac(self.instance.meta.get("default_score") or "0")
            ordinal = isinstance(profile, AbstractOrdinalProfile)

            def score(ballot, project):
                if ordinal:
                    return len(ballot) - ballot.position(project) if project in ballot else 0
                return ballot.get(project, default)

            self.cardinality = additive(lambda ballot, project: score(ballot, project))
            self.cost = additive(lambda ballot, project: score(ballot, project) * project.cost)
        self.supported = {
            project for project in self.instance if any(score(ballot, project) > 0 for ballot in self.profile)
        }
        self.votes = {
            project: sum(self.profile.multiplicity(b) for b in self.profile if project in b) for project in self.instance
        }

    def satisfaction(self, name):
        return {"cost": self.cost, "cardinality": self.cardinality}[name]

    def ties(self, chain):
        keys = {
            "most-votes": lambda p: -self.votes[find(p)],
            "lowest-cost": lambda p: p.cost,
            "highest-cost": lambda p: -p.cost,
            "id": lambda p: p.name,
        }

        def find(project):
            # Equal shares hands over projects of a class of its own, equal by name.
            return project if project in self.votes else self.instance.get_project(project.name)

        parts = [keys[name] for name in chain.split(",")]
        return TieBreakingRule(lambda _instance, _profile, project: tuple(part(project) for part in parts))


def additive(score):
    class Satisfaction(AdditiveSatisfaction):
        def __init__(self, instance, profile, ballot):
            super().__init__(instance, profile, ballot, lambda _i, _p, b, project, _v: score(b, project))

    return Satisfaction


def names(allocation):
    return sorted(project.name for project in allocation)


def run(election, rule, chain=DEFAULT_TIES):
    """The names of the funded projects, sorted."""
    ties = election.ties(chain)
    if rule["name"] == "greedy":
        funded = greedy(election, election.satisfaction(greedy_satisfaction(rule)), ties)
    elif rule["name"] == "phragmen":
        funded = sequential_phragmen(election.instance, election.profile, tie_breaking=ties)
    else:
        funded = equal_shares(election, rule, ties)
    return names(supported(election, funded))


def supported(election, funded):
    """pabutools also takes projects that nobody supports, after all others, if they fit; the engine never does."""
    return [project for project in funded if project in election.supported]


def greedy_satisfaction(rule):
    return {"score": "cost", "score-per-cost": "cardinality"}[rule.get("order", "score")]


def greedy(election, satisfaction, ties, funded=None):
    return greedy_utilitarian_welfare(
        election.instance, election.profile, satisfaction, tie_breaking=ties, initial_budget_allocation=funded
    )


def equal_shares(election, rule, ties):
    completion = rule.get("completion", "add1")
    if completion in ("add1", "add1u"):
        funded = add1(election, rule, ties)
    else:
        funded = shares(election, rule, ties, start(election, rule))
    if completion in ("greedy", "add1u"):
        funded = greedy(election, election.cost, ties, funded)
    if rule.get("comparison", "none") == "satisfaction":
        best = popularity_comparison(
            election.instance,
            election.profile,
            election.cardinality,
            [lambda *_, **__: funded, lambda *_, **__: greedy(election, election.cost, ties)],
        )
        # Equal shares stands first, and stays where as many prefer either.
        return best[0]
    return funded


def start(election, rule):
    """What all voters have together at first."""
    voters = election.profile.num_ballots()
    if rule.get("start", "exact") == "integral":
        return frac(int(election.instance.budget_limit / voters) * voters)
    return election.instance.budget_limit


def shares(election, rule, ties, money, **options):
    """Equal shares of so much money, whatever the budget is."""
    budget = election.instance.budget_limit
    election.instance.budget_limit = money
    try:
        return method_of_equal_shares(
            election.instance,
            election.profile,
            election.satisfaction(rule.get("satisfaction", "cost")),
            tie_breaking=ties,
            # Its list is extended by projects that cost nothing, so each run needs a new one.
            initial_budget_allocation=[],
            **options,
        )
    finally:
        election.instance.budget_limit = budget


def add1(election, rule, ties):
    instance, voters = election.instance, election.profile.num_ballots()
    increment = frac(rule.get("increment") or election.minor_per_unit, election.minor_per_unit)
    satisfaction = election.profile.as_sat_profile(election.satisfaction(rule.get("satisfaction", "cost")))
    supported = {p for p in instance if any(sat.sat_project(p) > 0 for sat in satisfaction)}
    exhaustive = rule.get("stop", "overspend") == "exhaustive"
    # pabutools asks whether a supported project would fit, equalshares.net (and the engine) whether any would.
    if exhaustive and rule.get("start", "exact") == "exact" and len(supported) == len(instance):
        return shares(election, rule, ties, instance.budget_limit, voter_budget_increment=increment)
    money, funded = start(election, rule), None
    while True:
        larger = shares(election, rule, ties, money)
        if total_cost(larger) > instance.budget_limit:
            return funded
        funded = larger
        if supported <= set(funded) or (exhaustive and instance.is_exhaustive(funded)):
            return funded
        money += increment * voters


def all_outcomes(election, rule):
    """Every outcome that some way of breaking ties leads to (only for rules without Add1, and tiny elections)."""
    ties, options = election.ties("id"), {"resoluteness": False}
    if rule["name"] == "greedy":
        satisfaction = election.satisfaction(greedy_satisfaction(rule))
        found = greedy_utilitarian_welfare(election.instance, election.profile, satisfaction, tie_breaking=ties, **options)
    elif rule["name"] == "phragmen":
        found = sequential_phragmen(election.instance, election.profile, tie_breaking=ties, **options)
    else:
        found = shares(election, rule, ties, start(election, rule), **options)
    return sorted({tuple(names(supported(election, outcome))) for outcome in found})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("rule", help="the rule as JSON, or \"parse\" to read the file only")
    parser.add_argument("--ties", default=DEFAULT_TIES)
    arguments = parser.parse_args()
    begun = time.perf_counter()
    if arguments.rule == "parse":
        parse_pabulib(arguments.file)
        parsed = finished = time.perf_counter()
        selected = None
    else:
        election = Election(arguments.file)
        parsed = time.perf_counter()
        selected = run(election, json.loads(arguments.rule), arguments.ties)
        finished = time.perf_counter()
    json.dump(
        {
            "seconds": finished - parsed,
            "parse_seconds": parsed - begun,
            "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "selected": selected,
        },
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
