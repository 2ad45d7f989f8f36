"""A hostile hour: attacks the running program in every way that we know of, again and again and in random order, while
another organization votes and must not notice. `python3 scripts/hostile --help`; `make hostile TIME=3600`.
"""

import argparse
import importlib
import json
import os
import pathlib
import pkgutil
import random
import resource
import secrets
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import cases
from installation import Installation
from record import FAILED, HELD, SKIPPED, Record
from trial import CASES, Attacker, Refused, Skipped, Trial, Wrong, accepted
from victim import Victim
from wire import Answer, Lost

# The chart gives a gateway so many megabytes; here everything together has to do with them.
MOST_MEGABYTES = 512
# What a program says that lets nobody in.
CLOSED_DOOR = Answer(503, [("content-type", "application/problem+json")], b'{"status":503,"reason":"OVERLOADED"}')


def arguments():
    root = pathlib.Path(__file__).resolve().parents[2]
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    parser = argparse.ArgumentParser(prog="hostile", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--time", type=float, default=3600, metavar="SECONDS", help="how long (3600)")
    parser.add_argument("--seed", type=int, help="the order of the cases; drawn and printed unless given")
    parser.add_argument("--only", default="", metavar="WORD", help="only cases with WORD in their name")
    parser.add_argument("--pause", type=float, default=0.1, metavar="SECONDS", help="between two cases (0.1)")
    parser.add_argument("--votes", type=float, default=2, metavar="N", help="the victim's votes a second (2)")
    parser.add_argument("--people", type=int, default=400, metavar="N", help="the victim's people (400)")
    parser.add_argument("--log", default="hostile.jsonl", metavar="FILE", help="the log, a JSON object a line (hostile.jsonl)")
    parser.add_argument("--program", default=target / "debug" / "comitia", metavar="FILE",
                        help="the program to start, and to run `tally` with")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="configuration of the program")
    parser.add_argument("--keep", action="store_true", help="leave the program's data and log where they are")
    parser.add_argument("--list", action="store_true", help="print the cases and what must hold, and stop")
    parser.add_argument("--prove", action="store_true",
                        help="show that each case can fail: every attack is answered as if there were\n"
                             "no walls, then as if there were no doors, and no case may hold both times")
    parser.add_argument("--gateway", metavar="URL", help="attack this installation instead of starting one")
    parser.add_argument("--operator-key", metavar="FILE", help="with --gateway: a file with the operator's key")
    parser.add_argument("--mail", metavar="FOLDER", help="with --gateway: where e-mails are written to")
    parser.add_argument("--server-log", metavar="FILE", help="with --gateway: the program's log")
    return parser.parse_args()


def load(word):
    for module in sorted(module.name for module in pkgutil.iter_modules(cases.__path__)):
        importlib.import_module(f"cases.{module}")
    chosen = [case for case in CASES if word in case.name]
    if not chosen:
        raise SystemExit(f"no case has {word!r} in its name")
    return chosen


def installation(options):
    if not options.gateway:
        return Installation.start(options.program, options.set)
    if not options.operator_key:
        raise SystemExit("--gateway needs --operator-key: the organizations have to be made")
    key = pathlib.Path(options.operator_key).read_text().strip()
    program = options.program if pathlib.Path(options.program).exists() else None
    return Installation.at(options.gateway, key, options.mail, options.server_log, program)


def attempt(case, trial):
    """Runs a case; gives the verdict, and what was seen."""
    try:
        said = case.run(trial)
        return HELD, said or "; ".join(dict.fromkeys(trial.seen)) or "as expected"
    except Wrong as wrong:
        return FAILED, str(wrong)
    except Skipped as skipped:
        return SKIPPED, str(skipped)
    except (Refused, Lost) as error:
        return FAILED, f"the case could not be tried: {error}"
    except Exception as error:  # a defect of the case is a failure, not the end of the run
        return FAILED, f"the case itself failed: {error!r}"


