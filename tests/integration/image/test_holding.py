"""What the image holds, shows and hands out, and what it does not hold."""

from __future__ import annotations

import json
from pathlib import Path

from tests.image_engine import ROOT, Engine

#: what the image may take, bytes
LARGEST = 0.9e9
#: prints the packages that are installed, Python's and the distribution's
_LIST = """
import json, re, subprocess
from importlib import metadata
ours = {re.sub("[-_.]+", "-", one.metadata["Name"]).lower() + "==" + one.version for one in metadata.distributions()}
listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package}==${Version}\\n"], capture_output=True, text=True).stdout
print(json.dumps([sorted(ours), sorted(listed.split())]))
"""
#: prints what should not be in the image and is
_FIND = """
import importlib.util, json, shutil
def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
modules = ("monai.networks", "pip", "setuptools", "cupy", "sympy", "pytest", "torch.test", "holoscan_cli", "grpc")
ours = ("cmrmap.training", "cmrmap.phantom", "cmrmap.evaluation", "cmrmap.cli.main", "tests")
programs = ("gcc", "curl", "wget", "pip", "git", "apt", "apt-get", "perl", "login", "su", "mount")
print(json.dumps([n for n in (*modules, *ours) if found(n)] + [p for p in programs if shutil.which(p)]))
"""


def test_show_prints_the_manifests(engine: Engine) -> None:
    done = engine.run("show")
    assert done.code == 0
    assert '"command": "[\\"python3\\", \\"/opt/holoscan/app\\"]"' in done.stdout
    assert '"modelRoot": "/opt/holoscan/models"' in done.stdout


def test_extract_copies_everything_or_one_part(engine: Engine, tmp_path: Path) -> None:
    for part, names in (("", {"app", "config", "models", "docs"}), ("config", {"app.json", "pkg.json", "app.yaml"})):
        folder = tmp_path / f"export{part}"
        folder.mkdir()
        folder.chmod(0o777)
        mount = f"{folder}:/var/run/holoscan/export/{part}".rstrip("/")
        done = engine.run("extract", options=("-v", mount))
        assert done.code == 0, done.stderr
        assert {path.name for path in folder.iterdir()} == (
            {"config"} if part and (folder / "config").is_dir() else names
        )
    assert (tmp_path / "export/app/app/app.py").read_bytes() == (ROOT / "app" / "app.py").read_bytes()
    assert (tmp_path / "export/docs/README.md").is_file()


def test_extract_into_a_folder_that_cannot_be_written(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir(mode=0o755)
    done = engine.run("extract", options=("-v", f"{folder}:/var/run/holoscan/export"))
    assert done.code == 1
    assert "Permission error" in done.stderr


def test_what_platforms_read_off_the_image(engine: Engine) -> None:
    image = engine.inspect()
    config = image["Config"]
    assert config["User"] == "1000:1000"
    assert config["Entrypoint"] == ["/var/holoscan/tools"]
    assert config["WorkingDir"] == "/var/holoscan"
    assert config["Labels"]["org.opencontainers.image.title"] == "CMRmap"
    assert config["Labels"]["org.opencontainers.image.version"] == engine.image.split(":")[1]
    environment = dict(line.split("=", 1) for line in config["Env"])
    assert environment["HOLOSCAN_INPUT_PATH"] == "/var/holoscan/input"
    assert not [name for name in environment if name.startswith("PIP_")]
    kaapana = json.loads(engine.read("/processing-container.json"))
    assert kaapana["templates"][0]["identifier"] == "maps"


def test_it_is_lean(engine: Engine) -> None:
    assert engine.inspect()["Size"] <= LARGEST
    done = engine.run("-c", _FIND, options=("--entrypoint", "python3", "-w", "/opt/holoscan/app"))
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_the_bill_of_materials_lists_what_is_there_and_nothing_else(engine: Engine) -> None:
    labels = engine.inspect()["Config"]["Labels"]
    bill = json.loads(engine.read(labels["sbom"]))
    done = engine.run("-c", _LIST, options=("--entrypoint", "python3"))
    assert done.code == 0, done.stderr
    python, debian = json.loads(done.stdout)
    told = [(one["purl"], f"{one['name']}=={one['version']}") for one in bill["components"] if "purl" in one]
    assert sorted(name for purl, name in told if purl.startswith("pkg:deb/")) == debian
    # the distribution's Python brings packages of its own, which are in its list
    listed = {name for purl, name in told if purl.startswith("pkg:pypi/")}
    assert listed <= set(python)
    assert len(debian) > 20
    wheels = [one for one in bill["components"] if one.get("purl", "").startswith("pkg:pypi/")]
    assert [one["name"] for one in wheels if not one.get("hashes")] == []
    rows = engine.read(labels["licences"]).splitlines()
    assert len(rows) == len(bill["components"]) + 2  # a heading, and the application
