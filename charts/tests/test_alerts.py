"""The alerts: valid, each proven to fire, and made of metrics that the code has."""
import json
import re

import pytest
import yaml
from conftest import CHART, ROOT, SERVICES, TESTS, of_kind, rendered, run

ALERTS = sorted((CHART / "files/alerts").glob("*.yaml"))
DASHBOARDS = sorted((CHART / "files/dashboards").glob("*.json"))
PROOFS = sorted((TESTS / "alerts").glob("*.yaml"))
# Metrics of others: Prometheus, Kubernetes, the operators' exporters.
FOREIGN = re.compile(r"^(up$|ALERTS|target_info$|certmanager_|barman_|kube_|kubelet_|container_|cnpg_|pg_|pgbouncer_|rabbitmq_|redis_|probe_|node_|process_|scrape_)")


def rules() -> list:
    return [rule for file in ALERTS for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def metrics_of_code() -> set:
    """The instruments of the code under the names that the Prometheus exporter gives them."""
    found = set()
    builder = re.compile(r'\b(?:u64|f64|i64)_(counter|histogram|gauge|up_down_counter|observable_\w+)\(\s*"([^"]+)"\s*\)(.*?)\.build\(', re.S)
    for folder in ("crates", "services"):
        for file in (ROOT / folder).rglob("src/**/*.rs"):
            for kind, name, options in builder.findall(file.read_text()):
                name = name.replace(".", "_")
                unit = re.search(r'with_unit\("([^"]+)"\)', options)
                suffix = {"s": "_seconds", "By": "_bytes"}.get(unit[1], "") if unit else ""
                if not name.endswith(suffix):
                    name += suffix
                kind = kind.removeprefix("observable_")
                if kind == "counter":
                    found.add(f"{name}_total")
                elif kind == "histogram":
                    found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}
                else:
                    found.add(name)
    return found


def metrics_in(expression: str) -> set:
    """The metrics that an expression reads."""
    without = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    without = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\bgroup_(?:left|right)\b", "", without)
    without = re.sub(r"\{[^}]*\}", "{}", without)
    without = re.sub(r"\[[^]]*\]", "", without)
    return {word for word in re.findall(r"\b[a-zA-Z_:][\w:]*_[\w:]*\b(?!\s*\()|\bup\b", without) if not word.startswith("__")}


@pytest.mark.parametrize("file", ALERTS, ids=lambda path: path.stem)
def test_rules_are_valid(file):
    result = run("promtool", "check", "rules", file)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("file", PROOFS, ids=lambda path: path.stem)
def test_rules_fire_when_they_should_and_not_before(file):
    result = run("promtool", "test", "rules", file)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_alert_is_proven_to_fire_and_to_stay_silent():
    fires, silent = set(), set()
    for file in PROOFS:
        for proof in yaml.safe_load(file.read_text())["tests"]:
            for check in proof.get("alert_rule_test", []):
                (fires if check["exp_alerts"] else silent).add(check["alertname"])
    alerts = {rule["alert"] for rule in rules() if "alert" in rule}
    assert alerts == fires == silent


def test_every_alert_says_what_is_wrong_and_where_to_read_on():
    for rule in rules():
        if "alert" in rule:
            assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
            assert rule["annotations"]["summary"], rule["alert"]
            assert re.fullmatch(r"RUNBOOKS/[a-z0-9-]+\.md(#[a-z0-9-]+)?", rule["annotations"]["runbook_url"]), rule["alert"]


def test_runbooks_are_there():
    folder = ROOT / "docs/runbooks"
    if not folder.exists():
        pytest.skip("docs/runbooks is not there: the runbooks that alerts link to were not looked for")
    pages = {rule["annotations"]["runbook_url"].removeprefix("RUNBOOKS/").split("#")[0] for rule in rules() if "alert" in rule}
    assert not [page for page in pages if not (folder / page).exists()]


def test_expressions_read_metrics_that_there_are():
    known = metrics_of_code() | {rule["record"] for rule in rules() if "record" in rule}
    assert "http_server_request_duration_seconds_bucket" in known, "the code could not be read"
    expressions = {rule.get("alert") or rule["record"]: rule["expr"] for rule in rules()}
    for file in DASHBOARDS:
        for panel in panels(json.loads(file.read_text())):
            for target in panel.get("targets", []):
                expressions[f"{file.name}: {panel['title']}: {target.get('refId')}"] = target["expr"]
    unknown = {
        name: sorted(missing)
        for name, expression in expressions.items()
        if (missing := {metric for metric in metrics_in(expression) - known if not FOREIGN.match(metric)})
    }
    assert not unknown


def test_alerts_about_services_are_about_all_of_them():
    """A service that is added to the chart and not to an alert would go unwatched."""
    expressions = [rule["expr"] for rule in rules()]
    listed = [set(words.split("|")) for expression in expressions for words in re.findall(r"[\w]+(?:\|[\w]+){3,}", expression)]
    about = [words for words in listed if words & {"gateway", "spaces"}]
    assert len(about) >= 4 and all(words == set(SERVICES) for words in about)
    absent = {name for expression in expressions for name in re.findall(r'absent\(up\{component="(\w+)"', expression)}
    assert absent == set(SERVICES)


def panels(dashboard: dict) -> list:
    found = []
    for panel in dashboard["panels"]:
        found += [panel, *panel.get("panels", [])]
    return found


def test_dashboards_can_be_told_apart():
    boards = [json.loads(file.read_text()) for file in DASHBOARDS]
    assert boards, "no dashboard"
    for key in ("uid", "title"):
        assert len({board[key] for board in boards}) == len(boards)
    for board in boards:
        for panel in panels(board):
            if panel["type"] != "row":
                assert panel["title"] and panel.get("description"), f"{board['title']}: {panel.get('title')}"


def test_the_chart_installs_them_with_links_that_lead_somewhere():
    resources = rendered("helm4", "gitops")
    installed = [rule for each in of_kind(resources, "PrometheusRule") for group in each["spec"]["groups"] for rule in group["rules"]]
    assert len(installed) == len(rules())
    for rule in installed:
        if "alert" in rule:
            assert rule["annotations"]["runbook_url"].startswith("https://runbooks.example.org/comitia/")
    configured = [each for each in of_kind(resources, "ConfigMap") if "grafana_dashboard" in each["metadata"].get("labels", {})]
    assert len(configured) == len(DASHBOARDS)
    for each in configured:
        for text in each["data"].values():
            json.loads(text)


def test_the_autoscalers_metric_is_recorded():
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked = {
        metric["pods"]["metric"]["name"]
        for case in ("ha",)
        for scaler in of_kind(rendered("helm4", case), "HorizontalPodAutoscaler")
        for metric in scaler["spec"]["metrics"]
        if metric["type"] == "Pods"
    }
    assert asked and asked <= recorded
    adapter = (ROOT / "k8s/platform/prometheus-adapter.yaml").read_text()
    assert all(metric in adapter for metric in asked)
