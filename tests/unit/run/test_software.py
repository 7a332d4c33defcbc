"""Version and commit of the source: the repository's own, or unknown."""

import subprocess
from pathlib import Path

import pytest

from cmrmap.run import software as provenance
from cmrmap.run.outcome import Outcome


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


def test_numba_is_named_only_where_something_compiled_has_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmrmap.relaxometry.compiler_version", lambda: "0.61.0")
    assert "numba" not in provenance.software_versions()
    assert "numba" not in provenance.software_versions("numpy")
    assert provenance.software_versions("compiled")["numba"] == "0.61.0"
    monkeypatch.setattr("cmrmap.relaxometry.compiler_version", lambda: None)  # a library that does not say
    assert "numba" not in provenance.software_versions("compiled")


def test_the_status_names_what_fitted_once_the_results_are_written() -> None:
    outcome = Outcome()
    assert "numba" not in outcome.as_dict(running=True)["versions"]
    outcome.fit_kernel = "compiled"
    assert outcome.as_dict()["versions"]["numba"]


def test_versions_name_this_software_first() -> None:
    assert next(iter(provenance.software_versions())) == "cmrmap"
