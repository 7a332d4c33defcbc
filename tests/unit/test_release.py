"""What a release needs beside the code: one version everywhere, forms that can be filled in, cards that are true."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from cmrmap.core.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


@pytest.fixture(scope="module")
def version_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("version_script", ROOT / "scripts" / "version.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of every file that states the version."""
    (tmp_path / "cmrmap" / "core").mkdir(parents=True)
    for name in ("cmrmap/core/version.py", "app.yaml", "CITATION.cff", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("figures"))
    return tmp_path


def test_the_version_is_the_same_everywhere(version_script: ModuleType) -> None:
    assert version_script.faults() == []
    places = {str(one.path.relative_to(ROOT)) for one in version_script.places()}
    assert {"cmrmap/core/version.py", "app.yaml", "CITATION.cff", "docs/deploy.md"} <= places


def test_a_place_with_another_version_is_found(version_script: ModuleType, copied: Path) -> None:
    assert version_script.faults(copied) == []
    deploy = copied / "docs" / "deploy.md"
    deploy.write_text(deploy.read_text(encoding="utf-8").replace(f"cmrmap:{VERSION}", "cmrmap:9.9.9", 1))
    changelog = copied / "CHANGELOG.md"
    changelog.write_text(changelog.read_text(encoding="utf-8").replace(f"## [{VERSION}]", "## [0.0.1]"))
    found = version_script.faults(copied)
    assert len(found) == 2
    assert found[0].startswith(f"docs/deploy.md has {VERSION}, 9.9.9; expected {VERSION}")
    assert found[1] == f"CHANGELOG.md has no heading [{VERSION}]"


def test_a_new_version_is_written_into_all_places(version_script: ModuleType, copied: Path) -> None:
    for one in version_script.places(copied):
        one.write("7.8.9rc1")
    assert version_script.faults(copied) == ["CHANGELOG.md has no heading [7.8.9rc1]"]
    assert yaml.safe_load((copied / "app.yaml").read_text(encoding="utf-8"))["application"]["version"] == "7.8.9rc1"
    assert yaml.safe_load((copied / "CITATION.cff").read_text(encoding="utf-8"))["version"] == "7.8.9rc1"
    for one in version_script.places(copied):
        one.write(VERSION)
    assert (copied / "docs" / "deploy.md").read_bytes() == (ROOT / "docs" / "deploy.md").read_bytes()


def test_what_is_no_version_is_refused() -> None:
    script = [sys.executable, ROOT / "scripts" / "version.py", "v2"]
    found = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 2
    assert "expected one such as 0.2.0" in found.stderr
    assert (ROOT / "cmrmap/core/version.py").read_text(encoding="utf-8").endswith(f'VERSION = "{VERSION}"\n')


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.sh")), ids=lambda path: path.name)
def test_scripts_can_be_parsed_and_run(path: Path) -> None:
    found = subprocess.run(["sh", "-n", path], capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert path.stat().st_mode & 0o111


@pytest.mark.parametrize("path", [one for one in FORMS if one.stem != "config"], ids=lambda path: path.stem)
def test_forms_of_issues_can_be_filled_in(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"]
    assert form["description"]
    fields = [one for one in form["body"] if one["type"] != "markdown"]
    ids = [one["id"] for one in fields]
    assert len(set(ids)) == len(ids)
    assert {one["type"] for one in form["body"]} <= {"markdown", "input", "textarea", "checkboxes", "dropdown"}
    assert all(one["attributes"]["label"] for one in fields)
    assert any(one.get("validations", {}).get("required") for one in fields)


def test_whoever_reports_a_fault_is_asked_to_leave_patients_out() -> None:
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text(encoding="utf-8"))
    (privacy,) = [one for one in form["body"] if one["type"] == "checkboxes"]
    assert all(option["required"] for option in privacy["attributes"]["options"])
    config = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/config.yml").read_text(encoding="utf-8"))
    assert "/security/advisories/new" in config["contact_links"][0]["url"]
    assert "comes from a patient" in (ROOT / ".github/PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")


def test_the_model_card_states_what_the_models_own_card_does() -> None:
    text = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    card = json.loads((ROOT / "models" / "stack-unet" / "model.json").read_text(encoding="utf-8"))
    assert text.startswith(f"# Model card: {card['name']} {card['version']}\n")
    assert f"| version | {card['version']} |" in text
    assert f"{card['weights']['bytes'] / 1e6:.1f} MB" in text
    for name in ("stone", "t2_prepared_single_shot"):
        found = card["measured"][name]
        wall, cavity = (", ".join(f"{one:.3f}" for one in found[key]) for key in ("wall_dice", "cavity_dice"))
        assert f"| {found['subjects']} | {found['images']} | {wall} | {cavity} |" in text
    data = (ROOT / "docs" / "data-card.md").read_text(encoding="utf-8")
    for number in re.findall(r"(\d+) slices, of which (\d+)", card["data"])[0]:
        assert number in data
