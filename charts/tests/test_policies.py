"""What a security officer and an SRE ask of every pod, whatever the values."""
import re

import pytest
import yaml
from conftest import (
    CASES, CHART, OVERLAYS, SERVICES, component_of, kustomized, name_of, of_kind, pod_specs, rendered, resources_of, selects,
)

FRONT = [*CASES, *OVERLAYS]


def containers(resources: list) -> list:
    return [
        (f"{name}/{container['name']}", container)
        for name, _, spec in pod_specs(resources)
        for container in [*spec.get("initContainers", []), *spec["containers"]]
        if not is_operators(container)
    ]


def is_operators(container: dict) -> bool:
    """A container that only changes one of an operator's."""
    return "image" not in container


def test_pods_run_as_nobody_without_a_token(resources):
    for name, _, spec in pod_specs(resources):
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True and context["runAsUser"] > 10000, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False and spec["enableServiceLinks"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        assert not [volume for volume in spec.get("volumes", []) if "hostPath" in volume], name


def test_containers_can_do_nothing_but_their_work(resources):
    for name, container in containers(resources):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False and context["privileged"] is False, name
        assert context["readOnlyRootFilesystem"] is True and context["capabilities"] == {"drop": ["ALL"]}, name


def test_containers_have_requests_and_limits(resources):
    for name, container in containers(resources):
        for kind in ("requests", "limits"):
            assert {"cpu", "memory"} <= container["resources"][kind].keys(), name


def test_images_are_named_by_a_version(resources):
    for name, container in containers(resources):
        assert re.search(r"@sha256:[0-9a-f]{64}$|:[0-9]", container["image"]), f"{name}: {container['image']}"


def test_servers_have_three_probes_and_liveness_asks_no_dependency(resources):
    for deployment in of_kind(resources, "Deployment"):
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys(), name_of(deployment)
            liveness = container["livenessProbe"]
            if component_of_pod(deployment) in SERVICES:
                assert liveness["httpGet"] == {"path": "/livez", "port": "admin"}
                patience = container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"]
                assert patience >= 60, "a database may take a minute"


def component_of_pod(deployment: dict) -> str:
    return deployment["spec"]["template"]["metadata"]["labels"].get("app.kubernetes.io/component", "")


@pytest.mark.parametrize("source", FRONT)
def test_probes_speak_what_the_kubelet_can(source):
    """gRPC on the service's own port, but neither to the gateway nor through TLS."""
    resources = resources_of(source)
    encrypted = bool([each for each in resources if "https://" in str(each) and each["kind"] == "ConfigMap"])
    for deployment in comitia_deployments(resources):
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        service = component_of(deployment)
        for probe in ("startupProbe", "readinessProbe"):
            if service == "gateway" or encrypted:
                assert container[probe]["httpGet"] == {"path": "/readyz", "port": "admin"}, service
            else:
                port = next(each["containerPort"] for each in container["ports"] if each["name"] == "grpc")
                assert container[probe]["grpc"] == {"port": port, "service": service}


def comitia_deployments(resources: list) -> list:
    return [each for each in of_kind(resources, "Deployment") if component_of_pod(each) in SERVICES]


@pytest.mark.parametrize("source", FRONT)
def test_there_is_one_deployment_a_service_and_upgrades_take_nothing_away(source):
    deployments = comitia_deployments(resources_of(source))
    assert sorted(map(component_of, deployments)) == sorted(SERVICES)
    for deployment in deployments:
        rolling = deployment["spec"]["strategy"]["rollingUpdate"]
        assert rolling["maxUnavailable"] == 0 and rolling["maxSurge"] >= 1


@pytest.mark.parametrize("source", FRONT)
def test_the_grace_period_is_longer_than_the_drain(source):
    resources = resources_of(source)
    for deployment in comitia_deployments(resources):
        spec = deployment["spec"]["template"]["spec"]
        name = next(each["configMap"]["name"] for each in spec["volumes"] if each["name"] == "configuration")
        text = next(each["data"]["comitia.yaml"] for each in of_kind(resources, "ConfigMap") if each["metadata"]["name"] == name)
        lifecycle = yaml.safe_load(text)["common"]["lifecycle"]
        drain = (lifecycle["drain_delay_ms"] + lifecycle["drain_timeout_ms"]) / 1000
        assert spec["terminationGracePeriodSeconds"] >= drain + 5
        assert lifecycle["drain_delay_ms"] >= 5000, "endpoints are removed later than SIGTERM arrives"


@pytest.mark.parametrize("source", FRONT)
def test_disruption_budgets_allow_a_node_to_be_drained(source):
    resources = resources_of(source)
    fewest = {component_of(each): each["spec"].get("replicas") for each in comitia_deployments(resources)}
    for scaler in of_kind(resources, "HorizontalPodAutoscaler"):
        service = scaler["spec"]["scaleTargetRef"]["name"].rsplit("-", 1)[1]
        assert fewest[service] is None, f"{service}: the autoscaler and the Deployment both say how many"
        fewest[service] = scaler["spec"]["minReplicas"]
        assert scaler["spec"]["maxReplicas"] >= scaler["spec"]["minReplicas"]
    budgets = {component_of(each): each["spec"] for each in of_kind(resources, "PodDisruptionBudget") if "component" in str(each)}
    assert budgets.keys() == set(SERVICES)
    for service, budget in budgets.items():
        assert "minAvailable" not in budget and 1 <= budget["maxUnavailable"] <= fewest[service], service


def test_selectors_choose_exactly_their_own_pods(resources):
    pods = pod_specs(resources)
    for each in of_kind(resources, "Service", "PodDisruptionBudget", "Deployment"):
        selector = each["spec"]["selector"]
        selector = {"matchLabels": selector} if each["kind"] == "Service" else selector
        chosen = {name for name, labels, _ in pods if selects(selector, labels)}
        if not chosen:
            # Pods of an operator's.
            assert each["metadata"]["name"] == "comitia-rabbitmq", name_of(each)
            continue
        of = each["metadata"]["name"].removesuffix("-headless")
        assert len(chosen) == 1 and all(name.endswith(of) for name in chosen), (name_of(each), chosen)


def test_services_lead_to_ports_that_are_there(resources):
    pods = pod_specs(resources)
    for service in of_kind(resources, "Service"):
        spec = next(spec for _, labels, spec in pods if selects({"matchLabels": service["spec"]["selector"]}, labels))
        ports = {port["name"] for container in spec["containers"] for port in container.get("ports", [])}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports, name_of(service)


@pytest.mark.parametrize("source", FRONT)
def test_every_service_is_scraped_where_monitoring_is_on(source):
    resources = resources_of(source)
    monitors = [each for each in of_kind(resources, "ServiceMonitor")]
    if not monitors:
        assert not of_kind(resources, "PrometheusRule", "ServiceMonitor")
        return
    for service in SERVICES:
        target = next(each for each in of_kind(resources, "Service") if each["metadata"]["name"].endswith(f"-{service}"))
        scraping = [each for each in monitors if selects(each["spec"]["selector"], target["metadata"]["labels"])]
        assert len(scraping) == 1, service
        port = scraping[0]["spec"]["endpoints"][0]["port"]
        assert port in [each["name"] for each in target["spec"]["ports"]]


@pytest.mark.parametrize("source", FRONT)
def test_voting_stays_when_nodes_are_short(source):
    resources = resources_of(source)
    values = {each["metadata"]["name"]: each["value"] for each in of_kind(resources, "PriorityClass")}
    if not values:
        return
    rank = {
        component_of(each): values[each["spec"]["template"]["spec"]["priorityClassName"]] for each in comitia_deployments(resources)
    }
    assert rank["voting"] > rank["gateway"] == rank["identity"] > rank["spaces"] == rank["proposals"] == rank["budgets"] == rank["portal"]


def references(resources: list) -> dict:
    """Every Secret that pods name, with the keys; None for a whole one."""
    found = {}
    for _, _, spec in pod_specs(resources):
        for container in spec["containers"]:
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference:
                    assert not reference.get("optional"), "a missing secret must stop a pod, not surprise it"
                    found.setdefault(reference["name"], set()).add(reference["key"])
        for volume in spec.get("volumes", []):
            if "secret" in volume:
                found.setdefault(volume["secret"]["secretName"], set())
    return found


def test_every_secret_comes_from_somewhere(resources):
    """From an ExternalSecret or Certificate of the release; or it is documented as one that must exist."""
    made = {each["spec"]["target"]["name"]: {item["secretKey"] for item in each["spec"]["data"]} for each in of_kind(resources, "ExternalSecret")}
    certificates = {each["spec"]["secretName"] for each in of_kind(resources, "Certificate")}
    documented = (CHART / "values.yaml").read_text() + (CHART.parents[1] / "k8s/README.md").read_text()
    for secret, keys in references(resources).items():
        if secret in made:
            assert keys <= made[secret], secret
        elif secret.endswith("-tls"):
            assert secret in certificates or "<fullname>-<service>-tls" in documented, secret
        else:
            assert secret in documented, f"{secret} is named nowhere but in the result"
            for key in keys:
                assert re.search(rf"{re.escape(key)}\b", documented), f"{secret}: {key}"


def test_external_secrets_make_what_pods_read_and_no_more():
    resources = rendered("helm4", "external")
    made = {each["metadata"]["name"]: {item["secretKey"] for item in each["spec"]["data"]} for each in of_kind(resources, "ExternalSecret")}
    read = {secret: keys for secret, keys in references(resources).items() if not secret.endswith("-tls")}
    assert made == read


def test_pods_have_only_the_secrets_of_their_own_service():
    for name, labels, spec in pod_specs(rendered("helm4", "minimal")):
        service = name.rsplit("-", 1)[1]
        allowed = {"comitia-migrations"} if service == "migrate" else {"comitia-common", f"comitia-{service}"}
        found = references([{"kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}])
        others = {secret: keys for secret, keys in found.items() if secret not in allowed}
        if service == "identity":
            # What the others sign in with.
            assert others == {f"comitia-{each}": {"service-key"} for each in SERVICES if each != "identity"}
        else:
            assert not others, name


def test_no_secret_is_made_or_written_out(resources):
    assert not of_kind(resources, "Secret")
    for container_name, container in containers(resources):
        for variable in container.get("env", []):
            if re.search(r"KEY|PASSWORD|URL$", variable["name"]):
                assert "valueFrom" in variable, f"{container_name}: {variable['name']}"


@pytest.mark.parametrize("case", CASES)
def test_hooks_come_in_order_and_for_installs_and_upgrades(case):
    weights = {}
    for resource in rendered("helm4", case):
        annotations = resource["metadata"].get("annotations", {})
        hook = annotations.get("helm.sh/hook")
        if hook and hook != "test":
            assert hook.removesuffix(",post-delete") == "pre-install,pre-upgrade", name_of(resource)
            weights.setdefault(resource["kind"], set()).add(int(annotations["helm.sh/hook-weight"]))
    if "Job" in weights:
        assert all(max(found) < min(weights["Job"]) for kind, found in weights.items() if kind != "Job")
        assert {"ServiceAccount"} <= weights.keys()


def test_one_migration_job_for_all_databases(resources):
    jobs = of_kind(resources, "Job")
    assert len(jobs) <= 1
    for job in jobs:
        assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
        assert job["spec"]["activeDeadlineSeconds"] > 0


def test_service_accounts_have_no_token(resources):
    accounts = {each["metadata"]["name"] for each in of_kind(resources, "ServiceAccount")}
    for account in of_kind(resources, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    for name, _, spec in pod_specs(resources):
        if "valkey" not in name:
            assert spec["serviceAccountName"] in accounts, name
    assert not of_kind(resources, "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


@pytest.mark.parametrize("source", FRONT)
def test_pods_are_spread_unless_there_is_one_node(source):
    if source in ("small", "k8s/overlays/dev"):
        return
    for deployment in comitia_deployments(resources_of(source)):
        spec = deployment["spec"]["template"]["spec"]
        assert spec["topologySpreadConstraints"], name_of(deployment)
        if not (source == "gitops" and component_of(deployment) == "gateway"):
            assert spec["affinity"]["podAntiAffinity"], name_of(deployment)


def test_the_national_platform_keeps_an_acknowledged_ballot_twice():
    resources = kustomized("k8s/overlays/national")
    cluster = of_kind(resources, "Cluster")[0]["spec"]
    assert cluster["instances"] >= 3
    assert cluster["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "required"}
    assert cluster["plugins"][0]["isWALArchiver"] is True
    assert cluster["affinity"]["podAntiAffinityType"] == "required"
    pooler = of_kind(resources, "Pooler")[0]["spec"]
    roles = sum(1 for service in SERVICES if service != "gateway")
    connections = pooler["instances"] * roles * int(pooler["pgbouncer"]["parameters"]["default_pool_size"])
    assert connections + 20 <= int(cluster["postgresql"]["parameters"]["max_connections"])
    rabbit = of_kind(resources, "RabbitmqCluster")[0]["spec"]
    assert rabbit["replicas"] == 3 and "default_queue_type = quorum" in rabbit["rabbitmq"]["additionalConfig"]
    restored = of_kind(kustomized("k8s/platform/postgresql-restore"), "Cluster")[0]["spec"]
    source = restored["externalClusters"][0]["plugin"]["parameters"]
    written = restored["plugins"][0]["parameters"]
    assert source["barmanObjectName"] == cluster["plugins"][0]["parameters"]["barmanObjectName"]
    assert written["serverName"] != source["serverName"], "the restored cluster must not write over the backups it came from"
