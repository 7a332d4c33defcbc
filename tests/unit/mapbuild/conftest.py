"""The build context, rendered once as `make map-context` does it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mapbuild.context import Variant, write_context

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("map") / "context"
    write_context(ROOT, target, Variant())
    return target


@pytest.fixture
def spoiled(rendered: Path, tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Return a copy of the context in which one text of one file is replaced."""

    def spoil(name: str, old: str, new: str) -> Path:
        context = tmp_path / "context"
        shutil.copytree(rendered, context)
        path = context / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return context

    return spoil
