"""Version and commit of the source: the repository's own, or unknown."""

import subprocess
from pathlib import Path

import pytest

from cmrmap.run import software as provenance


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "outer" / "source"
    folder.mkdir(parents=True)
    monkeypatch.setattr(provenance, "_ROOT", folder)
    return folder


def _repository(folder: Path) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    (folder / "a.txt").write_text("a")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)
    done = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_changed_source_is_marked(source: Path) -> None:
    commit = _repository(source)
    assert provenance.source_commit() == commit[:12]
    (source / "a.txt").write_text("b")
    assert provenance.source_commit() == f"{commit[:12]}+"


def test_somebody_elses_repository_is_not_ours(source: Path) -> None:
    _repository(source.parent)
    assert provenance.source_commit() == "unknown"


def test_without_git_it_is_unknown(source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _repository(source)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.source_commit() == "unknown"


def test_versions_name_this_software_first() -> None:
    assert next(iter(provenance.software_versions())) == "cmrmap"
