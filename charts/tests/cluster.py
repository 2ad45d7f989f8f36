"""As much of Kubernetes' API as Helm asks before it installs: which kinds there are, and the Deployments that run."""
import contextlib
import http.server
import json
import re
import threading


def plural(kind: str) -> str:
    """The name of a kind in URLs."""
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}es" if name.endswith("s") else f"{name}s"


def discovery(resources: list) -> dict:
    """The answers, by path, to what Helm asks about the kinds of `resources`."""
    kinds = {}
    for each in resources:
        kinds.setdefault(each["apiVersion"], set()).add(each["kind"])
    versions = {version: version.rsplit("/", 1) for version in kinds if "/" in version}
    groups = [
        {"name": group, "versions": [(it := {"groupVersion": full, "version": version})], "preferredVersion": it}
        for full, (group, version) in versions.items()
    ]
    answers = {
        "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
    }
    for version, its in kinds.items():
        listed = [
            {"name": plural(kind), "kind": kind, "namespaced": kind != "PriorityClass", "verbs": ["get"]} for kind in sorted(its)
        ]
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        answers[path] = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed}
    return answers


# Without it Helm takes no resource for one of the release.
OURS = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "c", "meta.helm.sh/release-namespace": "vote"},
}
NOT_FOUND = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "metadata": {}}


@contextlib.contextmanager
def kubernetes(resources: list, replicas: dict):
    """Its address, while it serves: it has the kinds of `resources`, and Deployments with these numbers of pods."""
    answers = discovery(resources)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.split("?")[0]
            answer = answers.get(path)
            named = re.fullmatch(r"/apis/apps/v1/namespaces/[^/]+/deployments/([^/]+)", path)
            if named and named[1] in replicas:
                answer = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": named[1], **OURS},
                          "spec": {"replicas": replicas[named[1]]}}
            text = json.dumps(answer or NOT_FOUND).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
