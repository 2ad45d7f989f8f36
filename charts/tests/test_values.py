"""values.yaml and its schema say the same, and nonsense is refused in a sentence that names it."""
import json
import re

import pytest
import yaml
from conftest import CASES, CHART, HELMS, RELEASE, ROOT, SERVICES, run, values_files

# Values on top of ci/minimal-values.yaml, and words that the refusal must have.
REFUSED_BY_SCHEMA = {
    "a mistyped key": ({"imagee": {}}, ["imagee", "not allowed"]),
    "a mistyped service": ({"services": {"votes": {}}}, ["votes", "not allowed"]),
    "a mistyped setting of a service": ({"services": {"voting": {"replica": 3}}}, ["replica", "not allowed"]),
    "a mistyped configuration key": ({"config": {"voting": {"intake": {"max_bach": 1}}}}, ["max_bach", "not allowed"]),
    "a configuration key that the chart owns": ({"config": {"voting": {"server": {"listen": "x"}}}}, ["server", "not allowed"]),
    "a secret in the values": ({"config": {"voting": {"receipt_key": "c2VjcmV0"}}}, ["receipt_key", "not allowed"]),
    "a secret's value instead of its place": ({"secrets": {"voting": {"serviceKey": "hunter2"}}}, ["serviceKey", "object"]),
    "no pods": ({"services": {"voting": {"replicas": 0}}}, ["replicas", "1"]),
    "pods as a text": ({"defaults": {"replicas": "two"}}, ["replicas", "integer"]),
    "an unknown anti-affinity": ({"defaults": {"antiAffinity": "sometimes"}}, ["antiAffinity", "preferred"]),
    "a port that is none": ({"networkPolicy": {"to": {"smtp": {"ports": [99999]}}}}, ["ports", "65535"]),
    "no port at all": ({"networkPolicy": {"to": {"dns": {"ports": []}}}}, ["ports", "1"]),
    "a peer that is none": ({"networkPolicy": {"gatewayFrom": [{"namespace": "ingress"}]}}, ["namespace", "not allowed"]),
    "memory in words": ({"defaults": {"resources": {"limits": {"memory": "half"}}}}, ["memory", "match"]),
    "an interval in words": ({"monitoring": {"serviceMonitor": {"interval": "often"}}}, ["interval", "match"]),
    "a host name with a path": ({"ingress": {"hosts": ["vote.example.org/"]}}, ["hosts", "match"]),
    "migrations of the gateway": (
        {"migrations": {"databases": [{"name": "a", "services": ["gateway"], "adminDatabaseUrl": {"secret": "s", "key": "k"},
                                       "rolePassword": {"secret": "", "key": "k"}}]}}, ["services", "identity"]),
    "a gRPC route to the gateway": ({"gatewayApi": {"grpcRoute": {"services": ["gateway"]}}}, ["services", "identity"]),
    "migrations of the portal": (
        {"migrations": {"databases": [{"name": "a", "services": ["portal"], "adminDatabaseUrl": {"secret": "s", "key": "k"},
                                       "rolePassword": {"secret": "", "key": "k"}}]}}, ["services", "identity"]),
    "a gRPC route to the portal": ({"gatewayApi": {"grpcRoute": {"services": ["portal"]}}}, ["services", "identity"]),
    "a database of the portal": ({"config": {"portal": {"database": {"max_connections": 1}}}}, ["database", "not allowed"]),
    "cookies that are secure in words": ({"config": {"portal": {"secure_cookies": "yes"}}}, ["secure_cookies", "boolean"]),
    "an unknown kind of issuer": ({"tls": {"certManager": {"issuer": {"kind": "CA"}}}}, ["kind", "ClusterIssuer"]),
    "a drain without end": ({"config": {"common": {"lifecycle": {"drain_timeout_ms": 99999999}}}}, ["drain_timeout_ms", "3.6"]),
    "limits of an organization by its name": (
        {"config": {"gateway": {"organization_limits": {"overrides": {"lodz": {"vote": 5}}}}}}, ["lodz", "not allowed"]),
    "half a digest": ({"image": {"digest": "sha256:12"}}, ["digest", "sha256:[0-9a-f]{64}"]),
    "a sender without an address": ({"config": {"identity": {"mail": {"from": "City"}}}}, ["mail", "from", "@"]),
    "a folder for e-mails that is not absolute": ({"config": {"identity": {"mail": {"folder": "mail"}}}}, ["folder", "^/"]),
    "a proxy that is no network": ({"config": {"gateway": {"trusted_proxies": ["ingress"]}}}, ["trusted_proxies", "match"]),
    "an origin with a path": (
        {"config": {"gateway": {"cors": {"allowed_origins": ["https://a.example.org/x"]}}}}, ["allowed_origins", "match"]),
    "a collector without a scheme": ({"telemetry": {"otlpEndpoint": "collector:4317"}}, ["otlpEndpoint", "https?://"]),
    "runbooks without a scheme": ({"monitoring": {"prometheusRule": {"runbookUrl": "runbooks"}}}, ["runbookUrl", "https?://"]),
    "a migration's Job that goes before Helm has seen its end": ({"migrations": {"ttlSecondsAfterFinished": 0}}, ["ttlSeconds", "60"]),
    "an autoscaler beyond a whole CPU": ({"defaults": {"autoscaling": {"cpuUtilization": 700}}}, ["cpuUtilization", "100"]),
}
REFUSED_BY_SENTENCES = {
    "no image": ({"image": {"repository": ""}}, "image.repository: say where the image is"),
    "an image with its tag": ({"image": {"repository": "registry.example.org:5000/a:1.2"}}, "has a tag or a digest"),
    "no sender": ({"config": {"identity": {"mail": {"from": ""}}}}, "config.identity.mail.from: say who sends"),
    "two ways for e-mails": ({"config": {"identity": {"mail": {"folder": "/mail"}}}}, "into a folder or to a server"),
    "no database": ({"secrets": {"voting": {"databaseUrl": {"secret": ""}}}}, "secrets.voting.databaseUrl.secret: name the Secret"),
    "more at least than at most": (
        {"services": {"voting": {"autoscaling": {"minReplicas": 9}}}}, "minReplicas (9) is more than maxReplicas (6)"),
    "a budget above the pods": ({"services": {"voting": {"maxUnavailable": 3}}}, "maxUnavailable: 3 is more than its pods (2)"),
    "a gateway that is started again while it waits": (
        {"config": {"gateway": {"first_answers_ms": 120000}}}, "waits 120000 ms for a service is started again after 120 s"),
    "a vault without a name": ({"externalSecrets": {"enabled": True}}, "externalSecrets.store.name: name the"),
    "migrations that share an ExternalSecret": (
        {"externalSecrets": {"enabled": True, "store": {"name": "vault"}},
         "migrations": {"databases": [{"name": "all", "services": [], "adminDatabaseUrl": {"secret": "comitia-common", "key": "k"},
                                       "rolePassword": {"secret": "", "key": "k"}}]}}, "give migrations a Secret of their own"),
    "TLS by nobody": ({"tls": {"enabled": True, "certManager": {"createIssuer": False}}}, "name the issuer"),
    "an Ingress without a host": ({"ingress": {"enabled": True}}, "ingress.hosts: give at least one"),
    "an Ingress without its proxies": (
        {"ingress": {"enabled": True, "hosts": ["vote.example.org"]}, "tls": {"enabled": True}},
        "config.gateway.trusted_proxies: with an Ingress or an HTTPRoute give the networks"),
    "an Ingress in clear text": (
        {"ingress": {"enabled": True, "hosts": ["vote.example.org"]}, "config": {"gateway": {"trusted_proxies": ["10.0.0.0/8"]}}},
        "tls.enabled: with an Ingress or an HTTPRoute"),
    "no key of the portal": ({"secrets": {"portal": {"serviceKey": {"secret": ""}}}}, "secrets.portal.serviceKey.secret: name the Secret"),
    "cookies by HTTP where people come by HTTPS": (
        {"ingress": {"enabled": True, "hosts": ["vote.example.org"], "tls": [{"secretName": "a", "hosts": ["vote.example.org"]}]},
         "tls": {"enabled": True}, "config": {"gateway": {"trusted_proxies": ["10.0.0.0/8"]}, "portal": {"secure_cookies": False}}},
        "config.portal.secure_cookies: with ingress.tls people come by HTTPS"),
    "an HTTPRoute without its proxies, in clear text": (
        {"gatewayApi": {"httpRoute": {"enabled": True, "parentRefs": [{"name": "a"}]}}}, "config.gateway.trusted_proxies: with"),
    "a route to nowhere": ({"gatewayApi": {"httpRoute": {"enabled": True}}}, "gatewayApi.httpRoute.parentRefs: name the Gateway"),
    "a gRPC route to nothing": (
        {"gatewayApi": {"grpcRoute": {"enabled": True, "parentRefs": [{"name": "a"}]}}}, "grpcRoute.services: name the services"),
    "no database to migrate": ({"migrations": {"databases": []}}, "give at least one, or turn migrations off"),
}


