#!/usr/bin/env python3
"""helm and kubectl for a rehearsal without a cluster: what a client can do is done by the real programs, and what the cluster
would have then is kept in the file of the variable REHEARSAL.

    rehearsal.py helm|kubectl ARGUMENT...
"""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys

import yaml

STATE = pathlib.Path(os.environ["REHEARSAL"])
# What operators make once their resources are there.
BY_OPERATORS = {
    "Cluster/comitia-postgresql": {
        "comitia-postgresql-app": {"uri": "postgresql://comitia_owner:pw@comitia-postgresql-rw.vote:5432/comitia"}},
    "RabbitmqCluster/comitia-rabbitmq": {
        "comitia-rabbitmq-default-user": {"connection_string": "amqp://user:pw@comitia-rabbitmq.vote.svc:5672/"}},
}


def fail(text: str):
    raise SystemExit(f"rehearsal: {text}")


def load() -> dict:
    if STATE.exists():
        return json.loads(STATE.read_text())
    return {"namespaces": [], "secrets": {}, "resources": {}, "releases": {}}


def save(state: dict) -> None:
    STATE.write_text(json.dumps(state))


def real(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    sys.stderr.write(result.stderr)
    if result.returncode:
        raise SystemExit(result.returncode)
    return result.stdout


def take(arguments: list, *names: str) -> str | None:
    """Takes an option with its value out of the arguments."""
    for index, argument in enumerate(arguments):
        for name in names:
            if argument == name:
                value = arguments[index + 1]
                del arguments[index : index + 2]
                return value
            if argument.startswith(f"{name}="):
                del arguments[index]
                return argument.removeprefix(f"{name}=")
    return None


def there(state: dict, namespace: str | None) -> None:
    if namespace is None:
        fail("no namespace is named")
    if namespace not in state["namespaces"]:
        fail(f"the namespace {namespace} was not made")


def keep(state: dict, namespace: str, text: str) -> list:
    """Keeps resources as the namespace's; their names."""
    names = []
    for each in filter(None, yaml.safe_load_all(text)):
        own = each["metadata"].get("namespace", namespace)
        if own != namespace:
            fail(f"{each['kind']} {each['metadata']['name']} is for the namespace {own}")
        name = f"{each['kind']}/{each['metadata']['name']}"
        state["resources"][name] = each
        for secret, data in BY_OPERATORS.get(name, {}).items():
            state["secrets"][secret] = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        names.append(name)
    return names


def selected(text: str, selector: str | None) -> str:
    wanted = dict(pair.split("=") for pair in selector.split(",")) if selector else {}
    chosen = [
        each
        for each in yaml.safe_load_all(text)
        if each and wanted.items() <= each["metadata"].get("labels", {}).items()
    ]
    return yaml.safe_dump_all(chosen)


def create(state: dict, namespace: str | None, arguments: list) -> None:
    if arguments[0] == "namespace":
        state["namespaces"].append(arguments[1])
        return
    there(state, namespace)
    made = yaml.safe_load(real("kubectl-client", "create", *arguments, "--dry-run=client", "--output=yaml"))
    if made["metadata"]["name"] in state["secrets"]:
        fail(f"the Secret {made['metadata']['name']} is there already")
    state["secrets"][made["metadata"]["name"]] = made["data"]


def get(state: dict, namespace: str | None, arguments: list) -> None:
    output = take(arguments, "-o", "--output")
    if arguments[0] == "crd":
        print("\n".join(arguments[1:]))
        return
    there(state, namespace)
    path = re.fullmatch(r"jsonpath=\{\.data\.([\w-]+)\}", output or "")
    if arguments[0] != "secret" or not path:
        fail(f"get {' '.join(arguments)} is no part of it")
    try:
        print(state["secrets"][arguments[1]][path[1]], end="")
    except KeyError:
        fail(f"there is no Secret {arguments[1]} with the key {path[1]}")


def wait(state: dict, arguments: list) -> None:
    kind, name = arguments[0].split("/")
    if not any(key.lower() == f"{kind}/{name}" for key in state["resources"]):
        fail(f"{arguments[0]} would be waited for without end: it was not made")


def kubectl(state: dict, arguments: list) -> None:
    namespace = take(arguments, "-n", "--namespace")
    verb, rest = arguments[0], arguments[1:]
    if verb == "create":
        create(state, namespace, rest)
    elif verb == "get":
        get(state, namespace, rest)
    else:
        there(state, namespace)
        selector = take(rest, "-l", "--selector")
        if verb == "apply":
            print("\n".join(keep(state, namespace, selected(real("kubectl-client", "kustomize", take(rest, "-k")), selector))))
        elif verb == "wait":
            wait(state, rest)
        elif verb == "rollout":
            if not any(name.startswith("Deployment/comitia-") for name in state["resources"]):
                fail("no Deployment would be rolled out")
        else:
            fail(f"kubectl {verb} is no part of it")


def helm(state: dict, arguments: list) -> None:
    if arguments[0] in ("lint", "template"):
        print(real("helm-client", *arguments))
        return
    namespace = take(arguments, "-n", "--namespace")
    there(state, namespace)
    take(arguments, "--timeout")
    arguments = [argument for argument in arguments if argument not in ("--wait", "--install")]
    verb, name = arguments[:2]
    if verb == "upgrade":
        state["releases"][name] = keep(state, namespace, real("helm-client", "template", *arguments[1:], "--namespace", namespace))
    elif name not in state["releases"]:
        fail(f"there is no release {name}")
    elif verb == "uninstall":
        for resource in state["releases"].pop(name):
            state["resources"].pop(resource, None)
        state["uninstalled"] = True
    elif verb != "test":
        fail(f"helm {verb} is no part of it")


def main() -> None:
    state = load()
    {"helm": helm, "kubectl": kubectl}[sys.argv[1]](state, sys.argv[2:])
    save(state)


if __name__ == "__main__":
    main()
