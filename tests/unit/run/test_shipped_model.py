"""The model that is used: the one named first, else the shipped one, which a checkout and a wheel hold elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cmrmap.core.errors import ModelError
from cmrmap.run import shipped_model
from cmrmap.run.shipped_model import MODEL_VARIABLE, choose_model, find_model_folder, shipped_models

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "models" / "stack-unet"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name in ("net", "second"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "model.json").touch()
    return tmp_path / "models"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that the module takes for its package."""
    folder = tmp_path / "site-packages" / "cmrmap"
    folder.mkdir(parents=True)
    monkeypatch.setattr(shipped_model.resources, "files", lambda _: folder)
    return folder


def _ship(folder: Path) -> Path:
    (folder / "net").mkdir(parents=True)
    (folder / "net" / "model.json").touch()
    return folder / "net"


def test_a_model_is_the_folder_itself_the_one_named_or_the_only_one(models: Path) -> None:
    assert choose_model(models / "net") == models / "net"
    assert choose_model(models, "second") == models / "second"
    with pytest.raises(ModelError, match=r"holds 2 models \(net, second\); expected one, or name it"):
        choose_model(models)
    with pytest.raises(ModelError, match="has no model third; found: net, second"):
        choose_model(models, "third")
    shutil.rmtree(models / "second")
    assert choose_model(models) == models / "net"


def test_a_models_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds 0 models \(no \*/model.json\)"):
        choose_model(tmp_path)
    with pytest.raises(ModelError, match=r"none does not exist; give the folder with the models by -m"):
        choose_model(tmp_path / "none")


def test_the_one_given_comes_before_the_environments_and_that_before_the_shipped(models: Path) -> None:
    named = {MODEL_VARIABLE: str(models / "second")}
    assert find_model_folder(models / "net", None, named) == models / "net"
    assert find_model_folder(None, None, named) == models / "second"
    assert find_model_folder(None, "net", {MODEL_VARIABLE: str(models)}) == models / "net"
    assert find_model_folder(None, None, {}) == find_model_folder(None, None, {MODEL_VARIABLE: ""}) == SHIPPED


def test_the_environment_is_that_of_the_process(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(models)
    monkeypatch.setenv(MODEL_VARIABLE, "net")
    assert find_model_folder() == models / "net"


def test_an_installed_package_holds_its_model(package: Path) -> None:
    shipped = _ship(package / "models")
    (package.parent / "pyproject.toml").touch()
    _ship(package.parent / "models")
    assert find_model_folder(None, None, {}) == shipped


def test_a_checkout_has_it_beside_the_package(package: Path) -> None:
    shipped = _ship(package.parent / "models")
    (package.parent / "pyproject.toml").touch()
    assert find_model_folder(None, None, {}) == shipped


def test_a_folder_beside_an_installed_package_is_somebody_elses(package: Path) -> None:
    _ship(package.parent / "models")
    with pytest.raises(ModelError, match=r"missing: no .*cmrmap/models/\*/model.json; install the package again"):
        shipped_models()


def test_the_checkout_serves_where_nothing_is_installed(tmp_path: Path) -> None:
    code = "from cmrmap.run.shipped_model import find_model_folder; print(find_model_folder())"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],  # -S: no site-packages
        cwd=tmp_path,
        env={**{k: v for k, v in os.environ.items() if k != MODEL_VARIABLE}, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == str(SHIPPED), done.stderr
