"""The log of a run: a JSON line for each case that was tried, and the summary."""

import collections
import datetime
import json

HELD, FAILED, SKIPPED = "held", "failed", "skipped"


class Record:
    def __init__(self, path):
        self.path, self.file = path, open(path, "w", encoding="utf-8")
        self.verdicts = collections.defaultdict(collections.Counter)
        self.failures = collections.defaultdict(collections.Counter)

    def line(self, **values):
        time = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        self.file.write(json.dumps({"time": time, **values}, ensure_ascii=False) + "\n")
        self.file.flush()

    def case(self, name, expected, seen, verdict, seconds):
        self.verdicts[name][verdict] += 1
        if verdict == FAILED:
            self.failures[name][seen] += 1
        self.line(case=name, expected=expected, seen=seen, verdict=verdict, seconds=round(seconds, 3))

    def total(self, verdict):
        return sum(counts[verdict] for counts in self.verdicts.values())

    def never_tried(self):
        """Cases that could not be tried even once, and are no evidence."""
        return sorted(name for name, counts in self.verdicts.items() if set(counts) == {SKIPPED})

    def close(self, summary):
        self.line(summary=summary)
        self.file.close()
