"""The commands in the documents, and what each block of them needs.

A block of commands says so beside its language: "sh", then one of NEEDS. Nothing in a document is run that does not say it
may be, and nothing is left out that does not say why.
"""
import dataclasses
import pathlib

from conftest import ROOT

NEEDS = {
    "rehearse": "a cluster; its client's part is run here, in order, and what it would make is kept",
    "program": "an installation; one process of the program with a private PostgreSQL is one",
    "cluster": "a cluster",
    "build": "minutes of compiling; other checks do it",
}
# Languages of blocks that are no commands.
SHOWN = ("text", "yaml", "json")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block."""

    document: str
    line: int
    language: str
    mark: str
    text: str

    @property
    def needs(self) -> str:
        return self.mark.split(" ")[0]

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> list:
    """The documents whose commands people paste."""
    pages = [ROOT / "README.md", ROOT / "k8s/README.md", ROOT / "charts/comitia/README.head.md"]
    return [*pages, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: pathlib.Path) -> list:
    """The blocks of a document, in order."""
    found, opened, text = [], None, []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if not line.startswith("```"):
            text.append(line)
        elif opened is None:
            opened, text = (number, line.removeprefix("```").strip()), []
        else:
            language, _, mark = opened[1].partition(" ")
            found.append(Block(str(page.relative_to(ROOT)), opened[0], language, mark, "\n".join(text) + "\n"))
            opened = None
    assert opened is None, f"{page}: the block of line {opened} has no end"
    return found


def all_blocks() -> list:
    return [block for page in documents() for block in blocks(page)]


def commands(*needs: str) -> list:
    """The blocks of commands that need one of these."""
    return [block for block in all_blocks() if block.language == "sh" and block.needs in needs]


def wrong(block: Block) -> str | None:
    """What is wrong with how a block is marked."""
    if block.language in SHOWN:
        return f"{block}: {block.language} takes no mark" if block.mark else None
    if block.language != "sh":
        return f"{block}: a block says what it is: sh, or one of {', '.join(SHOWN)}"
    instead = block.mark.split(" ")[1:]
    if block.needs not in NEEDS or (instead and (instead[:2] != ["instead", "of"] or len(instead) != 3)):
        return f"{block}: `sh` says what it needs: {', '.join(NEEDS)}"
    return None
