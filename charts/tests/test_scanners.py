"""checkov and trivy find nothing that exceptions.yaml does not explain, and every explanation is still needed."""
import json
import re
import sys

import pytest
import yaml
from conftest import CASES, CHART, OVERLAYS, TESTS, resources_of, run, values_files

EXCEPTIONS = yaml.safe_load((TESTS / "exceptions.yaml").read_text())


def explained(scanner: str, finding: tuple) -> list:
    check, resource = finding
    return [each for each in EXCEPTIONS[scanner] if each["check"] == check and re.search(each["where"], resource)]


def findings_of_checkov(tmp_path_factory) -> set:
    folder = tmp_path_factory.mktemp("checkov")
    for source in (*CASES, *(each for each in OVERLAYS if each != "k8s/base")):
        (folder / f"{source.replace('/', '-')}.yaml").write_text(yaml.safe_dump_all(resources_of(source)))
    checkov = f"{sys.prefix}/bin/checkov"
    result = run(checkov, "--skip-download", "--quiet", "--framework", "kubernetes", "--output", "json", "--directory", folder)
    report = json.loads(result.stdout)
    assert report["summary"]["passed"] > 1000 and not report["summary"]["parsing_errors"]
    return {(each["check_id"], each["resource"]) for each in report["results"]["failed_checks"]}


def findings_of_trivy(tmp_path_factory) -> set:
    found = set()
    for case in CASES:
        arguments = [part for file in values_files(case) for part in ("--helm-values", file)]
        result = run(
            "trivy", "config", "--quiet", "--skip-check-update", "--helm-kube-version", "1.36.0", "--format", "json",
            *arguments, CHART,
        )
        assert result.returncode == 0, result.stderr
        results = json.loads(result.stdout)["Results"]
        assert sum(each["MisconfSummary"]["Successes"] for each in results) > 300, f"{case} was not rendered"
        found |= {(each["ID"], target["Target"]) for target in results for each in target.get("Misconfigurations") or ()}
    return found


@pytest.mark.parametrize("scanner", ("checkov", "trivy"))
def test_findings_are_explained(scanner, tmp_path_factory):
    findings = globals()[f"findings_of_{scanner}"](tmp_path_factory)
    assert not sorted(each for each in findings if not explained(scanner, each))
    used = [exception for finding in findings for exception in explained(scanner, finding)]
    assert not [each for each in EXCEPTIONS[scanner] if each not in used], "an exception that nothing needs any more"
