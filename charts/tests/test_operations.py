"""What people read when something is wrong: dashboards that can be drawn, runbooks that say what to do, commands that there are."""
import json
import re

import pytest
import yaml
from conftest import CHART, ROOT, run
from test_alerts import DASHBOARDS, FOREIGN, metrics_in, metrics_of_code, panels, rules

RUNBOOKS = ROOT / "docs/runbooks"
PAGES = sorted(page for page in RUNBOOKS.glob("*.md") if page.name != "README.md")
SECTIONS = ["What it means", "Who is hurt", "First five minutes", "Is it over?"]
DOCUMENTS = sorted((ROOT / "docs").rglob("*.md"))


def alerts() -> list:
    return [rule for rule in rules() if "alert" in rule]


def test_dashboards_are_as_they_are_generated():
    result = run(ROOT / "scripts/dashboards/generate", "--check")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda path: path.stem)
def test_queries_of_dashboards_are_queries(file, tmp_path):
    variables = {"$namespace": "vote", "$component": "voting"}
    found = []
    for panel in panels(json.loads(file.read_text())):
        for target in panel.get("targets", []):
            expression = target["expr"]
            for variable, value in variables.items():
                expression = expression.replace(variable, value)
            assert "$" not in expression, expression
            found.append({"record": f"panel:{panel['id']}{target['refId']}", "expr": expression})
    assert found
    written = tmp_path / "queries.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": file.stem, "rules": found}]}))
    result = run("promtool", "check", "rules", written)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_runbook_says_what_where_and_when_it_is_over(page):
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.M)[:4] == SECTIONS
    parts = re.split(r"^## .*$", text, flags=re.M)
    for section, part in zip(SECTIONS, parts[1:]):
        assert part.strip(), f"{section} is empty"
    assert "```" in parts[3], "the first five minutes are commands"
    assert "```" in parts[4], "whether it is over is asked by a command"


def test_every_runbook_belongs_to_an_alert_and_names_it():
    linked = {}
    for rule in alerts():
        page = rule["annotations"]["runbook_url"].removeprefix("RUNBOOKS/").split("#")[0]
        linked.setdefault(page, []).append(rule["alert"])
    assert {page.name for page in PAGES} == set(linked)
    for page, names in linked.items():
        text = (RUNBOOKS / page).read_text()
        assert [name for name in names if name not in text] == [], page
    index = (RUNBOOKS / "README.md").read_text()
    assert [page for page in linked if f"({page})" not in index] == []


def test_questions_of_documents_are_questions_about_what_there_is(tmp_path):
    """`ask '...'` in a runbook."""
    asked = {}
    for document in DOCUMENTS:
        for number, question in enumerate(re.findall(r"\bask '(.*?)'(?=\s|$|\))", document.read_text(), re.M)):
            asked[f"{document.stem}:{number}"] = re.sub(r"'\"?\$\w+\"?'", "x", question).removesuffix("[30m]")
    assert len(asked) > len(PAGES)
    written = tmp_path / "questions.yaml"
    rules_of = [{"record": f"q:{re.sub(r'[^a-zA-Z0-9:]', '_', name)}", "expr": question} for name, question in asked.items()]
    written.write_text(yaml.safe_dump({"groups": [{"name": "questions", "rules": rules_of}]}))
    result = run("promtool", "check", "rules", written)
    assert result.returncode == 0, result.stdout + result.stderr
    known = metrics_of_code() | {rule["record"] for rule in rules() if "record" in rule}
    unknown = {name: missing for name, question in asked.items() if (missing := {metric for metric in metrics_in(question) - known if not FOREIGN.match(metric)})}
    assert not unknown


@pytest.mark.parametrize("below", ("values.yaml", "values-small.yaml", "values-ha.yaml"))
def test_the_values_of_the_installation_are_values(below, tmp_path):
    """The file that docs/operations/install.md has people write, on each of the files that it may stand on."""
    text = re.search(r"<<'YAML'\n(.*?)^YAML$", (ROOT / "docs/operations/install.md").read_text(), re.M | re.S)[1]
    own = tmp_path / "your-own.yaml"
    own.write_text(text)
    result = run("helm4", "lint", "--strict", CHART, "--values", CHART / below, "--values", own)
    assert result.returncode == 0, result.stdout + result.stderr


def test_documents_link_to_what_is_there():
    missing = []
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            if not (document.parent / target).exists():
                missing.append(f"{document.relative_to(ROOT)}: {target}")
    assert not missing


def test_documents_name_scripts_and_files_that_are_there():
    named = re.compile(r"(?<![\w/.-])((?:scripts|k8s|charts|loadtests)/[\w./-]*[\w])")
    missing = set()
    for document in DOCUMENTS:
        for path in named.findall(document.read_text()):
            if not (ROOT / path).exists():
                missing.add(f"{document.relative_to(ROOT)}: {path}")
    assert not missing


def test_documents_name_commands_that_the_program_has():
    known = set(re.findall(r"^    (\w+)\(commands::|^    (Openapi)", (ROOT / "services/comitia/src/main.rs").read_text(), re.M))
    known = {re.sub(r"(?<!^)(?=[A-Z])", "-", (a or b)).lower() for a, b in known} | {"help"}
    assert "dead-letters" in known, "the program could not be read"
    unknown = set()
    for document in DOCUMENTS:
        for block in re.findall(r"```\n?(.*?)```", document.read_text(), re.S):
            for command in re.findall(r"(?:^|[;|&(] *|-- |/)comitia (?:--config \S+ )?([a-z][a-z-]+)\b", block, re.M):
                if command not in known:
                    unknown.add(f"{document.relative_to(ROOT)}: comitia {command}")
    assert not unknown


def test_objectives_are_about_routes_that_there_are():
    """A route that is renamed would leave its objective without requests, and green for ever."""
    routes = set()
    for proto in (ROOT / "proto").rglob("*.proto"):
        routes |= set(re.findall(r'(?:get|post|put|patch|delete): "([^"]+)"', proto.read_text()))
    for pages in (ROOT / "services/portal/src/pages").rglob("*.rs"):
        routes |= {f"/{{language}}{route}" for route in re.findall(r'\.route\("([^"]+)"', pages.read_text())}
    expressions = [rule["expr"] for rule in rules()]
    expressions += [target["expr"] for file in DASHBOARDS for panel in panels(json.loads(file.read_text())) for target in panel.get("targets", [])]
    asked = {route for expression in expressions for routes in re.findall(r'http_route[=!]~?"([^"]+)"', expression) for route in routes.split("|")}
    assert asked
    for route in asked:
        # Prometheus' patterns and braces of templates: `{poll_id}` is no repetition for either engine.
        assert any(re.fullmatch(route.replace("{", r"\{").replace("}", r"\}"), known) for known in routes), route
    methods = {method for expression in expressions for method in re.findall(r'rpc_method=~?"([^"]+)"', expression)}
    declared = set()
    for proto in (ROOT / "proto").rglob("*.proto"):
        text = proto.read_text()
        package = re.search(r"^package ([\w.]+);", text, re.M)
        for service, body in re.findall(r"^service (\w+) \{(.*?)^\}", text, re.M | re.S):
            declared |= {f"/{package[1]}.{service}/{rpc}" for rpc in re.findall(r"^  rpc (\w+)\(", body, re.M)}
    for method in methods:
        assert any(re.fullmatch(method, known) for known in declared), method
