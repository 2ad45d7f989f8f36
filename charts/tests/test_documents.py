"""The commands of the documents, from the documents' own text and in its order: those that can be run here are."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest
import yaml
from blocks import NEEDS, all_blocks, blocks, commands, documents, wrong
from conftest import ROOT, SERVICES, TESTS, kustomized, of_kind, run
from test_configuration import program
from test_policies import references


def test_every_block_says_what_it_is_and_what_it_needs():
    assert not [fault for block in all_blocks() if (fault := wrong(block))]


def test_a_block_that_does_not_is_refused(tmp_path):
    page = ROOT / "target/charts/page.md"
    marks = ["", "sh", "sh somehow", "text run", "sh rehearse instead", "python"]
    page.write_text("".join(f"```{mark}\nls\n```\n" for mark in marks))
    try:
        assert all(map(wrong, blocks(page))) and len(blocks(page)) == len(marks)
    finally:
        page.unlink()


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_commands(page):
    for block in blocks(page):
        if block.language == "sh":
            result = run("bash", "-n", input=block.text)
            assert result.returncode == 0, f"{block}: {result.stderr}"
        elif block.language in ("yaml", "json"):
            yaml.safe_load(block.text)


@pytest.mark.parametrize("need", ("cluster", "build"))
@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_not_run_is_named(page, need):
    lines = [str(block.line) for block in blocks(page) if block.language == "sh" and block.needs == need]
    if lines:
        pytest.skip(f"not run: {page.relative_to(ROOT)}, the commands at line {', '.join(lines)}: they need {NEEDS[need]}")


def test_releases_are_installed_by_a_command_that_can_be_repeated():
    """`helm install` refuses after a first attempt that failed."""
    assert not [str(block) for block in all_blocks() if re.search(r"\bhelm install\b", block.text)]
    texts = [page.read_text() for page in documents()] + [path.read_text() for path in (ROOT / "charts/comitia").glob("values*.yaml")]
    assert not [text for text in texts if re.search(r"`helm install\b|: helm install\b", text)]


def test_one_namespace_everywhere():
    """Blocks of one page go on in another; an overlay that named one would part from them."""
    naming = re.compile(r"(?:\bkubectl(?: \w+)? -n|\bhelm(?: \w+)? -n|--namespace|\bcreate namespace|^ns=)[ =]?(\S+)", re.M)
    named = {name for block in all_blocks() if block.language == "sh" for name in naming.findall(block.text)}
    others = {"monitoring", "kube-system", "cnpg-system", "ingress-nginx"}
    assert named - others == {"vote", "$ns"}
    overlays = [path for path in (ROOT / "k8s").rglob("kustomization.yaml") if "namespace" in yaml.safe_load(path.read_text())]
    assert not overlays


def folder(scratch: pathlib.Path, programs: dict) -> dict:
    """Makes a folder like the repository's for commands to run in, which they may write to; their environment."""
    (scratch / "bin").mkdir()
    for name in ("charts", "k8s"):
        (scratch / name).symlink_to(ROOT / name)
    for name, text in programs.items():
        file = scratch / "bin" / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
    return os.environ | {"PATH": f"{scratch}/bin:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}


def shell(texts: list, scratch: pathlib.Path, environment: dict) -> str:
    """Runs blocks one after the other in one shell; what they print."""
    script = "set -euo pipefail\n" + "".join(f"echo '== {block}'\n{text}" for block, text in texts)
    result = run("bash", "-s", input=script, cwd=scratch, env=environment, timeout=300)
    assert result.returncode == 0, f"{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    return result.stdout


def rehearsal(page: str) -> dict:
    """The blocks to be rehearsed of a document, by the number of their section where it has one."""
    text, found = (ROOT / page).read_text().splitlines(), {}
    for block in blocks(ROOT / page):
        if block.language == "sh" and block.needs == "rehearse":
            section = next(line for line in reversed(text[: block.line]) if line.startswith("#"))
            number = re.match(r"#+ (\d+)", section)
            found[number[1] if number else section] = block
    return found


def rehearse(texts: list, scratch: pathlib.Path) -> dict:
    stand_in = f"exec {sys.executable} {TESTS}/rehearsal.py"
    environment = folder(scratch, {
        "kubectl-client": f'exec {shutil.which("kubectl")} "$@"', "helm-client": f'exec {shutil.which("helm4")} "$@"',
        "kubectl": f'{stand_in} kubectl "$@"', "helm": f'{stand_in} helm "$@"',
    })
    shell(texts, scratch, environment | {"REHEARSAL": str(scratch / "cluster.json")})
    return json.loads((scratch / "cluster.json").read_text())


def missing(state: dict) -> list:
    """What pods name and nobody made."""
    resources = list(state["resources"].values())
    made = {secret: set(data) for secret, data in state["secrets"].items()}
    made |= {each["spec"]["secretName"]: {"tls.crt", "tls.key", "ca.crt"} for each in of_kind(resources, "Certificate")}
    ours = [each for each in resources if each["metadata"].get("labels", {}).get("app.kubernetes.io/part-of") == "comitia"]
    assert of_kind(ours, "Deployment")
    named = [(secret, key) for secret, keys in references(ours).items() for key in keys or {None}]
    return [(secret, key) for secret, key in named if secret not in made or (key and key not in made[secret])]


def refused_configurations(state: dict, scratch: pathlib.Path) -> list:
    """Which services the program would not start with the configuration and the Secrets that were made."""
    faults = []
    resources = list(state["resources"].values())
    for deployment in of_kind(resources, "Deployment"):
        service = deployment["metadata"]["labels"].get("app.kubernetes.io/component")
        if service not in SERVICES:
            continue
        spec = deployment["spec"]["template"]["spec"]
        environment = {}
        for variable in spec["containers"][0]["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            value = variable.get("value", "x")
            if reference:
                value = base64.b64decode(state["secrets"][reference["name"]][reference["key"]]).decode()
            environment[variable["name"]] = value
        name = next(each["configMap"]["name"] for each in spec["volumes"] if each["name"] == "configuration")
        file = scratch / f"{service}.yaml"
        file.write_text(state["resources"][f"ConfigMap/{name}"]["data"]["comitia.yaml"])
        result = run(program(), "config", "--config", file, env=environment)
        faults += [result.stderr] if result.returncode else []
    return faults


OVERLAYS = sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("k8s/overlays/*/kustomization.yaml"))
WAYS = ["the chart with k8s/platform", "the chart with the servers of dev", "the chart with servers of one's own", *OVERLAYS]


def way(name: str) -> list:
    """The blocks of a way to install, in order: (block, text)."""
    first, then = rehearsal("k8s/README.md"), rehearsal("docs/operations/install.md")
    numbers = ["1", "3" if "own" in name else "2", "4", *(["5"] if name in OVERLAYS else [])]
    texts = [(first[number], first[number].text) for number in numbers]
    servers = name if name in OVERLAYS else "k8s/overlays/dev" if name.endswith("dev") else None
    if servers:
        changed = [(block, re.sub(r"^(servers|overlay)=\S+", rf"\1={servers}", text, flags=re.M)) for block, text in texts]
        assert changed[1] != texts[1]
        texts = changed
    if name in OVERLAYS:
        return texts
    chart = rehearsal("charts/comitia/README.head.md") if "own" in name else then
    return texts + [(block, block.text) for block in chart.values()]


@pytest.mark.parametrize("name", WAYS)
def test_the_commands_of_an_installation_fit_together(name, tmp_path):
    """k8s/README.md and install.md, pasted: each Secret that pods name is made, each thing that is waited for is there."""
    texts = [(block, text) for block, text in way(name) if "uninstall" not in text]
    state = rehearse(texts, tmp_path)
    assert state["namespaces"] == ["vote"]
    assert not missing(state)
    if program() is None:
        pytest.skip("no built `comitia`: the Secrets' values were not read by it")
    assert not refused_configurations(state, tmp_path)


def test_uninstalling_is_part_of_it(tmp_path):
    state = rehearse(way("the chart with k8s/platform"), tmp_path)
    assert state["uninstalled"] and not [name for name in state["resources"] if name.startswith("Deployment/comitia-gateway")]


def test_a_rehearsal_notices_what_is_forgotten(tmp_path):
    """Each Secret's block matters, and so does each thing that is waited for."""
    whole = way("the chart with k8s/platform")
    for line in (r"kubectl create namespace.*", r"kubectl -n \$ns apply -k.*", r"valkey=.*"):
        broken = [(block, re.sub(rf"^{line}$", "true", text, flags=re.M)) for block, text in whole]
        assert broken != whole
        with pytest.raises(AssertionError):
            (scratch := tmp_path / str(abs(hash(line)))).mkdir()
            rehearse(broken, scratch)
    (scratch := tmp_path / "secret").mkdir()
    line = re.compile(r"^kubectl -n \$ns create secret generic comitia-gateway.*$", re.M)
    state = rehearse([(block, line.sub("true", text)) for block, text in whole if "uninstall" not in text], scratch)
    assert ("comitia-gateway", "service-key") in missing(state)


CRDS = {"postgresql.cnpg.io", "rabbitmq.com", "barmancloud.cnpg.io", "monitoring.coreos.com", "cert-manager.io"}


@pytest.mark.parametrize("source", ("k8s/overlays/dev", "k8s/platform", "k8s/overlays/staging", "k8s/overlays/national"))
def test_the_table_of_operators_is_true(source):
    """k8s/README.md: which operators an overlay needs."""
    used = {each["apiVersion"].split("/")[0] for each in kustomized(source)} & CRDS
    table = re.search(r"^\| for \|.*\n\|[-|]+\n((?:\|.*\n)+)", (ROOT / "k8s/README.md").read_text(), re.M)[1]
    row = next(line for line in table.splitlines() if f"`{source.removeprefix('k8s/')}`" in line)
    said = [cell.strip() for cell in row.strip("|").split("|")][1:]
    groups = ({"postgresql.cnpg.io", "rabbitmq.com"}, {"barmancloud.cnpg.io"}, {"monitoring.coreos.com"}, {"cert-manager.io"})
    for answer, group in zip(said, groups):
        assert (answer == "yes") == (group <= used), (source, group)
        assert answer == "yes" or not group & used, (source, group)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """`comitia dev` in a folder of its own: the folder, the environment of commands, the program's ports."""
    if program() is None:
        pytest.skip("no built `comitia` (cargo build -p comitia, or COMITIA_BIN): the documents' calls were not made")
    scratch = tmp_path_factory.mktemp("documents")
    scratch.chmod(0o755)
    environment = folder(scratch, {"comitia": f'exec {program()} "$@"'})
    # PostgreSQL does not run as root; the program sees to it, where it may read the folder.
    server = subprocess.Popen(
        [str(program()), "dev", "--port", "0", "--admin-port", "0"], cwd=scratch, env=environment, stdout=subprocess.PIPE,
        stderr=(scratch / "log").open("w"), text=True,
    )
    try:
        line = server.stdout.readline()
        assert line, (scratch / "log").read_text()[-3000:]
        yield scratch, environment | {"DOOR": re.search(r"127\.0\.0\.1:\d+", line)[0], "PSQL": psql(scratch)}
    finally:
        server.terminate()
        server.wait(60)


def psql(scratch: pathlib.Path) -> str:
    """The command that asks the private PostgreSQL as its superuser."""
    data = scratch / ".data/dev/postgres"
    port = re.findall(r'listening on IPv4 address "127.0.0.1", port (\d+)', (data / "postgres.log").read_text())[-1]
    password = (data / "postgres.password").read_text().strip()
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"), key=lambda path: int(path.parts[4]))
    return f"{programs[-1] if programs else 'psql'} -X -q -v ON_ERROR_STOP=1 postgres://comitia:{password}@127.0.0.1:{port}/comitia"


# What stands for the ways in: the gateway's host names, and the one Secret that commands look into.
AROUND = """
curl() { command curl --connect-to "::$DOOR" "${@/#https:/http:}"; }
kubectl() {
  case "$*" in
    "-n vote get secret comitia-identity -o jsonpath={.data.operator-key}") jq -j .operator_key .data/dev/secrets.json | base64 -w0 ;;
    *) echo "kubectl $*: needs a cluster" >&2; return 1 ;;
  esac
}
"""


def of(page: str) -> list:
    """The blocks of a document that an installation is enough for."""
    return [(block, block.text) for block in blocks(ROOT / page) if block.language == "sh" and block.needs == "program"]


def called(installation, texts: list) -> str:
    scratch, environment = installation
    output = shell([("what stands around", AROUND), *texts], scratch, environment)
    assert not re.search(r"^null$", output, re.M), f"an answer has not what was looked for:\n{output}"
    return output


TOOLS = [tool for tool in ("curl", "jq") if not shutil.which(tool)]
needs_tools = pytest.mark.skipif(bool(TOOLS), reason=f"not installed: {', '.join(TOOLS)}; the documents' calls were not made")
# README.md's variables under the names that the pages of operations have them by.
NAMES = "host=127.0.0.1 budget=$BUDGET poll=$POLL token=$TOKEN ns=vote\n"


@needs_tools
def test_from_sign_in_to_result(installation):
    output = called(installation, of("README.md"))
    assert "POLL_STATE_SEALED" in output and re.search(r"^P1 true", output, re.M)
    assert output.count("TRACKED_STATE_COUNTED 1\n") == 2


@needs_tools
def test_the_first_organization_and_its_officer(installation):
    output = called(installation, of("docs/operations/install.md"))
    assert '"City of Example"' in output and '"ROLE_ADMINISTRATOR"' in output
    letters = installation[0] / ".data/dev/mail"
    deadline = time.monotonic() + 30
    while not any(letters.iterdir()):
        assert time.monotonic() < deadline, "no e-mail was sent"


@needs_tools
def test_a_vote_is_opened_closed_and_recounted(installation):
    *before, recount = of("docs/operations/open-and-close-a-vote.md")
    # Public answers may be two seconds old.
    noted = """
        until seal=$(curl -sS https://$host/v1/polls/$poll | jq -r .poll.sealDigest) && [ -n "$seal" ]; do sleep 0.1; done
        until curl -sSf https://$host/v1/budgets/$budget/result >/dev/null 2>&1; do sleep 0.1; done
    """
    texts = [
        *of("README.md")[:-1], ("names", f"TOKEN=$ADMINISTRATOR; {NAMES}"), *before, ("what both have noted", noted), recount,
        *of("docs/operations/backup-restore.md"),
    ]
    output = called(installation, texts)
    assert "POLL_STATE_OPEN" in output and "POLL_STATE_SEALED" in output
    funded, published, _ = output.split(f"== {recount[0]}\n")[1].splitlines()[:3]
    assert funded == published == "P1"
    assert '"traceSha256"' in output


@needs_tools
def test_keys_are_rotated_by_their_page(installation):
    functions = [(block, block.text) for block in blocks(ROOT / "docs/runbooks/README.md")]
    texts = [*functions, ("names", "host=localhost\n"), *of("docs/operations/rotate-keys.md")]
    assert len(texts) > 2
    output = called(installation, texts)
    assert len(re.findall(r"^\S{8,}$", output, re.M)) >= 2, "the new key and the earlier one"


def questions_to_the_database(page: pathlib.Path) -> list:
    """The statements of `sql "..."` and `restored "..."`, as the shell would give them, with something for the variables."""
    given = {"service": "voting", "next": "comitia_voting_b", "password": "x" * 20, "poll": "0192f0c1-0000-7000-8000-000000000001"}
    found = []
    for block in blocks(page):
        for statement in re.findall(r'\b(?:sql|restored) "([^"]+)"', block.text):
            statement = re.sub(r"\$\{?(\w+)\}?", lambda name: given.get(name[1], "comitia_voting"), statement)
            # One segment of the log instead of all; the pid of nobody.
            found.append(statement.replace("generate_series(1, 380)", "generate_series(1, 1)").replace("(PID)", "(0)"))
    return found


ASKING = [page for page in documents() if questions_to_the_database(page) and page.name != "README.md"]


@pytest.mark.parametrize("page", ASKING, ids=lambda page: page.stem)
def test_statements_of_documents_fit_the_database(page, installation):
    """All of a page in one transaction, which is taken back."""
    command = installation[1]["PSQL"].split(" ")
    statements = questions_to_the_database(page)
    extension = any("pg_stat_statements" in statement for statement in statements)
    statements = [statement for statement in statements if "pg_stat_statements" not in statement]
    result = run(*command, *(part for statement in ["BEGIN", *statements, "ROLLBACK"] for part in ("-c", statement)))
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr.replace("WARNING:  PID 0 is not a PostgreSQL backend process", ""), result.stderr
    if extension:
        pytest.skip("not run: the private PostgreSQL has no pg_stat_statements")
