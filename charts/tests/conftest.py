"""What the tests share: the programs, the cases, and what they render to."""
import functools
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/comitia"
TESTS = ROOT / "charts/tests"
HELMS = ("helm3", "helm4")
RELEASE, NAMESPACE = "c", "vote"


def table_of_services() -> dict:
    """`comitia.services` in _services.tpl: the one place where the services are listed."""
    text = (CHART / "templates/_services.tpl").read_text()
    return yaml.safe_load(re.search(r'define "comitia.services" -\}\}\n(.*?)\{\{- end', text, re.S)[1])


SERVICES = tuple(table_of_services())


def run(*command, **options) -> subprocess.CompletedProcess:
    """Runs a program of target/charts/bin or of the system; the text of both outputs is kept."""
    command = [str(part) for part in command]
    assert shutil.which(command[0]), f"{command[0]} is missing: run scripts/charts"
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def values_files(case: str) -> list:
    """The values files of ci/<case>-values.yaml; its first line may name one that it stands on."""
    file = CHART / f"ci/{case}-values.yaml"
    first = file.read_text().splitlines()[0]
    below = re.search(r"values: (values-\w+\.yaml)$", first)
    return [*([CHART / below[1]] if below else []), file]


class Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: what looks like a time is a text."""


Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents(text: str) -> list:
    """The resources in the text of a program."""
    return [resource for resource in yaml.load_all(text, Loader) if resource]


CASES = sorted(path.name.removesuffix("-values.yaml") for path in CHART.glob("ci/*-values.yaml"))
OVERLAYS = ["k8s/base", *sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("k8s/overlays/*/kustomization.yaml"))]
KUSTOMIZATIONS = [*OVERLAYS, "k8s/platform", "k8s/platform/postgresql-restore"]


@functools.cache
def rendered(helm: str, case: str) -> list:
    """The resources of a case."""
    arguments = [part for file in values_files(case) for part in ("--values", file)]
    result = run(helm, "template", RELEASE, CHART, "--namespace", NAMESPACE, *arguments)
    assert result.returncode == 0, result.stderr
    return documents(result.stdout)


@functools.cache
def kustomized(folder: str) -> list:
    """The resources of a kustomization."""
    result = run("kubectl", "kustomize", ROOT / folder)
    assert result.returncode == 0, result.stderr
    return documents(result.stdout)


@functools.cache
def alternative_components(folder: str) -> list:
    """The base with one component that no overlay uses."""
    with tempfile.TemporaryDirectory(dir=ROOT / "target/charts") as scratch:
        relative = "../" * len(pathlib.Path(scratch).relative_to(ROOT).parts)
        kustomization = {"resources": [f"{relative}k8s/base"], "components": [f"{relative}{folder}"]}
        (pathlib.Path(scratch) / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        result = run("kubectl", "kustomize", scratch)
    assert result.returncode == 0, result.stderr
    return documents(result.stdout)


ALONE = ("k8s/components/keda", "k8s/components/pod-monitors")
SOURCES = [*CASES, *KUSTOMIZATIONS, *ALONE]


def resources_of(source: str) -> list:
    """The resources of a case (with Helm 4; test_helm.py holds Helm 3 equal), kustomization or component."""
    if source in CASES:
        return rendered("helm4", source)
    return alternative_components(source) if source in ALONE else kustomized(source)


def of_kind(resources: list, *kinds: str) -> list:
    return [resource for resource in resources if resource["kind"] in kinds]


def name_of(resource: dict) -> str:
    return f"{resource['kind']}/{resource['metadata']['name']}"


def pod_specs(resources: list) -> list:
    """Every pod that the resources make, with the resource's name: (name, labels, spec)."""
    found = []
    for resource in of_kind(resources, "Deployment", "Job"):
        template = resource["spec"]["template"]
        found.append((name_of(resource), template["metadata"]["labels"], template["spec"]))
    for pod in of_kind(resources, "Pod"):
        found.append((name_of(pod), pod["metadata"]["labels"], pod["spec"]))
    return found


def component_of(resource: dict) -> str:
    return resource["metadata"]["labels"]["app.kubernetes.io/component"]


def selects(selector: dict, labels: dict) -> bool:
    """Whether a label selector matches, as Kubernetes says."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", []):
        value, values = labels.get(expression["key"]), expression.get("values", [])
        matches = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }[expression["operator"]]
        if not matches:
            return False
    return True


@pytest.fixture(params=SOURCES)
def resources(request) -> list:
    """The resources of each case, kustomization and component in turn."""
    return resources_of(request.param)
