#!/usr/bin/env python3
"""Renders the chart for people without Helm: k8s/base and the generated k8s/components.

Each folder that has a `chart-values.yaml` is generated from the chart with these values. A component's resources are those
that its values add to the base; where its values change a resource of the base, the component patches it. Configuration
files become files of a configMapGenerator, so that a changed one is a new ConfigMap and makes new pods.

    charts/tools/kustomize.py HELM [--check]

With --check nothing is written, and the exit code is 1 when a file is not what the chart gives.
"""
import pathlib
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTICE = "# Generated from charts/comitia by scripts/charts generate: change the chart or chart-values.yaml beside this.\n"
# What tells of Helm's release or of one version of the image: kustomize's users have neither.
HELM_LABELS = ("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart")
CONFIGURATION = "comitia.yaml"


class Dumper(yaml.SafeDumper):
    """YAML that people read: texts of several lines stay texts."""


Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def dump(value) -> str:
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, width=120, allow_unicode=True)


def render(helm: str, *values: pathlib.Path) -> dict:
    """The chart's resources with these values files, by kind and name."""
    command = [helm, "template", "comitia", str(ROOT / "charts/comitia"), "--namespace", "comitia"]
    for file in values:
        command += ["--values", str(file)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    resources = {}
    for resource in filter(None, yaml.safe_load_all(text)):
        metadata = resource["metadata"]
        # An overlay says the namespace.
        metadata.pop("namespace", None)
        for label in HELM_LABELS:
            metadata["labels"].pop(label, None)
        if resource["kind"] == "Deployment":
            # The generated name of the ConfigMap says the same.
            resource["spec"]["template"]["metadata"].pop("annotations")
        resources[resource["kind"], metadata["name"]] = resource
    return resources


def changes(old, new, path: str = "") -> list:
    """The operations (RFC 6902) that make `old` into `new`."""
    if old == new:
        return []
    if isinstance(old, list) and isinstance(new, list) and len(new) >= len(old):
        operations = []
        for index, (before, after) in enumerate(zip(old, new)):
            operations += changes(before, after, f"{path}/{index}")
        return operations + [{"op": "add", "path": f"{path}/-", "value": value} for value in new[len(old) :]]
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return [{"op": "replace", "path": path, "value": new}]
    operations = []
    for key in [*old, *(key for key in new if key not in old)]:
        here = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in new:
            operations.append({"op": "remove", "path": here})
        elif key not in old:
            operations.append({"op": "add", "path": here, "value": new[key]})
        else:
            operations += changes(old[key], new[key], here)
    return operations


def is_configuration(resource: dict) -> bool:
    return resource["kind"] == "ConfigMap" and CONFIGURATION in resource["data"]


def kustomize(kind: str, version: str, resources: list, configurations: list, patches: list) -> dict:
    """The files of a Kustomization or Component."""
    kustomization = {"apiVersion": f"kustomize.config.k8s.io/{version}", "kind": kind}
    files = {}
    if resources:
        kustomization["resources"] = ["resources.yaml"]
        files["resources.yaml"] = NOTICE + "---\n".join(map(dump, resources))
    for resource in configurations:
        name = resource["metadata"]["name"]
        files[f"{name}.yaml"] = NOTICE + resource["data"][CONFIGURATION] + "\n"
        entry = {"name": name, "files": [f"{CONFIGURATION}={name}.yaml"]}
        if kind == "Component":
            entry["behavior"] = "replace"
        else:
            entry["options"] = {"labels": resource["metadata"]["labels"]}
        kustomization.setdefault("configMapGenerator", []).append(entry)
    if patches:
        kustomization["patches"] = patches
    return {"kustomization.yaml": NOTICE + dump(kustomization), **files}


def whole(base: dict) -> dict:
    """The files of the base."""
    resources = [resource for resource in base.values() if not is_configuration(resource)]
    configurations = [resource for resource in base.values() if is_configuration(resource)]
    return kustomize("Kustomization", "v1beta1", resources, configurations, [])


def component(base: dict, changed: dict) -> dict:
    """The files of a component that makes `base` into `changed`."""
    if gone := base.keys() - changed.keys():
        raise SystemExit(f"a component cannot take resources away: {sorted(gone)}")
    added = [resource for key, resource in changed.items() if key not in base]
    different = [changed[key] for key in base if changed[key] != base[key]]
    patches = [
        {
            "target": {"kind": new["kind"], "name": new["metadata"]["name"]},
            "patch": dump(changes(base[new["kind"], new["metadata"]["name"]], new)),
        }
        for new in different
        if not is_configuration(new)
    ]
    return kustomize("Component", "v1alpha1", added, list(filter(is_configuration, different)), patches)


def generated(helm: str) -> dict:
    """Every generated file with its text."""
    values = ROOT / "k8s/base/chart-values.yaml"
    base = render(helm, values)
    files = {values.parent / name: text for name, text in whole(base).items()}
    for more in sorted(ROOT.glob("k8s/components/*/chart-values.yaml")):
        for name, text in component(base, render(helm, values, more)).items():
            files[more.parent / name] = text
    return files


def main() -> int:
    helm, check = sys.argv[1], "--check" in sys.argv
    files = generated(helm)
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is not what the chart gives: run scripts/charts generate", file=sys.stderr)
        else:
            path.write_text(files[path])
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
