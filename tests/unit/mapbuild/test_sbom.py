"""The bill of materials is valid CycloneDX, lists what the image holds, and every licence in it is known."""

from __future__ import annotations

import csv
import hashlib
import json
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mapbuild import sbom
from mapbuild.errors import PackagingError

ROOT = Path(__file__).resolve().parents[3]
#: licences of more than permission: who hands the image on reads them
_TO_BE_READ = {
    "certifi": "MPL-2.0",
    "font-source-sans-pro": "OFL-1.1",
    "holoscan-cu13": "Apache-2.0 AND LicenseRef-NVIDIA-AI-Product",
    "nvidia-cuda-runtime": "LicenseRef-NVIDIA-Proprietary",
}
_PERMISSIVE = {
    *("Apache-2.0", "MIT", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Zlib", "CC0-1.0", "BSL-1.0", "PSF-2.0"),
    *("ZPL-2.1", "Apache-2.0 WITH LLVM-exception"),
}


def _bill(folder: Path) -> dict[str, Any]:
    bill: dict[str, Any] = json.loads((folder / sbom.BILL).read_text(encoding="utf-8"))
    return bill


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / sbom.LICENCES).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_it_is_valid(rendered: Path) -> None:
    text = (rendered / "docs" / sbom.BILL).read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_it_lists_what_is_installed_and_the_models(rendered: Path) -> None:
    bill = _bill(rendered / "docs")
    lines = (rendered / "pip/packages.txt").read_text().splitlines()
    libraries = [one for one in bill["components"] if one["type"] == "library"]
    assert [f"{one['name']}=={one['version']}" for one in libraries] == [line.partition(" ")[0] for line in lines]
    (model,) = [one for one in bill["components"] if one["type"] == "machine-learning-model"]
    weights = (rendered / "models" / model["name"] / "weights.safetensors").read_bytes()
    assert model["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(weights).hexdigest()}]
    assert bill["metadata"]["component"]["name"] == "cmrmap"
    assert bill["metadata"]["timestamp"]


def test_who_needs_whom(rendered: Path) -> None:
    bill = _bill(rendered / "docs")
    needs = {one["ref"].partition("==")[0]: one["dependsOn"] for one in bill["dependencies"]}
    known = {one["bom-ref"] for one in [*bill["components"], bill["metadata"]["component"]]}
    assert {one["ref"] for one in bill["dependencies"]} == known
    assert {other for needed in needs.values() for other in needed} <= known
    assert {"numpy", "pydicom"} <= {one.partition("==")[0] for one in needs["highdicom"]}
    assert "highdicom" in {one.partition("==")[0] for one in needs["cmrmap"]}


def test_every_licence_is_known_and_those_to_be_read_are_these(rendered: Path) -> None:
    rows = _rows(rendered / "docs")
    said = {row["package"]: row["licence"] for row in rows}
    assert len(said) == len(rows) == len(_bill(rendered / "docs")["components"]) + 1
    parts = {name: {part for half in one.split(" OR ") for part in half.split(" AND ")} for name, one in said.items()}
    assert {name: said[name] for name, found in parts.items() if found - _PERMISSIVE} == _TO_BE_READ


def test_a_licence_that_nobody_knows_is_refused() -> None:
    # a classifier alone does not tell which of several licences it is
    with pytest.raises(PackagingError, match="licence of package colorama-like is not told by its metadata"):
        sbom._package("colorama-like", "1", {"licenses": [{"license": {"name": "License :: OSI Approved :: BSD"}}]}, {})
    with pytest.raises(PackagingError, match="licence of package bare"):
        sbom._package("bare", "1", {"name": "bare"}, {})


def test_the_build_adds_hashes_the_interpreter_and_the_distributions_packages(
    rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("dpkg-query") is None:
        pytest.skip("no dpkg-query: not on Debian")
    folder, wheelhouse = tmp_path / "docs", tmp_path / "wheelhouse"
    folder.mkdir()
    wheelhouse.mkdir()
    for name in (sbom.BILL, sbom.LICENCES):
        shutil.copyfile(rendered / "docs" / name, folder / name)
    version = next(one["version"] for one in _bill(folder)["components"] if one["name"] == "pydantic-core")
    (wheelhouse / f"pydantic_core-{version}-cp311-cp311-any.whl").write_bytes(b"wheel")
    before = len(_bill(folder)["components"])
    complete = runpy.run_path(str(ROOT / "packaging" / "complete_bill.py"))["main"]
    complete(folder, wheelhouse)
    bill = _bill(folder)
    found = {one["name"]: one for one in bill["components"]}
    assert found["pydantic-core"]["hashes"][0]["content"] == hashlib.sha256(b"wheel").hexdigest()
    assert found["libc6"]["purl"].startswith("pkg:deb/")
    assert found["python"]["type"] == "platform"
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(references) == len(set(references)) > before + 20
    assert len(_rows(folder)) == len(bill["components"]) + 1
    assert [row["package"] for row in _rows(folder) if not row["licence"]] == []
