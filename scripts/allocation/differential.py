"""Compares comitia's engine with pabutools on random elections and on real files; scripts/differential-allocation calls it.

For each rule, random elections are written as .pb files, counted by both with the same chain of tie breakers, and the
sets of funded projects are compared. A disagreement is made smaller, ballot by ballot and project by project, as long as
it stays one, and printed. Equal seeds give equal elections. The exit code is 1 if there was a disagreement.
"""

import argparse
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import reference

KINDS = ["approval", "choose-1", "cumulative", "ordinal", "scoring"]
APPROVAL = ["approval", "choose-1"]
CHAINS = ["most-votes,lowest-cost,id", "id", "lowest-cost,id", "highest-cost,most-votes,id", "most-votes,highest-cost,id"]


def shares(**parameters):
    return {"name": "equal-shares", **parameters}


# Name, rule, kinds of ballot it is for.
RULES = [
    ("greedy by votes", {"name": "greedy"}, KINDS),
    ("greedy by votes per cost", {"name": "greedy", "order": "score-per-cost"}, KINDS),
    ("phragmen", {"name": "phragmen"}, APPROVAL),
] + [
    (
        f"equal shares, {satisfaction}, {label}",
        shares(satisfaction=satisfaction, **parameters),
        KINDS,
    )
    for satisfaction in ("cost", "cardinality")
    for label, parameters in (
        ("no completion", {"completion": "none"}),
        ("no completion, integral start", {"completion": "none", "start": "integral"}),
        ("greedy completion", {"completion": "greedy"}),
        ("add1 until exhaustive", {"completion": "add1", "stop": "exhaustive"}),
        ("add1 until overspent", {"completion": "add1", "stop": "overspend"}),
        ("add1u", {"completion": "add1u", "stop": "overspend"}),
        ("add1 with comparison", {"completion": "add1", "stop": "overspend", "comparison": "satisfaction"}),
    )
]


class Made:
    """A made-up election: small enough to be read, hard enough to have ties and misfits."""

    def __init__(self, kind, budget, projects, ballots, meta):
        self.kind, self.budget, self.projects, self.ballots, self.meta = kind, budget, projects, ballots, meta

    def text(self):
        meta = {
            "description": "made up", "country": "Nowhere", "unit": "Seedville", "instance": "random",
            "num_projects": len(self.projects), "num_votes": len(self.ballots), "budget": decimal(self.budget),
            "vote_type": self.kind, "rule": "unknown", "date_begin": 2025, "date_end": 2025, **self.meta,
        }
        lines = ["META", "key;value", *(f"{key};{value}" for key, value in meta.items())]
        lines += ["PROJECTS", "project_id;cost", *(f"{name};{decimal(cost)}" for name, cost in self.projects)]
        points = self.kind in ("cumulative", "scoring")
        lines += ["VOTES", "voter_id;vote;points" if points else "voter_id;vote"]
        for voter, ballot in enumerate(self.ballots, 1):
            cells = [str(voter), ",".join(name for name, _ in ballot)]
            if points:
                cells.append(",".join(tenths(score) for _, score in ballot))
            lines.append(";".join(cells))
        return "\n".join(lines) + "\n"

    def smaller(self):
        """All elections with one ballot or one project less."""
        for at in range(len(self.ballots)):
            if len(self.ballots) > 1:
                yield Made(self.kind, self.budget, self.projects, self.ballots[:at] + self.ballots[at + 1 :], self.meta)
        for at, (gone, _) in enumerate(self.projects):
            left = [[choice for choice in ballot if choice[0] != gone] for ballot in self.ballots]
            if len(self.projects) > 1 and (self.kind in APPROVAL or all(left)):
                yield Made(self.kind, self.budget, self.projects[:at] + self.projects[at + 1 :], left, self.meta)


