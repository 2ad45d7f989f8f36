"""Every resource is what Kubernetes and the operators accept, field by field."""
import functools
import json

import jsonschema
import kubernetes_validate
import kubernetes_validate.utils
import pytest
from conftest import SOURCES, TESTS, name_of, resources_of

# The oldest that the chart allows, one between, and the newest that the validator knows.
KUBERNETES = ("1.27", "1.32", "1.37")
# It reads all definitions again for every resource.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)


@functools.cache
def custom_schemas() -> dict:
    found = {}
    for file in sorted((TESTS / "schemas").rglob("*.json")):
        schema = json.loads(file.read_text())
        properties = schema["properties"]
        found[properties["apiVersion"]["const"], properties["kind"]["const"]] = jsonschema.Draft7Validator(schema)
    return found


def errors(resource: dict, version: str) -> list:
    """What is wrong with a resource, for one version of Kubernetes."""
    custom = custom_schemas().get((resource["apiVersion"], resource["kind"]))
    if custom:
        return [f"{error.json_path}: {error.message}" for error in custom.iter_errors(resource)]
    try:
        kubernetes_validate.validate(resource, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message}"]
    except kubernetes_validate.SchemaNotFoundError:
        return [f"no schema for {resource['apiVersion']} {resource['kind']}: add one to charts/tests/schemas"]
    return []


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("source", SOURCES)
def test_resources_fit_their_schemas(source, version):
    wrong = [f"{name_of(resource)}: {error}" for resource in resources_of(source) for error in errors(resource, version)]
    assert not wrong, "\n".join(wrong)


def test_an_unknown_field_would_be_seen():
    deployment = next(each for each in resources_of("minimal") if each["kind"] == "Deployment")
    broken = json.loads(json.dumps(deployment))
    broken["spec"]["template"]["spec"]["terminationGracePeriod"] = 5
    assert errors(broken, KUBERNETES[-1])
    certificate = next(each for source in SOURCES for each in resources_of(source) if each["kind"] == "Certificate")
    assert errors({**certificate, "spec": {**certificate["spec"], "dnsName": []}}, KUBERNETES[-1])


def test_every_schema_is_used():
    used = {(each["apiVersion"], each["kind"]) for source in SOURCES for each in resources_of(source)}
    assert not custom_schemas().keys() - used
