"""The house around the code: one version, import rules, pinned requirements, settings file, set-up scripts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cmrmap.core.version import VERSION
from cmrmap.run.software import software_versions
from cmrmap.settings import AnalysisSettings
from cmrmap.settings.file import read_settings_file
from mapbuild.lock import read_lock, read_requirements

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


def _run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [str(part) for part in command], capture_output=True, text=True, timeout=300, check=False, **options
    )


def test_import_rules_hold() -> None:
    found = _run(Path(sys.executable).parent / "lint-imports", "--no-cache", cwd=ROOT)
    assert found.returncode == 0, found.stdout
    assert "0 broken" in found.stdout


def test_an_import_against_the_rules_is_found(tmp_path: Path) -> None:
    for room in ("app", "operators", "cmrmap"):
        package = tmp_path / room
        package.mkdir()
        (package / "__init__.py").write_text("")
    (tmp_path / "cmrmap" / "dicom").mkdir()
    (tmp_path / "cmrmap" / "dicom" / "__init__.py").write_text("")
    (tmp_path / "cmrmap" / "dicom" / "read.py").write_text("import pydicom\n")
    (tmp_path / "cmrmap" / "dicom" / "headers.py").write_text("import cmrmap.dicom.writing\n")
    (tmp_path / "cmrmap" / "dicom" / "writing.py").write_text("")
    (tmp_path / "cmrmap" / "ecv.py").write_text("import torch\nimport pydicom\n")
    (tmp_path / "cmrmap" / "regional.py").write_text("import cmrmap.ecv\nimport cmrmap.phantom\n")
    (tmp_path / "cmrmap" / "phantom.py").write_text("")
    (tmp_path / "operators" / "base.py").write_text("import cmrmap.ecv\nimport app\n")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(text[text.index("[tool.importlinter]") :])
    found = _run(Path(sys.executable).parent / "lint-imports", "--no-cache", cwd=tmp_path)
    assert found.returncode != 0
    assert "cmrmap.regional -> cmrmap.ecv" in found.stdout
    assert "cmrmap.regional -> cmrmap.phantom" in found.stdout
    assert "operators.base -> app" in found.stdout
    assert "cmrmap.ecv -> torch" in found.stdout
    assert "cmrmap.ecv -> pydicom" in found.stdout
    assert "cmrmap.dicom.headers -> cmrmap.dicom.writing" in found.stdout
    assert "cmrmap.dicom.read -> pydicom" not in found.stdout


def test_a_module_without_a_place_in_the_import_rules_is_found(tmp_path: Path) -> None:
    for room in ("app", "operators", "cmrmap", "cmrmap/dicom"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    (tmp_path / "cmrmap" / "novelty.py").write_text("")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(text[text.index("[tool.importlinter]") :])
    found = _run(Path(sys.executable).parent / "lint-imports", "--no-cache", cwd=tmp_path)
    assert found.returncode != 0
    assert "novelty" in found.stdout


def test_app_yaml_shows_every_setting_at_its_default() -> None:
    content = yaml.safe_load((ROOT / "app.yaml").read_text(encoding="utf-8"))
    shown = AnalysisSettings().as_dict()
    for section in shown.values():
        section.update({key: list(value) for key, value in section.items() if isinstance(value, tuple)})
    assert content["analysis"] == shown
    assert read_settings_file(ROOT / "app.yaml").analysis == AnalysisSettings()


def test_app_yaml_has_what_the_packager_reads() -> None:
    content = yaml.safe_load((ROOT / "app.yaml").read_text(encoding="utf-8"))
    assert content["application"]["title"]
    assert content["application"]["version"] == VERSION
    assert {"cpu", "gpu", "memory"} <= set(content["resources"])


def test_changelog_names_the_version() -> None:
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_versions_start_with_this_software_and_hold_the_libraries() -> None:
    versions = software_versions()
    assert next(iter(versions)) == "cmrmap"
    assert versions["cmrmap"] == VERSION
    assert re.match(r"\d+\.\d+", versions["numpy"])


@pytest.mark.parametrize(
    "name",
    [f"requirements{kind}.txt" for kind in ("", "-torch", "-dev", "-train", "-evaluation", "-docs")],
)
def test_every_requirement_is_pinned(name: str) -> None:
    assert [str(one) for one in read_requirements(ROOT / name) if "==" not in str(one.specifier)] == []


def test_what_the_image_installs_has_hashes_and_is_what_was_asked_for() -> None:
    locked = read_lock(ROOT / "requirements.txt")
    assert [str(one.requirement) for one in locked if not one.hashes] == []
    told = {one.requirement.name for one in locked}
    for asked in read_requirements(ROOT / "requirements.in"):
        name = canonicalize_name(asked.name)
        assert name in told, name
        if asked.specifier:
            versions = {next(iter(one.requirement.specifier)).version for one in locked if one.requirement.name == name}
            assert next(iter(asked.specifier)).version in versions, f"{asked}: run make lock"
    assert "torch" not in told  # in requirements-torch.txt, which says why


def test_pins_lie_in_the_ranges_that_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert set(extras) == {"app", "send", "train", "evaluation", "dev"}
    pins: dict[str, list[str]] = {}
    for kind in ("", "-torch", "-dev", "-train", "-evaluation"):
        for one in read_requirements(ROOT / f"requirements{kind}.txt"):
            pins.setdefault(canonicalize_name(one.name), []).append(next(iter(one.specifier)).version)
    pins["scikit-learn"] = [metadata.version("scikit-learn")]  # comes with pingouin
    for text in [*project["dependencies"], *(line for extra in extras.values() for line in extra)]:
        asked = Requirement(text)
        if asked.name != "cmrmap":
            assert all(asked.specifier.contains(pin) for pin in pins[canonicalize_name(asked.name)]), text


def test_the_environments_packages_suit_each_other() -> None:
    found = _run(sys.executable, "-m", "pip", "check")
    assert found.returncode == 0, found.stdout


def test_the_citation_names_the_version() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == VERSION


def test_the_runtime_does_without_monai_core() -> None:
    for name in ("requirements.in", "requirements.txt", "requirements-torch.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if re.match(r"monai\s*[=~<>]", line)]


def test_set_up_says_when_the_python_asked_for_is_none() -> None:
    environment = {**os.environ, "PYTHON": "/nonexistent/python"}
    found = _run("sh", ROOT / "scripts" / "environment.sh", "nonsense", env=environment)
    assert found.returncode == 2
    assert "expected runtime, evaluation or dev" in found.stderr


@pytest.mark.parametrize(("script", "kind"), [("environment.sh", "runtime"), ("layered-environment.sh", "train")])
def test_set_up_does_not_empty_an_environment_that_a_link_leads_to(tmp_path: Path, script: str, kind: str) -> None:
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    (checkout / "cmrmap" / "core").mkdir(parents=True)
    (checkout / "scripts").mkdir()
    copied = ("requirements.txt", "requirements-torch.txt", "requirements-train.txt", "pyproject.toml", "setup.py")
    for name in (*copied, "cmrmap/core/version.py", f"scripts/{script}"):
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    elsewhere.mkdir()
    (elsewhere / "package").write_text("precious", encoding="utf-8")
    if kind == "train":
        (checkout / ".venv" / "bin").mkdir(parents=True)
        (checkout / ".venv" / "bin" / "python").write_text(
            f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8"
        )
        (checkout / ".venv" / "bin" / "python").chmod(0o755)
    (checkout / (".venv" if kind == "runtime" else ".venv-train")).symlink_to(elsewhere)
    found = _run("sh", checkout / "scripts" / script, kind, env={**os.environ, "PYTHON": sys.executable})
    assert found.returncode == 1
    assert "is a link" in found.stderr
    assert "remove the link" in found.stderr
    assert (elsewhere / "package").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("kind", [(), ("nonsense",)])
def test_a_layer_of_another_kind_is_not_known(kind: tuple[str, ...]) -> None:
    found = _run("sh", ROOT / "scripts" / "layered-environment.sh", *kind)
    assert found.returncode == 2
    assert "expected train or docs" in found.stderr


def test_set_up_refuses_an_interpreter_that_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "cmrmap" / "core").mkdir(parents=True)
    copied = ("requirements.txt", "requirements-torch.txt", "pyproject.toml", "setup.py", "cmrmap/core/version.py")
    for name in ("scripts/environment.sh", *copied):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    environment = {**os.environ, "PYTHON": "/nonexistent/python"}
    found = _run("sh", tmp_path / "scripts" / "environment.sh", "runtime", env=environment)
    assert found.returncode == 1
    assert "does not run or is not Python 3.10-3.13" in found.stderr
    assert not (tmp_path / ".venv").exists()


def test_system_packages_that_are_there_need_nothing() -> None:
    found = _run("sh", ROOT / "scripts" / "system-packages.sh")
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.program("make")
def test_make_alone_lists_the_targets() -> None:
    found = _run("make", "-C", ROOT, "--no-print-directory")
    assert found.returncode == 0
    assert {"demo", "test", "lint"} <= {line.split()[1] for line in found.stdout.splitlines() if "make" in line}


def test_monai_deploy_runs_an_application_and_gives_its_exit_code(tmp_path: Path) -> None:
    application = tmp_path / "some_app"
    application.mkdir()
    (application / "__main__.py").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(4)\n")
    found = _run(
        sys.executable, ROOT / "bin" / "monai-deploy", "exec", "some_app", "-i", "in", "-l", "INFO", cwd=tmp_path
    )
    assert found.returncode == 4
    assert found.stdout.strip() == "['-i', 'in', '-l', 'INFO']"


def test_monai_deploy_runs_this_application_from_any_folder(tmp_path: Path) -> None:
    for application in (ROOT, ROOT / "app"):
        found = _run(
            sys.executable, ROOT / "bin" / "monai-deploy", "exec", application, "-i", "none", "-o", "out", cwd=tmp_path
        )
        assert found.returncode == 2
        assert found.stderr.startswith("cmrmap: input folder")
        assert (tmp_path / "out" / "results" / "status.json").is_file()


def test_monai_deploy_says_what_is_no_application(tmp_path: Path) -> None:
    wrapper = ROOT / "bin" / "monai-deploy"
    missing = _run(sys.executable, wrapper, "exec", "nowhere", cwd=tmp_path)
    assert missing.returncode == 2
    assert "nowhere does not exist" in missing.stderr
    folder = _run(sys.executable, wrapper, "exec", ".", cwd=tmp_path)
    assert folder.returncode == 2
    assert "has no __main__.py" in folder.stderr


def test_monai_deploy_hands_other_words_to_the_sdk() -> None:
    found = _run(sys.executable, ROOT / "bin" / "monai-deploy", "package", "--help")
    assert found.returncode == 0
    assert "--platform" in found.stdout


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
