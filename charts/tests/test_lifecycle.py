"""What installing, upgrading and removing a release does beside its resources."""
import json
import os
import re

import pytest
import yaml
from cluster import kubernetes
from conftest import (
    CASES, CHART, HELMS, NAMESPACE, RELEASE, SERVICES, SOURCES, component_of, documents, name_of, of_kind, rendered,
    resources_of, run, table_of_services, values_files,
)

AUTOSCALED = ("--set", "defaults.autoscaling.enabled=true", "--set", "defaults.autoscaling.minReplicas=3")


def replicas_with(helm: str, running: dict) -> dict:
    """How many pods each Deployment would get where autoscaling is turned on while these numbers run."""
    kinds = [*rendered(helm, "minimal"), *rendered(helm, "ha")]
    with kubernetes(kinds, {f"c-comitia-{service}": number for service, number in running.items()}) as address:
        result = run(
            helm, "template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", values_files("minimal")[0], *AUTOSCALED,
            "--dry-run=server", "--disable-openapi-validation", "--kube-apiserver", address, env=os.environ | {"KUBECONFIG": "/dev/null"},
        )
    assert result.returncode == 0, result.stderr
    return {component_of(each): each["spec"].get("replicas") for each in of_kind(documents(result.stdout), "Deployment")}


@pytest.mark.parametrize("helm", HELMS)
def test_turning_autoscaling_on_takes_no_pod_away(helm):
    """A Deployment that loses its `replicas` has one pod from then on, until the autoscaler notices."""
    running = dict.fromkeys(SERVICES, 4) | {"voting": 7, "spaces": 2}
    assert replicas_with(helm, running) == running | {"spaces": 3}


@pytest.mark.parametrize("helm", HELMS)
def test_the_autoscaler_says_how_many_where_nothing_runs_yet(helm):
    assert set(replicas_with(helm, {}).values()) == {None}


def hooks(case: str) -> list:
    return [each for each in rendered("helm4", case) if "helm.sh/hook" in each["metadata"].get("annotations", {})]


@pytest.mark.parametrize("case", CASES)
def test_uninstalling_leaves_nothing(case):
    """Helm does not count hooks to a release. Each removes itself when all went well; what may be left of one that failed is
    removed with the release, or by Kubernetes after a while, or is a pod that `helm test` left for its log."""
    for each in hooks(case):
        annotations = each["metadata"]["annotations"]
        assert set(annotations["helm.sh/hook-delete-policy"].split(",")) == {"before-hook-creation", "hook-succeeded"}, name_of(each)
        events = annotations["helm.sh/hook"].split(",")
        if each["kind"] == "Job":
            assert each["spec"]["ttlSecondsAfterFinished"] >= 60, "Helm has to see that it ended"
        elif each["kind"] != "Pod":
            assert "post-delete" in events, name_of(each)
        if each["kind"] in ("Job", "Pod"):
            assert "post-delete" not in events, f"{name_of(each)} would run once more"


def cpu(quantity) -> float:
    text = str(quantity)
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def set_aside(pod: dict) -> float:
    """The CPU that a pod sets aside."""
    return sum(cpu(container["resources"]["requests"]["cpu"]) for container in pod["containers"])


def test_the_defaults_leave_room_on_a_node_of_two_processors():
    """For Kubernetes' own pods, the extra pods of an upgrade, and one of `helm test`, whose pods come one after the other."""
    resources = rendered("helm4", "minimal")
    deployments = [each["spec"] for each in of_kind(resources, "Deployment")]
    pods = sum(each["replicas"] * set_aside(each["template"]["spec"]) for each in deployments)
    surge = sum(each["strategy"]["rollingUpdate"]["maxSurge"] * set_aside(each["template"]["spec"]) for each in deployments)
    doctor = max(set_aside(each["spec"]) for each in of_kind(resources, "Pod"))
    assert pods <= 1 and pods + max(surge, doctor) <= 1.5


@pytest.mark.parametrize("source", SOURCES)
def test_percentages_of_autoscalers_are_of_a_request_worth_the_name(source):
    """70 % of a CPU request that is too small starts pods that nobody needs."""
    resources = resources_of(source)
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind(resources, "HorizontalPodAutoscaler")}
    for each in of_kind(resources, "ScaledObject"):
        if any(trigger["type"] == "cpu" for trigger in each["spec"]["triggers"]):
            scaled.add(each["spec"]["scaleTargetRef"]["name"])
    for each in of_kind(resources, "Deployment"):
        if each["metadata"]["name"] in scaled:
            assert set_aside(each["spec"]["template"]["spec"]) >= 0.1, name_of(each)


def test_every_service_of_the_table_has_its_values():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())
    for section, more in (("services", set()), ("config", {"common"}), ("secrets", {"common"})):
        assert values[section].keys() == set(SERVICES) | more, section
        assert schema["properties"][section]["properties"].keys() == set(SERVICES) | more, section
    for service, about in table_of_services().items():
        keys = set(about.get("secrets", {})) | ({"databaseUrl"} if "postgresql" in about["needs"] else set())
        keys |= {"serviceKey", "previousServiceKey"} if service != "identity" else set()
        assert values["secrets"][service].keys() == keys, service
    # The portal speaks HTTP/2 and answers health checks, and has neither an API nor a schema.
    speaking = [name for name, about in table_of_services().items() if "postgresql" in about["needs"]]
    assert schema["definitions"]["grpcServiceName"]["enum"] == speaking


def test_the_services_are_listed_once():
    """`comitia.services` is the table; templates that name a service besides have a reason that is theirs alone."""
    # Only spaces has files, whose settings and keys decide about others.
    named = re.compile(r'\b(?:spaces(?!\.files)|proposals|budgets)\b')
    outside = {}
    for file in sorted((CHART / "templates").rglob("*")):
        if file.is_file():
            text = re.sub(r"\{\{/\*.*?\*/\}\}", "", file.read_text(), flags=re.S)
            if file.name == "_services.tpl":
                text = text.replace(re.search(r'\{\{- define "comitia.services" -\}\}.*?\{\{- end -\}\}', text, re.S)[0], "")
            if found := named.findall(text):
                outside[file.name] = found
    assert not outside
