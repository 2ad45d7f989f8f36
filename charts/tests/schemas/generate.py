#!/usr/bin/env python3
"""Makes JSON schemas of custom resources from the Rust types of the crate kube-custom-resources-rs (0BSD), which are made
from the operators' own CRDs. Needed only to add a kind or to move to a newer crate; the schemas are committed.

    cargo info kube-custom-resources-rs@2024.11.1      # or cargo fetch, so that cargo has its source
    charts/tests/schemas/generate.py ~/.cargo/registry/src/*/kube-custom-resources-rs-2024.11.1
"""
import json
import pathlib
import re
import sys

# File of the crate, and the version to write where that is newer than the crate's.
KINDS = {
    "cert_manager_io/v1/certificates.rs": None,
    "cert_manager_io/v1/issuers.rs": None,
    "external_secrets_io/v1beta1/externalsecrets.rs": "v1",  # v1 has the fields of v1beta1
    "gateway_networking_k8s_io/v1/grpcroutes.rs": None,
    "gateway_networking_k8s_io/v1/httproutes.rs": None,
    "keda_sh/v1alpha1/scaledobjects.rs": None,
    "keda_sh/v1alpha1/triggerauthentications.rs": None,
    "monitoring_coreos_com/v1/podmonitors.rs": None,
    "monitoring_coreos_com/v1/prometheusrules.rs": None,
    "monitoring_coreos_com/v1/servicemonitors.rs": None,
    "postgresql_cnpg_io/v1/poolers.rs": None,
    "postgresql_cnpg_io/v1/scheduledbackups.rs": None,
}
# What the crate has wrong: lists of texts that it gives as texts.
LISTS = {"PodMonitorPodMetricsEndpoints.params", "ServiceMonitorEndpoints.params"}
SCALARS = {
    "String": {"type": "string"},
    "bool": {"type": "boolean"},
    "IntOrString": {"type": ["integer", "string"]},
    "serde_json::Value": {},
    "Condition": {},
    **{name: {"type": "integer"} for name in ("i32", "i64", "u32", "u64")},
    **{name: {"type": "number"} for name in ("f32", "f64")},
}


def schema_of(rust_type: str) -> dict:
    """The schema of a Rust type; its own types are references."""
    if rust_type in SCALARS:
        return SCALARS[rust_type]
    if inner := re.fullmatch(r"(?:Option|Box)<(.+)>", rust_type):
        return schema_of(inner[1])
    if inner := re.fullmatch(r"Vec<(.+)>", rust_type):
        return {"type": "array", "items": schema_of(inner[1])}
    if inner := re.fullmatch(r"BTreeMap<String, (.+)>", rust_type):
        return {"type": "object", "additionalProperties": schema_of(inner[1])}
    return {"$ref": f"#/definitions/{rust_type}"}


def definitions(source: str) -> dict:
    """The structs and enums of a file, by name."""
    found = {}
    for name, body in re.findall(r"^pub struct (\w+) \{\n(.*?)^\}", source, re.M | re.S):
        properties, required = {}, []
        for attributes, field, rust_type in re.findall(r"((?:^    #\[.*\]\n)*)^    pub ([\w#]+): (.+),$", body, re.M):
            renamed = re.search(r'rename = "([^"]+)"', attributes)
            key = renamed[1] if renamed else field.removeprefix("r#")
            properties[key] = schema_of(rust_type)
            if f"{name}.{key}" in LISTS:
                properties[key] = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
            if not rust_type.startswith("Option<"):
                required.append(key)
        found[name] = {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
    for name, body in re.findall(r"^pub enum (\w+) \{\n(.*?)^\}", source, re.M | re.S):
        variants = re.findall(r'(?:#\[serde\(rename = "([^"]*)"\)\]\n)?^    (?:r#)?(\w+),$', body, re.M)
        found[name] = {"enum": [renamed or variant for renamed, variant in variants]}
    return found


def reachable(start: str, every: dict) -> dict:
    """What `start` refers to, so that a schema holds nothing else."""
    kept, waiting = {}, [start]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = every[name]
            waiting += re.findall(r'"#/definitions/(\w+)"', json.dumps(every[name]))
    return kept


def main() -> None:
    crate = pathlib.Path(sys.argv[1])
    for path, newer in KINDS.items():
        source = (crate / "src" / path).read_text()
        about = re.search(r'#\[kube\(group = "([^"]+)", version = "([^"]+)", kind = "([^"]+)"', source)
        spec = re.search(r"#\[kube\(.*?^pub struct (\w+) \{", source, re.M | re.S)[1]
        group, version, kind = about[1], newer or about[2], about[3]
        schema = {
            "type": "object",
            "additionalProperties": False,
            "required": ["apiVersion", "kind", "metadata", "spec"],
            "properties": {
                "apiVersion": {"const": f"{group}/{version}"},
                "kind": {"const": kind},
                "metadata": {"type": "object", "required": ["name"]},
                "spec": {"$ref": f"#/definitions/{spec}"},
            },
            "definitions": reachable(spec, definitions(source)),
        }
        target = pathlib.Path(__file__).parent / f"{group}_{version}_{kind}.json"
        target.write_text(json.dumps(schema, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
