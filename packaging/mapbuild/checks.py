"""Looks at a rendered context: what a host, a registry or a build would stumble over."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from mapbuild.closure import imported_modules, imported_names
from mapbuild.lock import import_names

_SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
_JSON_FILES = {
    "map/app.json": "app.schema.json",
    "map/pkg.json": "pkg.schema.json",
    "processing-container.json": "processing-container.schema.json",
}
_NOT_FOR_THE_RUNTIME = ("tests", "training", "phantom", "evaluation", "benchmarks", "__pycache__")
_FETCHING = ("curl", "wget", "pip ", "apt", "http://", "https://", "ADD ")


def faults(context: Path) -> list[str]:
    """Whatever is wrong with a context, one line each; empty: nothing."""
    return [
        *_bad_json(context),
        *_bad_agreement(context),
        *_bad_files(context),
        *_bad_imports(context),
        *_bad_dockerfile((context / "Dockerfile").read_text(encoding="utf-8")),
        *_bad_script(context / "tools"),
    ]


def _bad_json(context: Path) -> Iterator[str]:
    for name, schema in _JSON_FILES.items():
        validator = Draft202012Validator(json.loads((_SCHEMAS / schema).read_text(encoding="utf-8")))
        for error in validator.iter_errors(_json(context / name)):
            yield f"{name}: {error.json_path}: {error.message}"


def _bad_agreement(context: Path) -> Iterator[str]:
    """Compare what is said in several places."""
    app, package = _json(context / "map/app.json"), _json(context / "map/pkg.json")
    configured = yaml.safe_load((context / "app.config").read_text(encoding="utf-8"))["application"]["version"]
    for name, version in (("app.json", app["version"]), ("pkg.json", package["version"])):
        if version != configured:
            yield f"{name}: version {version}, but app.yaml has {configured}"
    for model in package["models"]:
        folder = context / "models" / Path(model["path"]).relative_to(package["modelRoot"])
        if not (folder / "model.json").is_file():
            yield f"pkg.json: model {model['name']} has no model.json in the context"
    command = json.loads(app["command"])
    if command != ["python3", package["applicationRoot"]] or not (context / "app/__main__.py").is_file():
        yield f"app.json: command {command} does not start the folder that is packaged"


def _bad_files(context: Path) -> Iterator[str]:
    for path in (context / "app").rglob("*"):
        if path.name in _NOT_FOR_THE_RUNTIME:
            yield f"app: {path.relative_to(context / 'app')} is not for the runtime"
    for path in context.rglob("*"):
        if path.suffix.lower() in (".dcm", ".ima"):
            yield f"{path.relative_to(context)}: images do not belong into the image"


def _bad_imports(context: Path) -> Iterator[str]:
    """Find what the application imports although it is left out, or not under version control."""
    left_out = _json(context / "pip/left-out.json")
    names = {name: distribution for distribution in left_out["packages"] for name in import_names(distribution)}
    only_build = {name: distribution for distribution in left_out["build"] for name in import_names(distribution)}
    ours = {path.name for path in (context / "app").iterdir() if path.is_dir()}
    for path in sorted((context / "app").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for module in imported_modules(tree):
            place = context / "app" / module.replace(".", "/")
            if module.partition(".")[0] in ours and not (place.is_dir() or place.with_suffix(".py").is_file()):
                yield f"app: {path.relative_to(context / 'app')} imports {module}, which git does not track; add it"
        for imported in imported_names(tree):
            first = imported.partition(".")[0]
            distribution = names.get(first) or (None if path.name.startswith("_numba_") else only_build.get(first))
            if distribution is not None:
                yield (
                    f"app: {path.relative_to(context / 'app')} imports {imported}, "
                    f"but packaging/left-out.yaml leaves out {distribution}"
                )


def _bad_dockerfile(text: str) -> Iterator[str]:
    final = text.rpartition("\nFROM ")[2]
    for line in final.splitlines():
        if not line.startswith(("#", "LABEL", "ENV")) and any(word in line for word in _FETCHING):
            yield f"Dockerfile: the final stage fetches something: {line.strip()}"
    user = next((line.split()[1] for line in final.splitlines() if line.startswith("USER ")), "none")
    if not user.replace(":", "").isdigit() or user.startswith("0"):
        yield f"Dockerfile: user {user}, expected numbers other than root: hosts that forbid root read them"
    for needed in ('ENTRYPOINT ["/var/holoscan/tools"]', "WORKDIR /var/holoscan", "HEALTHCHECK "):
        if needed not in final:
            yield f"Dockerfile: no {needed}"


def _bad_script(path: Path) -> Iterator[str]:
    if not path.stat().st_mode & 0o001:
        yield "tools: not executable by everybody"
    found = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)
    if found.returncode:
        yield f"tools: {found.stderr.strip().splitlines()[0]}"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