def rounds(chosen, options, attacker, victim, chance, record):
    """All cases again and again, each round in another order, until the time is over."""
    shared, end, done = {}, time.monotonic() + options.time, 0
    while True:
        order = chosen[:]
        chance.shuffle(order)
        for case in order:
            if time.monotonic() >= end:
                return done
            if not attacker.city.here.runs():
                record.case(case.name, case.holds, "the program is not running any more", FAILED, 0)
                return done
            began = time.monotonic()
            verdict, seen = attempt(case, Trial(attacker, victim, random.Random(chance.random()), shared))
            record.case(case.name, case.holds, seen, verdict, time.monotonic() - began)
            if verdict == FAILED:
                print(f"FAILED {case.name}: must hold: {case.holds}; seen: {seen}", file=sys.stderr, flush=True)
            time.sleep(options.pause)
        done += 1


def prove(chosen, attacker, victim, chance):
    """Each case against a program without walls and one without doors."""
    hollow = []
    for case in chosen:
        verdicts = []
        for fake in (accepted(), CLOSED_DOOR):
            trial = Trial(attacker, victim, random.Random(chance.random()), {}, fake)
            verdicts.append(attempt(case, trial))
        if all(verdict != FAILED for verdict, _ in verdicts):
            hollow.append(case.name)
            print(f"CANNOT FAIL {case.name}: {verdicts}", file=sys.stderr, flush=True)
    print(f"{len(chosen) - len(hollow)} of {len(chosen)} cases fail where the program has no walls or no doors")
    return 1 if hollow else 0


def summary(options, record, victim, here, done, seconds, differences):
    memory, troubles = here.memory_megabytes(), here.troubles()
    failed = [f"{name}: {seen} ({count} times)" for name, all_seen in record.failures.items() for seen, count in all_seen.items()]
    failed += [f"victim: {what} ({count} times)" for what, count in victim.harm.items()]
    failed += [f"victim's count: {what}" for what in differences]
    failed += [f"the program's log: {line}" for line in troubles[:20]]
    if memory and memory > MOST_MEGABYTES:
        failed.append(f"the program took {memory} MB, and may take {MOST_MEGABYTES}")
    if not victim.casts:
        failed.append("the victim did not cast a single ballot, so that nothing is shown")
    return {
        "seed": options.seed, "seconds": round(seconds), "rounds": done, "cases": len(record.verdicts),
        "attempts": {verdict: record.total(verdict) for verdict in (HELD, FAILED, SKIPPED)},
        "never_tried": record.never_tried(), "victim": victim.figures(), "victim_refusals": sum(victim.harm.values()),
        "server_log_errors": len(troubles), "most_megabytes": memory, "failures": failed,
    }


def main():
    options = arguments()
    # The program that was started here is stopped whatever ends this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = load(options.only)
    if options.list:
        for case in chosen:
            print(f"{case.name}\t{case.holds}")
        return 0
    options.seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"seed {options.seed}, {len(chosen)} cases", file=sys.stderr, flush=True)
    chance = random.Random(options.seed)
    here = installation(options)
    try:
        attacker, victim = Attacker(here), Victim(here, options.people, options.seed)
        attacker.prepare()
        victim.prepare()
        if options.prove:
            return prove(chosen, attacker, victim, chance)
        record = Record(options.log)
        record.line(seed=options.seed, seconds=options.time, cases=len(chosen))
        began = time.monotonic()
        victim.start(options.votes)
        done = rounds(chosen, options, attacker, victim, chance, record)
        victim.stop()
        seconds = time.monotonic() - began
        differences = victim.count() if here.runs() else ["the program is not running, so that nothing can be counted"]
        result = summary(options, record, victim, here, done, seconds, differences)
        record.close(result)
        print(json.dumps(result, indent=2, ensure_ascii=False))
        return 1 if result["failures"] else 0
    finally:
        here.stop()
        if options.keep and here.folder:
            print(f"the program's data and log: {here.folder}", file=sys.stderr)
        else:
            here.remove()


sys.exit(main())
