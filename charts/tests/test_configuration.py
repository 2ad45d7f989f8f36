"""The program itself reads what the chart and k8s/ write: configuration files and the names of variables."""
import os
import pathlib

import pytest
import yaml
from conftest import CASES, OVERLAYS, ROOT, SERVICES, of_kind, resources_of, run

FRONT = [*CASES, *OVERLAYS]
# Values of the right form for every variable that is a secret.
SECRETS = {
    "BUS__URL": "amqp://user:word@rabbitmq:5672/",
    "CACHE__URL": "redis://redis:6379/0",
    "DATABASE__URL": "postgres://user:word@postgresql/comitia",
    "DATA_KEY": "a" * 43 + "=",
    "PREVIOUS_SERVICE_KEY": "p" * 32,
    "PREVIOUS_DATA_KEYS": "b" * 43 + "=," + "c" * 43 + "=",
    "LOOKUP_KEY": "a" * 43 + "=",
    "RECEIPT_KEY": "a" * 43 + "=",
    "PREVIOUS_LOG_KEYS": "b" * 43 + "=," + "c" * 43 + "=",
    "LOG_KEY": "a" * 43 + "=",
    "OPERATOR_KEY": "o" * 32,
    "CLIENT_SECRET": "c" * 32,
    "SMTP_URL": "smtp://mail:25",
    "FILES__S3__ACCESS_KEY_ID": "key",
    "FILES__S3__SECRET_ACCESS_KEY": "s" * 40,
}


def program() -> pathlib.Path | None:
    """The newest built `comitia`; COMITIA_BIN chooses another."""
    if chosen := os.environ.get("COMITIA_BIN"):
        return pathlib.Path(chosen)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [path for path in (target / "release/comitia", target / "debug/comitia") if path.exists()]
    return max(built, key=lambda path: path.stat().st_mtime, default=None)


def environment(container: dict) -> dict:
    """The container's variables, with values for the secrets."""
    found = {}
    for variable in container["env"]:
        name = variable["name"]
        if "SERVICE_KEYS__" in name:
            # Each service has a key of its own.
            found[name] = name.rsplit("__", 1)[1] * 16
        elif "secretKeyRef" in variable.get("valueFrom", {}):
            found[name] = next(value for suffix, value in SECRETS.items() if name.endswith(suffix))
        else:
            found[name] = variable.get("value", "x")
    return found


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("source", FRONT)
def test_the_program_accepts_its_configuration(source, service, tmp_path):
    comitia = program()
    if comitia is None:
        pytest.skip("no built `comitia` (cargo build -p comitia, or COMITIA_BIN): configuration files were not read by it")
    resources = resources_of(source)
    deployment = next(
        each
        for each in of_kind(resources, "Deployment")
        if each["metadata"].get("labels", {}).get("app.kubernetes.io/component") == service
    )
    spec = deployment["spec"]["template"]["spec"]
    name = next(each["configMap"]["name"] for each in spec["volumes"] if each["name"] == "configuration")
    text = next(each["data"]["comitia.yaml"] for each in of_kind(resources, "ConfigMap") if each["metadata"]["name"] == name)
    assert yaml.safe_load(text).keys() == {"common", service}
    file = tmp_path / "comitia.yaml"
    file.write_text(text)
    result = run(comitia, "config", "--config", file, env=environment(spec["containers"][0]))
    assert result.returncode == 0, result.stderr


def test_a_wrong_key_would_be_seen(tmp_path):
    comitia = program()
    if comitia is None:
        pytest.skip("no built `comitia`")
    file = tmp_path / "comitia.yaml"
    file.write_text("common: {lifecycle: {drain_dely_ms: 1}}\n")
    result = run(comitia, "config", "--config", file, env={"COMITIA__COMMON__SERVICE_KEYS__VOTING": "k" * 32})
    assert result.returncode != 0 and "drain_dely_ms" in result.stderr
