"""Runs inside the build: adds to the bill of materials and the list of licences what is known only there.

Usage: complete_bill.py FOLDER WHEELHOUSE. FOLDER holds sbom.cdx.json and licences.csv; the wheels that the build
installs get their hashes, and the distribution's packages come to the list.
"""

from __future__ import annotations

import csv
import hashlib
import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

#: packages that Debian lists by these fields
_FIELDS = "${Package}\t${Version}\t${Architecture}\n"


def main(folder: Path, wheelhouse: Path) -> None:
    """Complete both files in place."""
    path = folder / "sbom.cdx.json"
    bill = json.loads(path.read_text(encoding="utf-8"))
    wheels = {_key(*wheel.name.split("-")[:2]): wheel for wheel in wheelhouse.glob("*.whl")}
    for component in bill["components"]:
        wheel = wheels.get(_key(component["name"], component["version"]))
        if wheel is not None:
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            component["hashes"] = [{"alg": "SHA-256", "content": digest}]
    packages = [_interpreter(), *_distribution()]
    bill["components"] += packages
    bill["dependencies"] += [{"ref": one["bom-ref"]} for one in packages]
    path.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    with (folder / "licences.csv").open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for one in packages:
            licence = " AND ".join(said["license"]["name"] for said in one.get("licenses", []))
            kind = "Debian package" if one["purl"].startswith("pkg:deb/") else "interpreter"
            writer.writerow((one["name"], one["version"], licence or f"see {_copyright(one['name'])}", kind))
    print(f"bill of materials: {len(bill['components'])} components, {len(packages)} of them of the base")


def _interpreter() -> dict[str, Any]:
    """Return the component of Python, which not every base has from the distribution."""
    version = platform.python_version()
    purl = f"pkg:generic/python@{version}"
    licences = [{"license": {"name": "PSF-2.0"}}]
    return {
        "bom-ref": purl,
        "type": "platform",
        "name": "python",
        "version": version,
        "purl": purl,
        "licenses": licences,
    }


def _distribution() -> list[dict[str, Any]]:
    """Return one component for each of the distribution's packages, in the order of their names."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", _FIELDS], capture_output=True, text=True, check=True).stdout
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    vendor, number = (release[key].strip('"') for key in ("ID", "VERSION_ID"))
    components = []
    for line in sorted(listed.splitlines()):
        name, version, architecture = line.split("\t")
        purl = f"pkg:deb/{vendor}/{quote(name)}@{quote(version)}?arch={architecture}&distro={vendor}-{number}"
        one: dict[str, Any] = {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl}
        licences = _licences(name)
        if licences:
            one["licenses"] = [{"license": {"name": said}} for said in licences]
        components.append(one)
    return components


def _licences(package: str) -> list[str]:
    """Return the short names in a package's machine-readable copyright file; none where it is written freely."""
    path = _copyright(package)
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not text.startswith("Format:"):
        return []
    return sorted({said.strip() for said in re.findall(r"^License:[ \t]*(\S[^\n]*)$", text, re.MULTILINE)})


def _copyright(package: str) -> Path:
    return Path("/usr/share/doc") / package / "copyright"


def _key(name: str, version: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower() + "==" + version


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
