"""Nothing of the project runs code that data or files of others bring: no pickles, no shells, no evaluated text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("cmrmap", "app", "operators", "packaging", "scripts", "benchmarks", "docs")
SOURCES = [
    *sorted(path for folder in _FOLDERS for path in (ROOT / folder).rglob("*.py")),
    *(ROOT / name for name in ("__main__.py", "setup.py", "bin/monai-deploy")),
]
#: reading what they wrote runs whatever it says
_MODULES = ("pickle", "cPickle", "_pickle", "shelve", "marshal", "joblib", "dill", "cloudpickle", "jsonpickle")
_BUILTINS = ("eval", "exec", "__import__")
#: calls by what stands last in their name, and how they become safe: a keyword with the value that it must have
_NEEDS = {"torch.load": ("weights_only", True)}
_MUST_NOT_HAVE = {"allow_pickle": True, "shell": True, "cache": True}
_NEVER = (
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "yaml.unsafe_load_all", "yaml.full_load_all"),
    *("os.system", "os.popen", "tempfile.mktemp", "pandas.read_pickle", "pd.read_pickle", "torch.jit.load"),
    *("torch.hub.load", "numpy.fromregex", "code.interact", "runpy.run_module"),
)
#: what may stay, with the reason; a pair of the file and what is found in it
_ALLOWED = {
    ("__main__.py", "runpy.run_module"): "runs the application, by its own name",
    ("bin/monai-deploy", "runpy.run_path"): "runs the application that its caller names",
    (
        "cmrmap/relaxometry/_numba_lanes.py",
        "enable_caching",
    ): "where nobody else can have written (is_own)",
    ("packaging/sitebuild/notebooks.py", "exec"): "runs the notebooks of the documents, which are part of the source",
    ("packaging/sitebuild/notebooks.py", "eval"): "shows what the last line of a notebook's cell gives",
}


def found_in(tree: ast.Module) -> Iterator[str]:
    """Yield what must not be in a source, by its dotted name."""
    names = _names_of_imports(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in _MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] in _MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from _bad_call(node, names)


def _bad_call(node: ast.Call, names: dict[str, str]) -> Iterator[str]:
    name = _dotted(node.func, names)
    given = {one.arg: one.value for one in node.keywords if one.arg}
    if name in _BUILTINS or name in _NEVER or name.rpartition(".")[2] in ("enable_caching", "run_path"):
        yield name.rpartition(".")[2] if name.endswith("enable_caching") else name
    for keyword, value in _MUST_NOT_HAVE.items():
        said = given.get(keyword)
        # a value that is computed may be any
        if said is not None and not (isinstance(said, ast.Constant) and said.value is not value):
            yield f"{name}({keyword})"
    if name in _NEEDS:
        keyword, value = _NEEDS[name]
        said = given.get(keyword)
        if not (isinstance(said, ast.Constant) and said.value is value):
            yield name


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def _names_of_imports(tree: ast.Module) -> dict[str, str]:
    """Return what local names stand for: ``import numpy as np``, ``from torch import load as read``."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({one.asname: one.name for one in node.names if one.asname})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names})
    return names


def test_no_source_runs_what_data_bring() -> None:
    assert len(SOURCES) > 300
    found = {
        (str(path.relative_to(ROOT)), what)
        for path in SOURCES
        for what in found_in(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found - _ALLOWED.keys() == set()
    assert _ALLOWED.keys() - found == set(), "no longer needed"


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "def f():\n    import shelve",
        "import torch\ntorch.load('a')",
        "import torch\ntorch.load('a', weights_only=False)",
        "import torch as t\nt.load('a', weights_only=which)",
        "from torch import load as read\nread('a')",
        "import numpy as np\nnp.load('a', allow_pickle=True)",
        "import numpy as np\nnp.load('a', allow_pickle=trusted)",
        "import yaml\nyaml.load(text, Loader=yaml.Loader)",
        "from yaml import unsafe_load\nunsafe_load(text)",
        "import subprocess\nsubprocess.run('ls ' + name, shell=True)",
        "import os\nos.system('ls')",
        "eval(text)",
        "exec(text)",
        "__import__(name)",
        "import tempfile\ntempfile.mktemp()",
        "import numba\n@numba.njit(cache=True)\ndef f(): ...",
        "function.enable_caching()",
        "import pandas as pd\npd.read_pickle('a')",
    ],
)
def test_each_kind_is_found(source: str) -> None:
    assert list(found_in(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.load('a', weights_only=True)",
        "import numpy as np\nnp.load('a')\nnp.load('a', allow_pickle=False)",
        "import yaml\nyaml.safe_load(text)",
        "import subprocess\nsubprocess.run(['ls', name])",
        "network.eval()",
        "import json\njson.load(stream)",
    ],
)
def test_what_is_safe_is_not(source: str) -> None:
    assert list(found_in(ast.parse(source))) == []
