"""Runs Pabulib's checker on files; scripts/check-pabulib calls it. The exit code is 1 if it finds a fault of ours."""

import argparse
import sys
from pathlib import Path

from pabulib.checker import Checker


def findings(file):
    """What the checker finds in a file: (level, kind, details), warnings included."""
    results = Checker().process_files([str(file)])
    found = next(value["results"] for key, value in results.items() if key not in ("metadata", "summary"))
    if isinstance(found, str):
        return []
    return [
        (level, kind, str(details))
        for level in ("errors", "warnings")
        for kind, several in (found.get(level) or {}).items()
        for details in several.values()
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--written", type=Path, help="the folder of files that comitia-pabulib has written")
    parser.add_argument("--originals", type=Path, help="the folder of the files that some of them were read from")
    parser.add_argument("files", nargs="*", type=Path, help="other files, to be checked as they are")
    arguments = parser.parse_args()
    bad = 0
    for file in sorted(arguments.written.glob("*.pb")) + arguments.files:
        original = arguments.originals / file.name
        found = findings(file)
        # The faults of real files are theirs: a kind of fault that the original has is not one of the writer.
        known = {kind for _, kind, _ in findings(original)} if original.exists() and file not in arguments.files else set()
        ours = [finding for finding in found if finding[1] not in known]
        faults = [finding for finding in ours if finding[0] == "errors"]
        bad += bool(faults)
        note = f"; {len(found) - len(ours)} findings in the original too" if len(found) > len(ours) else ""
        print(f"{'NO  ' if faults else 'ok  '} {file.name}{note}")
        for level, kind, details in ours:
            print(f"     {level}: {kind}: {details}")
    print(f"{bad} files with errors")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