def decimal(cents):
    return f"{cents // 100}.{cents % 100:02d}" if cents % 100 else str(cents // 100)


def tenths(score):
    sign, score = ("-" if score < 0 else ""), abs(score)
    return f"{sign}{score // 10}.{score % 10}" if score % 10 else f"{sign}{score // 10}"


def made(lot, kind, rule, tiny):
    """An election drawn by lot. Amounts are in cents and points in tenths, so that nothing is ever rounded."""
    count = lot.randint(2, 5) if tiny else lot.randint(2, 12)
    voters = lot.randint(1, 8) if tiny else lot.randint(1, 40)
    # Names whose order as text is not that of numbers, and letters beyond ASCII.
    names = [str(number) for number in lot.sample(range(1, 130), count)]
    if lot.random() < 0.3:
        names = [lot.choice(["p", "Ż", "a/"]) + name for name in names]
    # Few different costs, so that there are ties, or many; sometimes with cents.
    step = lot.choice([1000, 500, 100, 100, 25])
    costs = [max(step, lot.randint(1, lot.choice([4, 12, 60])) * step) for _ in names]
    # With cost satisfaction nobody gains from what is free: pabutools funds it if it has a vote under every other rule,
    # but not under this one. The papers leave it open (costs are above 0 there); the engine always funds it.
    if lot.random() < 0.05 and not (rule["name"] == "equal-shares" and rule.get("satisfaction") == "cost"):
        costs[0] = 0
    budget = max(100, sum(costs) * lot.randint(5, 110) // 100 // step * step)
    longest = lot.randint(1, count)
    popular = [lot.choice([1, 1, 2, 6]) for _ in names]
    # Some projects nobody names.
    named = [at for at in range(count) if lot.random() > 0.1] or [0]
    ballots = []
    for _ in range(voters):
        length = 1 if kind == "choose-1" else lot.randint(1, longest)
        if kind in APPROVAL and lot.random() < 0.05:
            length = 0
        choices = []
        while len(choices) < min(length, len(named)):
            choice = lot.choices(named, [popular[at] for at in named])[0]
            if choice not in choices:
                choices.append(choice)
        scores = [lot.choice([10, 10, 20, 30, 5, 1]) for _ in choices]
        if kind == "scoring":
            # What counts against a project is not the same in both for greedy rules: pabutools gives it density 0.
            against = -10 if rule["name"] == "equal-shares" and rule.get("completion") == "none" else 0
            scores = [lot.choice([against, 0, 10, 20, 50]) for _ in choices]
        ballots.append(sorted(((names[c], s) for c, s in zip(choices, scores)), key=lambda choice: -choice[1])
                       if kind != "ordinal" else [(names[c], s) for c, s in zip(choices, scores)])
    meta = {"currency": "EUR"}
    if kind == "cumulative":
        meta["max_sum_points"] = 30 * count
    if kind == "scoring" and lot.random() < 0.3:
        meta["default_score"] = 1
    return Made(kind, budget, list(zip(names, costs)), ballots, meta)


class Engine:
    """The example `differential` of comitia-allocation."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def selected(self, file, rule, ties):
        self.process.stdin.write(json.dumps({"file": str(file), "rule": rule, "ties": ties}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer.get("selected") or answer.get("error") or []


class Comparison:
    def __init__(self, engine, folder):
        self.engine, self.file = engine, Path(folder) / "election.pb"

    def both(self, election, rule, ties):
        """What the engine funds, and what pabutools funds."""
        self.file.write_text(election.text(), encoding="utf-8")
        ours = self.engine.selected(self.file, rule, ties)
        return ours, reference.run(reference.Election(self.file), rule, ties)

    def outcomes(self, election, rule):
        self.file.write_text(election.text(), encoding="utf-8")
        return reference.all_outcomes(reference.Election(self.file), rule)

    def reduced(self, election, rule, ties):
        """The disagreement as small as removing ballots and projects one at a time makes it."""
        while True:
            for candidate in election.smaller():
                ours, theirs = self.both(candidate, rule, ties)
                if ours != theirs:
                    election = candidate
                    break
            else:
                return election


def random_elections(arguments, comparison):
    disagreements = 0
    if not arguments.count:
        return 0
    print(f"Random elections: {arguments.count} a rule, seed {arguments.seed}\n")
    print(f"{'Rule':<48} {'agree':>6} {'of':>5}   {'among all outcomes of ties':>26}")
    for label, rule, kinds in RULES:
        if arguments.rule and arguments.rule not in label:
            continue
        agree, among, tiny_ones, by_kind = 0, 0, 0, Counter()
        for number in range(arguments.count):
            # Each election has a lot of its own, so that it can be made again alone.
            lot = random.Random(f"{arguments.seed} {label} {number}")
            kind = kinds[number % len(kinds)]
            # All outcomes of ties are listed where pabutools does it in reasonable time and can (equal shares copies its
            # state for each of them, and fails to copy that of ballots with scores).
            tiny = number % 4 == 0 and rule.get("completion", "none") == "none"
            tiny = tiny and (kind in APPROVAL or rule["name"] == "greedy")
            election, ties = made(lot, kind, rule, tiny), lot.choice(CHAINS)
            used = dict(rule)
            if rule.get("completion", "").startswith("add1") and lot.random() < 0.5:
                unit = reference_unit(election)
                used["increment"] = lot.choice([unit, 2 * unit, max(1, unit // 2)])
            ours, theirs = comparison.both(election, used, ties)
            if tiny:
                tiny_ones += 1
                outcomes = comparison.outcomes(election, used)
                among += tuple(ours) in outcomes
                if tuple(ours) not in outcomes:
                    print(f"not among all outcomes: {ours}; {outcomes}")
                    ours = ours + ["(not among the outcomes)"] if ours == theirs else ours
            if ours == theirs:
                agree += 1
                by_kind[kind] += 1
                continue
            disagreements += 1
            print(f"\nDISAGREEMENT: {label}, election {number} ({kind}), ties {ties}, rule {json.dumps(used)}")
            small = comparison.reduced(election, used, ties) if ours[-1:] != ["(not among the outcomes)"] else election
            ours, theirs = comparison.both(small, used, ties)
            print(f"the engine funds {ours}, pabutools {theirs}:\n{small.text()}")
        tied = f"{among} of {tiny_ones}" if tiny_ones else "-"
        print(f"{label:<48} {agree:>6} {arguments.count:>5}   {tied:>26}   "
              + ", ".join(f"{kind} {by_kind[kind]}" for kind in kinds), flush=True)
    return disagreements


def reference_unit(election):
    """How many minor units make one currency unit in the file that is written."""
    amounts = [election.budget] + [cost for _, cost in election.projects]
    if all(amount % 100 == 0 for amount in amounts):
        return 1
    return 10 if all(amount % 10 == 0 for amount in amounts) else 100


REAL_RULES = [
    ("greedy by votes", {"name": "greedy"}, KINDS),
    ("greedy by votes per cost", {"name": "greedy", "order": "score-per-cost"}, KINDS),
    ("equal shares, cost, no completion", shares(completion="none"), KINDS),
    ("equal shares, cost, greedy completion", shares(completion="greedy"), KINDS),
    ("equal shares, cardinality, no completion", shares(completion="none", satisfaction="cardinality"), KINDS),
    ("equal shares, cost, add1 until exhaustive", shares(completion="add1", stop="exhaustive"), KINDS),
    ("equal shares, cost, add1 until overspent", shares(completion="add1", stop="overspend"), KINDS),
    ("phragmen", {"name": "phragmen"}, APPROVAL),
]


def count_real(file, rule, answer):
    """In a process of its own, which can be ended when it takes too long."""
    try:
        answer.send(reference.run(reference.Election(file), rule))
    except Exception as error:  # Whatever pabutools cannot read is reported, and no disagreement.
        answer.send(f"{type(error).__name__}: {error}")


def real_files(arguments, engine):
    files = sorted(Path(arguments.data).glob("*.pb"), key=lambda file: file.stat().st_size)
    if not files:
        print(f"\nReal files: skipped, there are none in {arguments.data}")
        return 0
    print(f"\nReal files: {len(files)}, at most {arguments.seconds} s each and rule\n")
    agree, disagree, slow, unreadable = Counter(), Counter(), Counter(), Counter()
    for file in files:
        text = file.read_text(encoding="utf-8-sig")
        if "budget_per_" in text[:4000] or "exclusion_group" in text[:4000]:
            print(f"left out, pabutools has no such constraints: {file.name}")
            continue
        kind = next(line.split(";")[1].strip() for line in text.splitlines() if line.startswith("vote_type;"))
        too_slow = False
        for label, rule, kinds in REAL_RULES:
            if kind not in kinds or (arguments.rule and arguments.rule not in label):
                continue
            if too_slow and rule.get("completion", "").startswith("add1"):
                slow[label] += 1
                continue
            ours = engine.selected(file, rule, reference.DEFAULT_TIES)
            here, there = multiprocessing.Pipe()
            process = multiprocessing.Process(target=count_real, args=(str(file), rule, there))
            process.start()
            answered = here.poll(arguments.seconds)
            theirs = here.recv() if answered else None
            process.kill()
            process.join()
            if theirs is None:
                slow[label] += 1
                too_slow = True
            elif isinstance(theirs, str):
                unreadable[label] += 1
                print(f"pabutools cannot count {file.name}: {theirs}")
            elif ours == theirs:
                agree[label] += 1
            else:
                disagree[label] += 1
                print(f"DISAGREEMENT: {label} on {file.name}\n  only the engine: {sorted(set(ours) - set(theirs))}\n"
                      f"  only pabutools: {sorted(set(theirs) - set(ours))}", flush=True)
    print(f"{'Rule':<48} {'agree':>6} {'disagree':>9} {'too slow':>9} {'unreadable':>11}")
    for label, _, _ in REAL_RULES:
        print(f"{label:<48} {agree[label]:>6} {disagree[label]:>9} {slow[label]:>9} {unreadable[label]:>11}")
    return sum(disagree.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True, help="the program of the example `differential`")
    parser.add_argument("--count", type=int, default=300, help="random elections a rule (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="of the random elections (default 1)")
    parser.add_argument("--rule", help="only rules whose name has this in it")
    parser.add_argument("--data", help="the folder of real files")
    parser.add_argument("--seconds", type=float, default=60, help="the most a real file may take pabutools (default 60)")
    arguments = parser.parse_args()
    sys.setrecursionlimit(10_000)
    begun = time.perf_counter()
    engine = Engine(arguments.engine)
    with tempfile.TemporaryDirectory() as folder:
        disagreements = random_elections(arguments, Comparison(engine, folder))
    if arguments.data:
        disagreements += real_files(arguments, engine)
    print(f"\n{disagreements} disagreements, {time.perf_counter() - begun:.0f} s")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
