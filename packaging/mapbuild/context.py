"""The build context: staged, rendered by the SDK, corrected."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mapbuild import closure, dockerfile, entrypoint, kaapana, lock, manifests, sbom, sdk, staging
from mapbuild.errors import PackagingError

PACKAGING = Path(__file__).resolve().parent.parent
#: the interpreter that the environment's versions were chosen for is the image's as well
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_DESCRIPTION = "T1, T2 and ECV maps of the heart from cardiac MR: DICOM in, DICOM and tables out. Research use only."


@dataclass(frozen=True, slots=True)
class Variant:
    """What is built.

    Attributes
    ----------
    cuda : with the CUDA build of torch
    base : image to start from
    """

    cuda: bool = False
    base: str = f"python:{PYTHON}-slim-bookworm"


def tag_of(repository: Path, variant: Variant) -> str:
    """Name and version of the image."""
    return f"cmrmap:{_application(repository)['version']}{'-gpu' if variant.cuda else ''}"


def write_context(repository: Path, target: Path, variant: Variant) -> None:
    """Render the context into ``target``; what was there is replaced, but for downloaded wheels.

    Raises
    ------
    PackagingError
        not a checkout, an environment that is not the pinned one, or an SDK that is not the known one
    """
    revision, tracked = staging.read_revision(repository), staging.tracked_files(repository)
    application = _application(repository)
    with tempfile.TemporaryDirectory() as scratch:
        root, documents, models, rendered = (Path(scratch) / name for name in ("root", "docs", "models", "context"))
        staging.stage(repository, staging.runtime_files(repository, tracked), root, revision.time)
        staging.stage(repository, staging.document_files(tracked), documents, revision.time)
        staging.stage(repository, staging.model_files(tracked), models, revision.time, strip="models")
        context = sdk.render(
            root,
            rendered,
            models=models,
            documents=documents,
            artifacts=PACKAGING / "artifacts.json",
            tag=tag_of(repository, variant),
            timeout_s=int(application["timeout"]),
        )
        _correct(context, repository, revision, variant, application["title"])
        staging.settle(rendered, revision.time)
        (rendered / "tools").chmod(0o755)
        _replace(rendered, target)


def _correct(
    context: sdk.SdkContext, repository: Path, revision: staging.Revision, variant: Variant, title: str
) -> None:
    labels, environment = dockerfile.read_sdk_dockerfile(context.dockerfile)
    cuda_environment = dockerfile.CUDA_ENVIRONMENT if variant.cuda else {}
    app = manifests.complete_app_manifest(context.app_manifest, cuda_environment)
    package = manifests.complete_package_manifest(context.package_manifest, cuda=variant.cuda)
    left_out = yaml.safe_load((PACKAGING / "left-out.yaml").read_text(encoding="utf-8"))
    requirements = lock.read_requirements(repository / "requirements.in")
    requirements += lock.read_requirements(repository / "requirements-torch.txt")
    torch = lock.read_lock(PACKAGING / ("torch-cuda.txt" if variant.cuda else "torch-cpu.txt"))
    kept = lock.locked_packages(requirements, left_out["packages"], cuda=variant.cuda)
    packages = lock.locked_packages(requirements, [*left_out["packages"], *left_out["build"]], cuda=variant.cuda)
    only_build = {name: version for name, version in kept.items() if name not in packages}
    if variant.cuda:
        packages = lock.with_cuda(packages, torch, left_out["packages"])
    locked = [*lock.read_lock(repository / "requirements.txt"), *torch]
    hashed, hashed_build = lock.hashed_lines(packages, locked), lock.hashed_lines(only_build, locked)
    documents = environment["HOLOSCAN_DOCS_PATH"]
    labels |= {
        "base": variant.base,
        "org.opencontainers.image.base.name": variant.base,
        "org.opencontainers.image.description": _DESCRIPTION,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.revision": revision.name,
        "sbom": f"{documents}/{sbom.BILL}",
        "licences": f"{documents}/{sbom.LICENCES}",
    }
    folder = context.folder
    (folder / "map").mkdir()
    (folder / "wheelhouse").mkdir()
    (folder / "wheelhouse" / "README").write_text("Wheels that the build takes before it asks the network.\n")
    _write_json(folder / "map" / "app.json", app)
    _write_json(folder / "map" / "pkg.json", package)
    _write_json(folder / "processing-container.json", kaapana.processing_container(app, package, title))
    _write_json(folder / "pip" / "left-out.json", left_out)
    (folder / "pip" / "requirements.txt").unlink()  # the SDK's copy, which leaves most versions open
    for place in ("docs", "pip"):  # what is installed, and where people look it up
        _write_lines(folder / place / "packages.txt", hashed)
    _write_lines(folder / "pip" / "build.txt", hashed_build)
    version = str(app["version"])
    sbom.write_bill(folder / "docs", packages, folder / "models", title=title, version=version, time=revision.time)
    shutil.copyfile(PACKAGING / "complete_bill.py", folder / "pip" / "complete_bill.py")
    shutil.copyfile(PACKAGING / "slim.py", folder / "pip" / "slim.py")
    _write_lines(folder / "pip" / "system.txt", left_out["system"])
    shutil.copytree(PACKAGING / "stand_ins", folder / "pip" / "stand_ins", ignore=shutil.ignore_patterns("__pycache__"))
    gone = {module for name in only_build for module in lock.import_names(name)}
    named = [name for name in closure.foreign_modules(folder / "app") if name.partition(".")[0] not in gone]
    _write_lines(folder / "pip" / "imports.txt", named)
    (folder / "tools").write_text(entrypoint.correct_tools(context.tools), encoding="utf-8")
    text = dockerfile.render_dockerfile(
        PACKAGING / "Dockerfile.jinja2", labels, environment, base=variant.base, python=PYTHON, cuda=variant.cuda
    )
    (folder / "Dockerfile").write_text(text, encoding="utf-8")


def _replace(rendered: Path, target: Path) -> None:
    """Put the new context where the old one was; its downloaded wheels are kept."""
    for wheel in (target / "wheelhouse").glob("*.whl"):
        shutil.move(wheel, rendered / "wheelhouse")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(rendered, target)
    os.utime(target)


def _application(repository: Path) -> dict[str, Any]:
    application: dict[str, Any] = yaml.safe_load((repository / "app.yaml").read_text(encoding="utf-8"))["application"]
    for key in ("title", "version", "timeout"):
        if key not in application:
            raise PackagingError(f"app.yaml has no application.{key}; expected one")
    return application


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