def template(helm: str, values: dict, tmp_path):
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    return run(helm, "template", RELEASE, CHART, "--values", values_files("minimal")[0], "--values", file)


@pytest.mark.parametrize("tls", [{"enabled": True}, {"acceptClearText": True}])
def test_an_ingress_has_its_proxies_and_its_encryption(tls, tmp_path):
    values = {"ingress": {"enabled": True, "hosts": ["vote.example.org"]}, "tls": tls,
              "config": {"gateway": {"trusted_proxies": ["10.0.0.0/8"]}}}
    result = template("helm4", values, tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("what", REFUSED_BY_SCHEMA)
def test_the_schema_refuses(what, helm, tmp_path):
    values, words = REFUSED_BY_SCHEMA[what]
    result = template(helm, values, tmp_path)
    assert result.returncode != 0, "was taken"
    said = result.stderr.replace(",", "")
    assert "don't meet the specifications of the schema" in result.stderr
    assert all(word in said for word in words), result.stderr


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("what", REFUSED_BY_SENTENCES)
def test_sentences_refuse(what, helm, tmp_path):
    values, sentence = REFUSED_BY_SENTENCES[what]
    result = template(helm, values, tmp_path)
    assert result.returncode != 0, "was taken"
    assert "These values cannot be used:" in result.stderr and sentence in result.stderr, result.stderr


@pytest.mark.parametrize("helm", HELMS)
@pytest.mark.parametrize("what", REFUSED_BY_SENTENCES)
def test_lint_refuses_what_sentences_refuse(what, helm, tmp_path):
    """`fail` is but a note to `helm lint`, --strict or not; _validate.tpl has a way round it."""
    values, sentence = REFUSED_BY_SENTENCES[what]
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    result = run(helm, "lint", "--strict", CHART, "--values", values_files("minimal")[0], "--values", file)
    assert result.returncode != 0, "was taken"
    errors = result.stdout[result.stdout.index("[ERROR]"):]
    assert "These values cannot be used: " in errors and sentence in errors, result.stdout


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    result = template("helm4", {"image": {"repository": ""}, "ingress": {"enabled": True}}, tmp_path)
    assert "image.repository" in result.stderr and "ingress.hosts" in result.stderr


SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def resolve(schema: dict) -> dict:
    while "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    return schema


def keys_of_schema(schema: dict, path: str = "") -> set:
    """Every key that the schema names, with the path to it."""
    schema = resolve(schema)
    found = set()
    for key, below in schema.get("properties", {}).items():
        here = f"{path}.{key}".removeprefix(".")
        found |= {here} | keys_of_schema(below, here)
    return found


def keys_of_values(values, path: str = "") -> set:
    found = set()
    for key, below in values.items() if isinstance(values, dict) else ():
        here = f"{path}.{key}".removeprefix(".")
        found |= {here} | keys_of_values(below, here)
    return found


def test_every_object_of_the_schema_is_closed():
    """Free are only Kubernetes' own forms and maps of texts."""
    open_objects = []

    def walk(schema, path):
        if not isinstance(schema, dict):
            return
        if "properties" in schema and schema.get("additionalProperties") is not False:
            open_objects.append(path)
        for key, below in schema.items():
            if isinstance(below, dict):
                walk(below, f"{path}/{key}")

    walk(SCHEMA, "")
    assert not open_objects


def test_values_and_schema_have_the_same_keys():
    values = keys_of_values(yaml.safe_load((CHART / "values.yaml").read_text()))
    schema = keys_of_schema(SCHEMA)
    # Not in values.yaml: settings that a service does not change, configuration that has the program's default, Helm's own.
    optional = re.compile(r"^(services\.\w+\.|config\.|global$|.*\.ephemeral-storage$)")
    assert not {key for key in schema - values if not optional.match(key)}
    free = re.compile(r"^(monitoring\.dashboards\.labels\.)")
    assert not {key for key in values - schema if not free.match(key)}


def test_a_case_sets_every_configuration_key():
    """So that test_configuration.py gives every key that the schema allows to the program itself."""
    used = set()
    for case in CASES:
        for file in values_files(case):
            used |= keys_of_values(yaml.safe_load(file.read_text()))
    allowed = {key for key in keys_of_schema(SCHEMA) if key.startswith("config.")}
    assert not allowed - used


def structs_of_code() -> dict:
    """Every struct of the code that configuration is read into: its fields with their types, without `Option`."""
    found = {}
    for folder in ("crates", "services"):
        for file in (ROOT / folder).glob("*/src/**/*.rs"):
            for name, body in re.findall(r"^pub struct (\w+) \{\n(.*?)^\}", file.read_text(), re.M | re.S):
                fields = re.findall(r"^    pub (\w+): (?:Option<)?([\w:<>, ]+?)>?,$", body, re.M)
                # Each service has a `Config`.
                found[f"{file.relative_to(ROOT).parts[1]}.{name}" if name == "Config" else name] = dict(fields)
    return found


def test_every_configuration_key_of_the_code_can_be_set():
    """But for what the chart itself says (listen, admin_listen, endpoints, tls) and for secrets, which are variables."""
    structs = structs_of_code()

    def keys(struct: str, path: str) -> set:
        found = set()
        for field, kind in structs[struct].items():
            here = f"{path}.{field}"
            if "SecretString" in kind or field in ("server", "admin_listen", "endpoints", "tls"):
                continue
            below = keys(kind, here) if kind in structs else set()
            if kind not in structs or below:
                found |= {here} | below
        return found

    code = keys("CommonConfig", "config.common")
    for service in SERVICES:
        code |= keys(f"{service}.Config", f"config.{service}")
    assert "config.voting.intake.max_batch" in code, "the code could not be read"
    schema = {key for key in keys_of_schema(SCHEMA) if key.startswith("config.") and key.count(".") > 1}
    assert code == schema


def test_configuration_keys_are_named_in_the_comments():
    """values.yaml tells of each key of the program, as a default or as `Other keys`."""
    text = (CHART / "values.yaml").read_text()
    for section, schema in SCHEMA["properties"]["config"]["properties"].items():
        for key in resolve(schema)["properties"]:
            assert re.search(rf"\b{key}\b", text), f"config.{section}.{key}"
