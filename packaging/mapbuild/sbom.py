"""The bill of materials (CycloneDX 1.6) and the list of licences: what the image is made of.

`cyclonedx-py` reads the environment; of that the image's packages are kept, and the application and its models come to
them. What only the build knows, the files' hashes and the distribution's packages, is added there
(packaging/complete_bill.py).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from packaging.utils import canonicalize_name

from mapbuild.errors import PackagingError

#: what scanners of images look for (any *.cdx.json), and what people open
BILL, LICENCES = "sbom.cdx.json", "licences.csv"
COLUMNS = ("package", "version", "licence", "kind")
_DECLARED = Path(__file__).resolve().parent.parent / "licences.yaml"


def write_bill(folder: Path, packages: Mapping[str, str], models: Path, *, title: str, version: str, time: int) -> None:
    """Write both files; the same commit and environment give the same bytes.

    Parameters
    ----------
    folder : to write into; made
    packages : version by name, of the image
    models : folder with one folder a model
    title, version : of the application
    time : seconds since 1970 that the bill is dated by

    Raises
    ------
    PackagingError
        a package's licence is known neither from its metadata nor from packaging/licences.yaml, or the environment
        cannot be read
    """
    read = _read_environment(time)
    found: dict[str, Any] = {canonicalize_name(one["name"]): one for one in read["components"]}
    declared = yaml.safe_load(_DECLARED.read_text(encoding="utf-8"))
    ours = _application(title, version)
    components = [_package(name, packages[name], found.get(name, {}), declared) for name in sorted(packages)]
    components += [_model(path) for path in sorted(models.glob("*/model.json"))]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": read["metadata"] | {"component": ours},
        "components": components,
        "dependencies": _dependencies(read["dependencies"], found, ours, components),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / BILL).write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    with (folder / LICENCES).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((one["name"], one["version"], _licence_of(one), _kind_of(one)) for one in [ours, *components])


def _read_environment(time: int) -> dict[str, Any]:
    """Let `cyclonedx-py` describe this interpreter's environment, dated by ``time``."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--no-validate"]
    done = subprocess.run(
        [*command, "--spec-version", "1.6", sys.executable],
        env=os.environ | {"SOURCE_DATE_EPOCH": str(time)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackagingError("cyclonedx-py could not read the environment; run make env-dev")
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def _package(name: str, version: str, found: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the component of a package; ``found`` is empty for one that is not installed here."""
    if name in declared:
        licences = [{"expression": declared[name]["licence"], "acknowledgement": "concluded"}]
    else:
        licences = found.get("licenses", [])
    if not found and not licences:  # CUDA libraries, which the machine that makes the list need not have
        licences = [{"license": {"name": "see its metadata: not installed where this list was made"}}]
    if not licences or any(" :: " in str(one) for one in licences):
        raise PackagingError(
            f"licence of package {name} is not told by its metadata; read it and add it to packaging/licences.yaml"
        )
    return {
        **{key: found[key] for key in ("description", "externalReferences") if key in found},
        "bom-ref": f"{name}=={version}",
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{quote(version)}",
        "licenses": licences,
    }


def _application(title: str, version: str) -> dict[str, Any]:
    name = title.lower()
    licences = [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    return {
        "bom-ref": f"{name}=={version}",
        "type": "application",
        "name": name,
        "version": version,
        "licenses": licences,
    }


def _model(card: Path) -> dict[str, Any]:
    said = json.loads(card.read_text(encoding="utf-8"))
    weights = hashlib.sha256((card.parent / "weights.safetensors").read_bytes()).hexdigest()
    return {
        "bom-ref": f"model:{said['name']}=={said['version']}",
        "type": "machine-learning-model",
        "name": said["name"],
        "version": said["version"],
        "description": said["description"],
        "hashes": [{"alg": "SHA-256", "content": weights}],
        "licenses": [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}],
    }


def _dependencies(
    read: Iterable[Mapping[str, Any]],
    found: Mapping[str, Any],
    ours: Mapping[str, Any],
    components: Iterable[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return who needs whom, of what the image holds; what nobody else needs is the application's own need."""
    kept = {one["name"]: str(one["bom-ref"]) for one in components}
    renamed = {one["bom-ref"]: kept[name] for name, one in found.items() if name in kept}
    needs = {reference: set[str]() for reference in kept.values()}
    for one in read:
        if one["ref"] in renamed:
            needs[renamed[one["ref"]]] = {renamed[other] for other in one.get("dependsOn", ()) if other in renamed}
    needs[ours["bom-ref"]] = needs.keys() - set[str]().union(*needs.values())
    return [{"ref": reference, "dependsOn": sorted(needed)} for reference, needed in sorted(needs.items())]


def _licence_of(component: Mapping[str, Any]) -> str:
    told = [
        one.get("expression") or one["license"].get("id") or one["license"]["name"] for one in component["licenses"]
    ]
    return " AND ".join(told)


def _kind_of(component: Mapping[str, Any]) -> str:
    return {"application": "application", "library": "Python package"}.get(component["type"], "model")
