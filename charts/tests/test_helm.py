"""Helm itself: lint, both majors alike, golden files, generated files, NOTES."""
import os
import sys

import pytest
import yaml
from conftest import CASES, CHART, HELMS, NAMESPACE, RELEASE, ROOT, TESTS, name_of, rendered, run, values_files


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("helm", HELMS)
def test_lint_finds_nothing(helm, case):
    arguments = [part for file in values_files(case) for part in ("--values", file)]
    result = run(helm, "lint", "--strict", CHART, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("case", CASES)
def test_both_majors_of_helm_render_the_same(case):
    assert rendered("helm3", case) == rendered("helm4", case)


@pytest.mark.parametrize("case", CASES)
def test_rendering_is_repeatable(case):
    first = rendered("helm4", case)
    again = rendered.__wrapped__("helm4", case)
    assert first == again, "an upgrade without a change must change nothing"


def without_files(resource: dict) -> dict:
    """Alerts and dashboards are files of the chart as they are: a review sees them there."""
    if resource["kind"] == "PrometheusRule":
        return {**resource, "spec": "files/alerts"}
    if "-dashboard-" in resource["metadata"]["name"]:
        return {**resource, "data": "files/dashboards"}
    return resource


@pytest.mark.parametrize("case", CASES)
def test_golden(case):
    """What a change does to the result is seen in review. UPDATE_GOLDEN=1 (scripts/charts generate) writes it."""
    text = "---\n".join(
        yaml.safe_dump(without_files(resource), sort_keys=True, width=120)
        for resource in sorted(rendered("helm4", case), key=lambda each: (each["kind"], each["metadata"]["name"]))
    )
    golden = TESTS / f"golden/{case}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert golden.exists() and golden.read_text() == text, (
        f"{golden.relative_to(ROOT)} differs: if that is meant, run scripts/charts generate and look at the difference"
    )


def test_no_golden_file_is_left_over():
    assert sorted(path.stem for path in (TESTS / "golden").glob("*.yaml")) == CASES


def test_the_readme_is_in_step_with_the_values():
    result = run("python3", ROOT / "charts/tools/readme.py", "--check", env=environment())
    assert result.returncode == 0, result.stderr


def test_kustomize_is_in_step_with_the_chart():
    result = run("python3", ROOT / "charts/tools/kustomize.py", "helm4", "--check", env=environment())
    assert result.returncode == 0, result.stderr


def environment() -> dict:
    """The environment with this Python's packages."""
    return os.environ | {"PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}


@pytest.mark.parametrize("case", CASES)
def test_names_are_unique_and_short_enough(case):
    names = [name_of(resource) for resource in rendered("helm4", case)]
    assert len(names) == len(set(names))
    assert not [name for name in names if len(name.split("/")[1]) > 63]


@pytest.mark.parametrize("helm", HELMS)
def test_an_old_kubernetes_is_refused(helm):
    result = run(helm, "template", RELEASE, CHART, "--kube-version", "1.26.0", "--values", values_files("minimal")[0])
    assert result.returncode != 0 and "1.27" in result.stderr


@pytest.mark.parametrize("helm", HELMS)
def test_notes_say_what_to_do_next(helm):
    """Notes are not part of `template`: an install that stops before a cluster is asked shows them."""
    result = run(
        helm, "install", RELEASE, CHART, "--namespace", NAMESPACE, "--dry-run=client", "--values", values_files("minimal")[0]
    )
    if "Kubernetes cluster unreachable" in result.stderr:
        pytest.skip(f"{helm} shows no notes without a cluster")
    assert result.returncode == 0, result.stderr
    assert f"helm -n {NAMESPACE} test {RELEASE}" in result.stdout
    assert "tls.enabled is false" in result.stdout
