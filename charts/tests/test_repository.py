"""What public software has beside its code: files that others' programs and people look for."""
import re
import tomllib
import xml.etree.ElementTree

import pytest
import yaml
from conftest import ROOT, run

# The words of the standard (core, 0.4) that are needed here: yml.publiccode.tools.
PUBLICCODE = {
    "mandatory": {"publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus", "softwareType", "description",
                  "legal", "maintenance", "localisation"},
    "optional": {"applicationSuite", "landingURL", "isBasedOn", "organizationUri", "softwareVersion", "releaseDate", "logo", "usedBy",
                 "roadmap", "intendedAudience", "dependsOn"},
    "categories": {"budgeting", "collaboration", "digital-citizenship", "data-collection", "feedback-and-reviews-management", "survey"},
    "scope": {"local-authorities", "society", "research", "justice"},
    "developmentStatus": {"concept", "development", "beta", "stable", "obsolete"},
    "softwareType": {"standalone/mobile", "standalone/iot", "standalone/desktop", "standalone/web", "standalone/backend",
                     "standalone/other", "addon", "library", "configurationFiles"},
    "maintenance": {"internal": "contacts", "contract": "contractors", "community": "contacts", "none": None},
}


def test_publiccode_yml_is_what_the_standard_asks_for():
    said = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    assert PUBLICCODE["mandatory"] <= said.keys() <= PUBLICCODE["mandatory"] | PUBLICCODE["optional"]
    assert said["publiccodeYmlVersion"] == "0.4" and re.fullmatch(r"https://\S+\.git", said["url"])
    for key in ("developmentStatus", "softwareType"):
        assert said[key] in PUBLICCODE[key]
    assert set(said["categories"]) <= PUBLICCODE["categories"] and set(said["intendedAudience"]["scope"]) <= PUBLICCODE["scope"]
    for language, text in said["description"].items():
        assert re.fullmatch(r"[a-z]{2}(-[A-Za-z]+)*", language)
        assert text.keys() <= {"localisedName", "shortDescription", "longDescription", "documentation", "apiDocumentation", "features",
                               "screenshots", "videos", "awards"}
        assert len(text["shortDescription"]) <= 150 <= len(text["longDescription"]) <= 10_000
        assert 5 <= len(text["features"]) <= 20
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]
    assert said["legal"]["license"] == workspace["license"] and said["softwareVersion"] == workspace["version"]
    needs = PUBLICCODE["maintenance"][said["maintenance"]["type"]]
    assert needs is None or all(each["name"] for each in said["maintenance"][needs])
    assert isinstance(said["localisation"]["localisationReady"], bool) and said["localisation"]["availableLanguages"]
    for dependency in said["dependsOn"]["open"]:
        assert dependency["name"] and dependency.keys() <= {"name", "versionMin", "versionMax", "version", "optional"}
        assert all(isinstance(dependency[key], str) for key in dependency.keys() & {"versionMin", "versionMax", "version"})


@pytest.mark.parametrize("name", ("LICENSE", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "README.md"))
def test_the_files_that_people_look_for_are_there(name):
    assert (ROOT / name).read_text().strip()


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_what_there_is_and_may_do_nothing_else(file):
    workflow = yaml.safe_load(file.read_text())
    # YAML takes the word `on` for a truth.
    assert workflow.keys() == {"name", True, "permissions", "jobs"} | (workflow.keys() & {"concurrency"})
    assert workflow["permissions"] == {"contents": "read"}
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] and job["runs-on"]
        for step in job["steps"]:
            if "uses" in step:
                assert step["uses"] == "actions/checkout@v4" and step["with"]["persist-credentials"] is False
                continue
            program, *arguments = step["run"].split()
            if program == "make":
                assert arguments[0] in targets, step
            elif program != "rustup":
                assert (ROOT / (arguments[0] if program == "bash" else program)).is_file(), step
    assert any(".ci/run" in path.read_text() for path in WORKFLOWS)


def decisions() -> dict:
    """The pages of docs/decisions, with their titles."""
    pages = [page for page in (ROOT / "docs/decisions").glob("*.md") if page.name != "README.md"]
    return {page.name: page.read_text().splitlines()[0].removeprefix("# ") for page in pages}


def test_every_decision_has_a_page_and_a_line():
    found = decisions()
    assert found
    for name, text in (("ARCHITECTURE.md", "docs/decisions/"), ("docs/decisions/README.md", "")):
        listed = re.findall(rf"^- \[([^\]]+)\]\({text}([a-z0-9-]+\.md)\)", (ROOT / name).read_text(), re.M)
        assert {page: title for title, page in listed} == found and len(listed) == len(found), name


@pytest.mark.parametrize("name", sorted(decisions()))
def test_a_decision_is_short_and_says_why(name):
    text = (ROOT / "docs/decisions" / name).read_text()
    assert "\n**Why:** " in text and len(text.splitlines()) <= 30


def test_links_of_the_front_pages_lead_somewhere():
    missing = []
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "k8s/README.md", "charts/comitia/README.md"):
        page = ROOT / name
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                missing.append(f"{name}: {target}")
    assert not missing


def headings(page) -> set:
    """The anchors of a page, as they are made from its headings."""
    words = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in words}


def test_links_into_pages_lead_to_their_headings():
    missing = []
    pages = [ROOT / "README.md", ROOT / "k8s/README.md", ROOT / "charts/comitia/README.head.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", page.read_text()):
            if anchor not in headings(page.parent / target if target else page):
                missing.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert not missing


def test_pictures_have_words_and_are_drawn_for_light_and_dark():
    for file in (ROOT / "docs/images").glob("*.svg"):
        picture = xml.etree.ElementTree.parse(file).getroot()
        names = {child.tag.rsplit("}", 1)[1]: child for child in picture}
        assert names["title"].text.strip() and names["desc"].text.strip(), file.name
        assert "prefers-color-scheme: dark" in names["style"].text, file.name
        assert not re.search(r"<script|href=", file.read_text()), file.name


def test_text_files_are_as_editorconfig_says():
    """UTF-8, line feeds, an end of line at the end, and tabs where make wants them."""
    wrong = []
    for name in run("git", "-C", ROOT, "ls-files").stdout.splitlines():
        file = ROOT / name
        if not file.is_file() or file.suffix in (".png", ".ico", ".br", ".gz", ".wasm"):
            continue
        content = file.read_bytes()
        try:
            content.decode()
        except UnicodeDecodeError:
            continue
        if content and (not content.endswith(b"\n") or (b"\r\n" in content and file.suffix != ".pb")):
            wrong.append(name)
    assert not wrong


def test_no_toolchain_is_fetched_by_every_call():
    """Machines without a way out have the stable toolchain and no other."""
    assert tomllib.loads((ROOT / "rust-toolchain.toml").read_text()) == {"toolchain": {"channel": "stable"}}
