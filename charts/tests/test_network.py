"""The NetworkPolicies: deny everything, and open exactly the edges of the architecture."""
import itertools
import re
import urllib.parse

import pytest
import yaml
from conftest import CASES, OVERLAYS, ROOT, SERVICES, name_of, of_kind, pod_specs, rendered, resources_of, selects

# Where the policies of Comitia's own pods are; the platform's servers have theirs everywhere.
FRONT = [
    source
    for source in (*CASES, *OVERLAYS)
    if any(name_of(policy).endswith("-deny") for policy in of_kind(resources_of(source), "NetworkPolicy"))
]


def policies_of(resources: list, labels: dict, direction: str) -> list:
    return [
        policy["spec"]
        for policy in of_kind(resources, "NetworkPolicy")
        if direction in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], labels)
    ]


def admits(rules: list, side: str, port: int, labels: dict) -> bool:
    """Whether rules admit TCP on `port` with a pod of the namespace that has `labels` (a namespaceSelector alone: any pod)."""
    for rule in rules:
        ports = rule.get("ports")
        if ports and not any(each.get("port") == port and each.get("protocol", "TCP") == "TCP" for each in ports):
            continue
        if side not in rule:
            return True
        for peer in rule[side]:
            if "namespaceSelector" in peer and peer["namespaceSelector"] != {}:
                continue
            if "podSelector" not in peer and "namespaceSelector" in peer or selects(peer.get("podSelector", {}), labels):
                return True
    return False


def allowed(resources: list, source: dict, target: dict, port: int) -> bool:
    """Whether `source` may reach `target`: both sides must agree, as Kubernetes has it."""
    outgoing = policies_of(resources, source, "Egress")
    incoming = policies_of(resources, target, "Ingress")
    out = not outgoing or any(admits(each.get("egress", []), "to", port, target) for each in outgoing)
    into = not incoming or any(admits(each.get("ingress", []), "from", port, source) for each in incoming)
    return out and into


def pods(resources: list) -> dict:
    return {
        labels["app.kubernetes.io/component"]: labels
        for _, labels, _ in pod_specs(resources)
        if labels.get("app.kubernetes.io/part-of") == "comitia"
    }


def ports(resources: list) -> dict:
    """The port that each service serves at."""
    return {
        service: next(
            port["port"]
            for each in of_kind(resources, "Service")
            if each["metadata"]["name"].endswith(f"-{service}")
            for port in each["spec"]["ports"]
            if port["name"] in ("http", "grpc")
        )
        for service in SERVICES
    }


def calls(resources: list) -> set:
    """Who may call whom, by the policies."""
    found, serving = pods(resources), ports(resources)
    return {
        (caller, callee)
        for caller, callee in itertools.product(found, SERVICES)
        if callee != "gateway" and allowed(resources, found[caller], found[callee], serving[callee])
    }


def calls_in_code() -> set:
    """Who calls whom, by the code: the endpoints that a service connects to, and identity's key set for all that verify."""
    found = set()
    for service in SERVICES:
        code = "".join(
            # Tests stand beside the code in modules of their own.
            path.read_text().split("#[cfg(test)]")[0]
            for path in (ROOT / f"services/{service}/src").rglob("*.rs")
        )
        found |= {(service, callee) for callee in re.findall(r"connect\(&(?:\w+\.)*endpoints\.(\w+)", code)}
        if service != "identity":
            found.add((service, "identity"))
    return found


