"""Measures comitia's engine and pabutools on the same elections; scripts/bench-allocation calls it.

Each measurement is a process of its own: seconds are of wall clock and without parsing, memory is the peak of the whole
process. The engine's figure is the median of several runs, pabutools' of one. Seconds of this machine say little about
another; the ratio of the two, measured one after the other, is what is claimed.

The exit code is 1 if the two fund different projects, or a target is missed.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import differential
import reference

MIB = 1024 * 1024
MEMORY_TARGET = 100_000_000
WIELICZKA = "Poland_Wieliczka_2023_Green_Budget.pb"

# Seconds that a row must reach (issue "The allocation engine").
TARGETS = {
    "lodz-2022-equal-shares": 0.005,
    "synthetic-100k-equal-shares": 0.05,
    "synthetic-100k-add1": 1,
    "targowek-2025-add1": 0.25,
    "budapest-2024-add1": 30,
    "lodz-2022-phragmen": 0.01,
    "lodz-2022-parse": 0.06,
}
# What takes pabutools much more than a few minutes; of the growth, the engine's own is what is shown.
ONLY_WITH_ALL = ("synthetic-100k-add1", "growth-")
# 22,002 runs of about half a minute: more than a week.
NEVER = ("budapest-2024-add1",)


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.result, self.well = {}, True

    def engine(self, *options):
        command = [self.arguments.engine, "--data", self.arguments.data, *options]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def pabutools(self, name, rule):
        """Its figures, or why there are none."""
        long = name.startswith(ONLY_WITH_ALL)
        if name.startswith(NEVER) or (long and not self.arguments.all):
            return "not run"
        file = Path(self.arguments.scratch) / "election.pb"
        self.engine("--row", name, "--write-pb", str(file))
        limit = None if long else self.arguments.limit
        command = [sys.executable, reference.__file__, str(file), rule]
        try:
            run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return f"> {limit:.0f} s"
        return json.loads(run.stdout)

    def put(self, name, key, value):
        self.result[f"{name}_{key}"] = value

    def row(self, name):
        ours = json.loads(self.engine("--row", name))
        parse = ours["rule"] == "parse"
        theirs = self.pabutools(name, "parse" if parse else ours["parameters"])
        seconds, memory, target = ours["seconds_median"], ours["peak_rss_bytes"], TARGETS.get(name)
        self.put(name, "seconds", seconds)
        self.put(name, "parse_seconds", ours["parse_seconds"])
        self.put(name, "rss_bytes", memory)
        for key in ("threads", "runs", "voters", "projects", "approvals"):
            if key in ours:
                self.put(name, key, ours[key])
        cells = [name, clock(seconds), clock(target) if target else "", f"{memory / MIB:.0f} MiB"]
        missed = target is not None and (seconds > target or memory > MEMORY_TARGET)
        if isinstance(theirs, str):
            cells += [theirs, "", "", ""]
        else:
            their_seconds = theirs["parse_seconds" if parse else "seconds"]
            self.put(name, "pabutools_seconds", their_seconds)
            self.put(name, "pabutools_parse_seconds", theirs["parse_seconds"])
            self.put(name, "pabutools_rss_bytes", theirs["peak_rss_bytes"])
            self.put(name, "ratio", their_seconds / seconds)
            same = "" if parse else "same" if theirs["selected"] == ours["selected"] else "DIFFERENT"
            if same:
                self.put(name, "same_projects", same == "same")
            self.well &= same != "DIFFERENT"
            cells += [clock(their_seconds), f"{their_seconds / seconds:,.0f}", f"{theirs['peak_rss_bytes'] / MIB:,.0f} MiB", same]
        if target is not None:
            self.put(name, "target_seconds", target)
        self.well &= not missed
        cells.append("MISSED" if missed else "")
        print_row(cells)

    def wieliczka(self):
        """The official result of a city that votes by equal shares, against both."""
        file = Path(self.arguments.data) / WIELICZKA
        if not file.exists():
            print(f"\nWieliczka 2023: skipped, {WIELICZKA} is not there")
            return
        rule = {"name": "equal-shares", "satisfaction": "cost", "completion": "add1", "stop": "overspend"}
        election = reference.Election(file)
        official = sorted(p.name for p in election.instance if election.instance.project_meta[p].get("selected") == "1")
        ours = differential.Engine(self.arguments.counter).selected(file, rule, reference.DEFAULT_TIES)
        theirs = reference.run(election, rule)
        agree = len(set(official) & set(ours))
        print(f"\nWieliczka 2023, equal shares with Add1 until overspent: {agree} of the {len(official)} official projects, "
              f"{len(set(ours) - set(official))} others; pabutools funds {'the same' if theirs == ours else 'OTHER ONES'}")
        self.put("wieliczka-2023-add1", "official", len(official))
        self.put("wieliczka-2023-add1", "agree", agree)
        self.put("wieliczka-2023-add1", "same_projects", theirs == ours)
        self.well &= official == ours == theirs

    def growth(self):
        """Seconds for each supporter that is looked at, from ten thousand voters to a million."""
        for rule in ("equal-shares", "phragmen"):
            rows = [f"growth-{size}-{rule}" for size in ("10k", "100k", "1m")]
            if not all(f"{row}_seconds" in self.result for row in rows):
                continue
            print(f"\nGrowth, {rule}: " + "; ".join(
                f"{self.result[f'{row}_voters']:,} voters, {self.result[f'{row}_approvals']:,} approvals: "
                f"{self.result[f'{row}_seconds'] / self.result[f'{row}_approvals'] * 1e9:.1f} ns an approval"
                for row in rows
            ))


def clock(seconds):
    if seconds >= 10:
        return f"{seconds:,.0f} s"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.2f} ms"


def print_row(cells):
    widths = (30, 11, 9, 9, 11, 9, 11, 10, 6)
    print(" ".join(f"{cell:<{width}}" if at == 0 else f"{cell:>{width}}"
                   for at, (cell, width) in enumerate(zip(cells, widths))).rstrip(), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True, help="the program of the example `bench`")
    parser.add_argument("--counter", required=True, help="the program of the example `differential`")
    parser.add_argument("--data", required=True, help="the folder of real files")
    parser.add_argument("--scratch", required=True, help="a folder for elections that are made up")
    parser.add_argument("--out", required=True, help="the JSON file to write")
    parser.add_argument("--row", default="", help="only rows whose name has this in it")
    parser.add_argument("--limit", type=float, default=300, help="seconds that pabutools may take for a row (default 300)")
    parser.add_argument("--all", action="store_true", help="also what takes pabutools longer, without a limit")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    print_row(["Row", "comitia", "target", "memory", "pabutools", "ratio", "memory", "projects", ""])
    for name in bench.engine("--list").split():
        if arguments.row in name:
            bench.row(name)
    bench.growth()
    bench.wieliczka()
    Path(arguments.out).write_text(json.dumps(bench.result, indent=2) + "\n", encoding="utf-8")
    print(f"\n{arguments.out}")
    return 0 if bench.well else 1


if __name__ == "__main__":
    sys.exit(main())
