"""The rendered context holds what hosts read, and the checks find what would be wrong with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmrmap.core.version import VERSION
from mapbuild.checks import faults
from mapbuild.context import Variant, write_context
from mapbuild.dockerfile import read_sdk_dockerfile
from mapbuild.errors import PackagingError

ROOT = Path(__file__).resolve().parents[3]


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_rendered_context_is_without_fault(rendered: Path) -> None:
    assert faults(rendered) == []


def test_application_manifest(rendered: Path) -> None:
    app = _json(rendered / "map/app.json")
    configured = yaml.safe_load((ROOT / "app.yaml").read_text(encoding="utf-8"))["application"]
    assert json.loads(app["command"]) == ["python3", "/opt/holoscan/app"]
    assert app["type"] == "application"
    assert app["version"] == VERSION == configured["version"]
    assert app["timeout"] == configured["timeout"]
    assert app["input"]["formats"] == configured["input-formats"]
    assert app["output"]["formats"] == configured["output-formats"]
    assert app["output"]["format"] == configured["output-formats"][0]
    environment = app["environment"]
    assert environment["HOLOSCAN_INPUT_PATH"] == "/var/holoscan/input"
    assert environment["HOLOSCAN_OUTPUT_PATH"] == "/var/holoscan/output"
    assert environment["HOLOSCAN_DOCS"] == environment["HOLOSCAN_DOCS_PATH"]


def test_package_manifest(rendered: Path) -> None:
    package = _json(rendered / "map/pkg.json")
    configured = yaml.safe_load((ROOT / "app.yaml").read_text(encoding="utf-8"))["resources"]
    assert {key: package["resources"][key] for key in configured} == configured
    assert package["platformConfig"] == "cpu"
    (model,) = package["models"]
    assert model["path"] == f"/opt/holoscan/models/{model['name']}"
    assert (rendered / "models" / model["name"] / "weights.safetensors").is_file()


def test_the_container_says_in_kaapanas_words_what_the_manifests_say(rendered: Path) -> None:
    (template,) = _json(rendered / "processing-container.json")["templates"]
    environment = _json(rendered / "map/app.json")["environment"]
    assert template["inputs"][0]["mounted_path"] == environment["HOLOSCAN_INPUT_PATH"]
    assert template["outputs"][0]["mounted_path"] == environment["HOLOSCAN_OUTPUT_PATH"]
    assert template["resources"]["limits"]["memory"] == _json(rendered / "map/pkg.json")["resources"]["memory"]


def test_dockerfile_keeps_what_the_sdk_says_of_the_image(rendered: Path) -> None:
    text = (rendered / "Dockerfile").read_text(encoding="utf-8")
    labels, environment = read_sdk_dockerfile(text)
    assert labels["org.opencontainers.image.title"] == "CMRmap"
    assert labels["org.opencontainers.image.version"] == VERSION
    assert len(labels["org.opencontainers.image.revision"].removesuffix("-modified")) == 40
    assert labels["org.monai.deploy.app-sdk"] == "4.0.0"
    assert environment["HOLOSCAN_TIMEOUT"] == "1800"
    assert environment["HOLOSCAN_MODEL_PATH"] == "/opt/holoscan/models"
    assert "NVIDIA_VISIBLE_DEVICES" not in text
    assert labels["sbom"] == "/opt/holoscan/docs/sbom.cdx.json"
    assert labels["licences"] == "/opt/holoscan/docs/licences.csv"


def test_every_package_is_installed_by_its_hashes(rendered: Path) -> None:
    lines = (rendered / "pip/packages.txt").read_text().splitlines()
    assert [line for line in lines if "==" not in line or " --hash=sha256:" not in line] == []
    assert [line for line in lines if line.startswith("torch==2.13.0+cpu --hash=")]
    assert (rendered / "docs/packages.txt").read_text().splitlines() == lines
    text = (rendered / "Dockerfile").read_text(encoding="utf-8")
    installs = [line for line in text.replace("\\\n", " ").splitlines() if "pip install" in line]
    assert [line for line in installs if "--require-hashes" not in line or "--only-binary :all:" not in line] == []


def test_what_the_application_imports_is_compiled_in_the_build(rendered: Path) -> None:
    named = (rendered / "pip/imports.txt").read_text().splitlines()
    assert {"torch", "scipy.ndimage", "skimage.measure", "highdicom.seg", "yaml"} <= set(named)
    assert [one for one in named if one.partition(".")[0] in ("app", "cmrmap", "operators", "json", "os")] == []


def test_what_compiles_the_fit_is_in_the_build_only(rendered: Path) -> None:
    build = (rendered / "pip/build.txt").read_text().splitlines()
    assert sorted(line.partition("==")[0] for line in build) == ["llvmlite", "numba"]
    assert all(" --hash=sha256:" in line for line in build)
    kept = (rendered / "pip/packages.txt").read_text()
    assert "numba==" not in kept
    assert "llvmlite==" not in kept
    bill = _json(rendered / "docs/sbom.cdx.json")
    assert not {"numba", "llvmlite"} & {one["name"] for one in bill["components"]}
    named = {line.partition(".")[0] for line in (rendered / "pip/imports.txt").read_text().splitlines()}
    assert not {"numba", "llvmlite"} & named
    assert (rendered / "app/cmrmap/relaxometry/_numba_ahead.py").is_file()
    text = (rendered / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    assert "cmrmap.relaxometry._numba_ahead /fit" in text
    assert "COPY --from=packages /fit /opt/holoscan/app/cmrmap/relaxometry/ahead" in text


def test_what_the_build_alone_has_is_imported_by_the_compiler_of_the_fit_alone(
    spoiled: Callable[[str, str, str], Path],
) -> None:
    context = spoiled("app/cmrmap/relaxometry/fit.py", "import numpy as np", "import numba\nimport numpy as np")
    (fault,) = faults(context)
    assert fault == "app: cmrmap/relaxometry/fit.py imports numba, but packaging/left-out.yaml leaves out numba"


def test_the_same_commit_gives_the_same_context(rendered: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    write_context(ROOT, again, Variant())
    first = {path.relative_to(rendered): path for path in rendered.rglob("*") if path.is_file()}
    second = {path.relative_to(again): path for path in again.rglob("*") if path.is_file()}
    assert first.keys() == second.keys()
    for name, path in first.items():
        assert path.read_bytes() == second[name].read_bytes(), name
        assert path.stat().st_mtime == second[name].stat().st_mtime, name


def test_a_new_context_replaces_the_old_one_and_keeps_its_wheels(tmp_path: Path) -> None:
    target = tmp_path / "context"
    (target / "wheelhouse").mkdir(parents=True)
    (target / "wheelhouse" / "one-1.0-py3-none-any.whl").write_bytes(b"wheel")
    (target / "stale").touch()
    write_context(ROOT, target, Variant())
    assert (target / "wheelhouse" / "one-1.0-py3-none-any.whl").read_bytes() == b"wheel"
    assert not (target / "stale").exists()
    ignored = (target / ".dockerignore").read_text(encoding="utf-8")
    assert "wheelhouse" not in ignored


def test_the_gpu_variant(tmp_path: Path) -> None:
    target = tmp_path / "context"
    write_context(ROOT, target, Variant(cuda=True))
    assert faults(target) == []
    text = (target / "Dockerfile").read_text(encoding="utf-8")
    assert 'ENV NVIDIA_VISIBLE_DEVICES="all"' in text
    packages = (target / "pip/packages.txt").read_text()
    assert "\ntorch==2.13.0 --hash=sha256:" in packages
    assert "\nnvidia-cudnn-cu13==" in packages
    resources = _json(target / "map/pkg.json")["resources"]
    assert (resources["gpu"], resources["gpuMemory"]) == (1, "2Gi")
    assert _json(target / "map/pkg.json")["platformConfig"] == "dgpu"
    assert _json(target / "map/app.json")["environment"]["NVIDIA_VISIBLE_DEVICES"] == "all"


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("map/app.json", '"timeout": 1800', '"timeout": "long"', "app.json: $.timeout"),
        ("map/app.json", '"type": "application"', '"type": "robot"', "app.json: $.type"),
        ("map/app.json", '"HOLOSCAN_INPUT_PATH": "/', '"HOLOSCAN_INPUT_PATH": "', "app.json: $.environment"),
        ("map/app.json", f'"version": "{VERSION}"', '"version": "9.9.9"', "app.json: version 9.9.9, but app.yaml has"),
        ("map/app.json", "/opt/holoscan/app\\", "/opt/other\\", "does not start the folder that is packaged"),
        ("map/pkg.json", '"4Gi"', '"4 GB"', "pkg.json: $.resources.memory"),
        ("map/pkg.json", "models/stack-unet", "models/other", "has no model.json in the context"),
        ("processing-container.json", '"outputs"', '"results"', "processing-container.json: $.templates[0]"),
        (
            "app/app/app.py",
            "from cmrmap.pipeline.stages",
            "import cupy\nfrom cmrmap.pipeline.stages",
            "leaves out cupy-cuda13x",
        ),
        (
            "app/app/app.py",
            "from cmrmap.pipeline.stages",
            "import app.new\nfrom cmrmap.pipeline.stages",
            "imports app.new, which git does not track",
        ),
        ("Dockerfile", "USER 1000:1000", "USER cmrmap", "user cmrmap, expected numbers"),
        ("Dockerfile", "USER 1000:1000", "USER 0:0", "user 0:0, expected numbers"),
        ("Dockerfile", "\nWORKDIR", "\nRUN curl -O x\nWORKDIR", "the final stage fetches something: RUN curl"),
        ("Dockerfile", 'ENTRYPOINT ["/var/holoscan/tools"]', "CMD x", "no ENTRYPOINT"),
        ("tools", "launch() {", "launch() { if", "tools: "),
    ],
)
def test_what_the_checks_find(
    spoiled: Callable[[str, str, str], Path], name: str, old: str, new: str, fault: str
) -> None:
    found = faults(spoiled(name, old, new))
    assert [line for line in found if fault in line], found


def test_files_that_are_not_for_the_image(rendered: Path, tmp_path: Path) -> None:
    context = tmp_path / "context"
    shutil.copytree(rendered, context)
    (context / "app" / "cmrmap" / "training").mkdir()
    (context / "docs" / "scan.dcm").touch()
    (context / "tools").chmod(0o744)
    assert faults(context) == [
        "app: cmrmap/training is not for the runtime",
        "docs/scan.dcm: images do not belong into the image",
        "tools: not executable by everybody",
    ]


def test_a_dockerfile_that_is_not_the_sdks() -> None:
    with pytest.raises(PackagingError, match="expected both"):
        read_sdk_dockerfile("FROM debian\nLABEL a=b\n")