def table_of_architecture() -> set | None:
    """The edges between services in ARCHITECTURE.md: rows of the table with the columns `caller` and `calls`."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = re.search(r"^\| *caller *\| *calls *\|.*\n\|[-| :]+\|\n((?:\|.*\n)+)", text, re.M)
    if not table:
        return None
    edges = set()
    for row in table[1].splitlines():
        caller, callees = [cell.strip() for cell in row.strip("|").split("|")][:2]
        edges |= {(caller, callee) for callee in re.findall(r"[a-z]+", callees) if callee in SERVICES}
    return edges


@pytest.mark.parametrize("source", FRONT)
def test_edges_are_those_of_the_code(source):
    resources = resources_of(source)
    expected = calls_in_code()
    if "doctor" in pods(resources):
        expected = expected | {("doctor", "identity")}
    assert calls(resources) == expected


def test_edges_are_those_of_architecture_md():
    table = table_of_architecture()
    if table is None:
        pytest.skip("ARCHITECTURE.md has no table with the columns `caller` and `calls`: only the code was compared with")
    assert table == calls_in_code()


@pytest.mark.parametrize("source", FRONT)
def test_every_pod_is_closed_both_ways(source):
    resources = resources_of(source)
    for labels in pods(resources).values():
        for direction in ("Ingress", "Egress"):
            assert any(not each.get(direction.lower()) for each in policies_of(resources, labels, direction)), "deny by default"


@pytest.mark.parametrize("source", FRONT)
def test_each_service_reaches_what_it_needs_and_no_more(source):
    """By port, since where the servers are is the installation's to say."""
    resources = resources_of(source)
    way = {5432: "postgresql", 5672: "rabbitmq", 6379: "redis", 587: "smtp", 443: "s3", 3310: "clamd"}
    for component, labels in pods(resources).items():
        open_ports = {
            port["port"]
            for each in policies_of(resources, labels, "Egress")
            for rule in each.get("egress", [])
            for port in rule.get("ports", [])
        }
        assert 53 in open_ports
        # HTTPS is the bucket's of spaces, and the providers' of identity.
        way[443] = "providers" if component == "identity" else "s3"
        needs = {name for port, name in way.items() if port in open_ports}
        if component == "migrate":
            assert needs == {"postgresql"}
        elif component == "doctor":
            expected = {"postgresql", "rabbitmq", "redis"}
            assert needs == (expected | {"s3", "clamd"} if source == "gitops" else expected)
        else:
            library = (ROOT / f"services/{component}/src/lib.rs").read_text()
            config = library + "".join(path.read_text() for path in (ROOT / f"services/{component}/src").glob("config.rs"))
            expected = {"rabbitmq", "redis"}
            if "database: DatabaseConfig" in config:
                expected.add("postgresql")
            if "mail: MailConfig" in config and source not in ("small",):
                expected.add("smtp")
            if "providers: BTreeMap<String, ProviderConfig>" in config and source == "gitops":
                expected.add("providers")
            # Where a bucket and a scanner are configured, and nowhere else.
            if "files: FilesConfig" in config and source == "gitops":
                expected |= {"s3", "clamd"}
            assert needs == expected, component


@pytest.mark.parametrize("source", FRONT)
def test_the_admin_port_is_for_metrics_alone(source):
    resources = resources_of(source)
    for component, labels in pods(resources).items():
        rules = [rule for each in policies_of(resources, labels, "Ingress") for rule in each.get("ingress", [])]
        admin = [rule for rule in rules if any(port["port"] == 7900 for port in rule["ports"])]
        assert len(admin) == (1 if component in SERVICES else 0), component
        assert all(rule["from"] for rule in admin)


def test_a_grpc_route_opens_only_the_services_it_leads_to():
    resources = rendered("helm4", "external")
    for service in SERVICES:
        policy = next(each for each in of_kind(resources, "NetworkPolicy") if each["metadata"]["name"] == f"vote-{service}")
        from_anywhere = [rule for rule in policy["spec"]["ingress"] if "from" not in rule]
        assert bool(from_anywhere) == (service in ("gateway", "budgets", "voting")), service


def test_ports_are_the_programs_own():
    """The defaults of the endpoints in crates/platform, so that nothing is called by two numbers."""
    client = (ROOT / "crates/platform/src/grpc/client.rs").read_text()
    defaults = {name: int(port) for name, port in re.findall(r'(\w+): "http://127\.0\.0\.1:(\d+)"', client)}
    serving = ports(rendered("helm4", "minimal"))
    assert {service: serving[service] for service in defaults} == defaults


@pytest.mark.parametrize("source", (*CASES, *OVERLAYS))
def test_services_are_called_by_names_that_lead_to_each_pod(source):
    """Those of headless Services; with TLS, names that are in the certificates."""
    resources = resources_of(source)
    headless = {
        each["metadata"]["name"]: {port["port"] for port in each["spec"]["ports"]}
        for each in of_kind(resources, "Service")
        if each["spec"].get("clusterIP") == "None"
    }
    certificates = {name for each in of_kind(resources, "Certificate") for name in each["spec"].get("dnsNames", [])}
    seen = 0
    for each in of_kind(resources, "ConfigMap"):
        common = yaml.safe_load(each["data"].get("comitia.yaml", "{}")).get("common")
        if common is None:
            continue
        seen += 1
        for service, endpoint in common["endpoints"].items():
            address = urllib.parse.urlsplit(endpoint)
            assert address.hostname.endswith(f"-{service}-headless") and address.port in headless[address.hostname]
            assert (address.scheme == "https") == ("tls" in common)
            assert address.scheme == "http" or not certificates or address.hostname in certificates
    assert seen == len(SERVICES)
