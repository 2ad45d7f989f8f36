#!/usr/bin/env python3
"""Writes charts/comitia/README.md: what stands in README.head.md, then every value with its default and the comment above it.

    charts/tools/readme.py [--check]

With --check nothing is written, and the exit code is 1 when README.md is not what it would write. A value without a comment
is an error either way.
"""
import json
import pathlib
import sys

import yaml

CHART = pathlib.Path(__file__).resolve().parents[1] / "comitia"


def is_comment(line: str) -> bool:
    return line.lstrip(" -").startswith("#")


def comment_above(lines: list, line: int) -> str:
    """The comment that ends just above `line` (counted from 0)."""
    words = []
    while line > 0 and is_comment(lines[line - 1]):
        line -= 1
        words.insert(0, lines[line].lstrip(" -#").strip())
    return " ".join(words)


def last_line(node: yaml.Node) -> int:
    """The line of the last word of `node`; its end mark is beyond the comments that follow."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return node.end_mark.line
    last = node.value[-1]
    return last_line(last[1] if isinstance(last, tuple) else last)


def values(node: yaml.Node, lines: list, path: str) -> list:
    """Every value in `node`: its path, its default as JSON, and its comment. What has no comment inside is one value."""
    if isinstance(node, yaml.SequenceNode):
        return [row for item in node.value for row in values(item, lines, f"{path}[]")]
    found = []
    for key, value in node.value:
        here = f"{path}.{key.value}".removeprefix(".")
        comment = comment_above(lines, key.start_mark.line)
        inside = lines[value.start_mark.line - 1 : last_line(value)] if value.start_mark.line > key.start_mark.line else []
        if any(map(is_comment, inside)):
            if comment:
                found.append((here, None, comment))
            found += values(value, lines, here)
        else:
            default = yaml.SafeLoader("").construct_object(value, deep=True)
            found.append((here, json.dumps(default, ensure_ascii=False), comment))
    return found


def readme() -> str:
    """The text of README.md."""
    text = (CHART / "values.yaml").read_text()
    rows = values(yaml.compose(text), text.splitlines(), "")
    silent = [path for path, default, comment in rows if not comment]
    if silent:
        raise SystemExit(f"values.yaml: no comment above {', '.join(silent)}")
    table = "\n".join(
        f"| `{path}` | {f'`{default}`' if default is not None else ''} | {comment.replace('|', chr(92) + '|')} |"
        for path, default, comment in rows
    )
    return f"{(CHART / 'README.head.md').read_text()}\n| value | default | what it is |\n|---|---|---|\n{table}\n"


def main() -> int:
    path, text = CHART / "README.md", readme()
    if path.exists() and path.read_text() == text:
        return 0
    if "--check" in sys.argv:
        print("charts/comitia/README.md is not in step with values.yaml: run scripts/charts generate", file=sys.stderr)
        return 1
    path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
